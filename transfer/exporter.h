// Writes a table's rows, in an order that is the same each time. As text: by day, then by the table's sorting key and
// all columns; in pages, so that memory is bounded; a table that changes meanwhile is an error where it shows. Parquet
// comes by that key from the database, in one statement.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "clickhouse/client.h"
#include "transfer/file_format.h"
#include "transfer/target.h"

namespace chimera::transfer {

struct ExportOptions {
  FileFormat format = FileFormat::kCsv;
  std::vector<std::string> columns = {};  ///< empty: all that an import needs to store the rows again
  std::optional<tools::Instant> since = {};
  std::optional<tools::Instant> until = {};  ///< not included
  std::chrono::milliseconds statement_time{};
};

/// Hands the text to `write`, whose error ends it; counts rows in `rows`. Blocks. Errors: the database's;
/// kUnknownColumn with the nearest names; kInvalidArgument for a window without a column of time, and in text for
/// values that are not UTF-8; kConflict when the table changed so that rows are missing;
/// kCancelled after `stop`.
Status ExportTable(std::stop_token stop, clickhouse::Client& client, const Target& target, const ExportOptions& options,
                   const std::function<Status(std::string_view)>& write, std::atomic<uint64_t>& rows);

}  // namespace chimera::transfer
