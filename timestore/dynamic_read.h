// Reads a dynamic table: its rows in the database, merged with those that wait in the buffer. What waits is taken
// first, and then left out of what the database has, so that no row is missed or doubled whichever way a flush falls
// between the two.
#pragma once

#include <chrono>
#include <memory>

#include "clickhouse/client.h"
#include "timestore/read_request.h"

namespace chimera::tools {
class Privacy;
}

namespace chimera::timestore {

/// What is merged at most; of a table where more waits, the database alone is read.
struct TailLimits {
  uint64_t rows = 10'000;
  uint64_t bytes = 16'000'000;
  uint64_t writes = 5'000;
};

struct ReadSources {
  clickhouse::Client& client;  ///< for the catalogue
  clickhouse::Client& reader;  ///< for rows: keeps to the read budget
  ingest::WriteBuffer& buffer;
  std::shared_ptr<const tools::Privacy> privacy = {};
  std::chrono::milliseconds wait{2000};  ///< for a flush
  TailLimits limits = {};
};

/// kUnknownTable when neither the database nor the buffer knows it; kUnknownColumn, kInvalidArgument for what does not
/// fit; errors of the database; with `strict` those of MakeFresh. Blocks; thread-safe.
Result<ReadOutcome> ReadDynamic(const RequestContext& context, const ReadSources& sources, const ReadRequest& request);

}  // namespace chimera::timestore
