// What the database knows of buffered writes: `ingest_manifests`, a row for every insert that a batch became, and
// `ingest_watermarks`, how far each table has come. They lie beside the rows, so that they are kept, restored and lost
// together with them. Manifests are kept for 30 days. Thread-safe; blocks on the database.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "ingest/store.h"

namespace chimera::ingest {

/// One insert of a batch: the rows of one partition.
struct Manifest {
  const Batch& batch;
  std::optional<int64_t> day;
  uint64_t rows = 0;
  uint64_t bytes = 0;
  std::string token;   ///< insert_deduplication_token of the rows
  std::string schema;  ///< names and types of the table's columns, as 16 hex digits of their SHA-256
};

class Manifests {
 public:
  /// `client` must outlive this. Its account needs SELECT and INSERT on both tables, and where they are missing CREATE
  /// TABLE.
  explicit Manifests(clickhouse::Client& client) : client_(client) {}

  /// Makes the tables of `database` where they are missing. kAccessDenied, with what to run, where the account may not.
  Status Prepare(const RequestContext& context, const std::string& database);
  /// Whether an insert with this token is recorded; for a batch that was cut off more than 30 days ago it no longer is.
  Result<bool> Has(const RequestContext& context, const Manifest& manifest);
  /// Recorded once, however often it is repeated.
  Status Add(const RequestContext& context, const Manifest& manifest);
  /// Everything of the batch's table up to its last write is there to be read.
  Status Promote(const RequestContext& context, const Manifest& last);

 private:
  clickhouse::Client& client_;
};

/// "2026-11-21", or "" for a table without partitions by day.
std::string PartitionText(std::optional<int64_t> day);

}  // namespace chimera::ingest
