// What the database has on record of buffered writes: how far each table has come, and the latest insert.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "ingest/store.h"

namespace chimera::timestore {

struct Recorded {
  std::optional<ingest::Position> watermark;
  uint64_t rows = 0;    ///< of the latest insert
  std::string at = {};  ///< when that was, as ISO 8601; empty: none is on record
};

/// Of the tables of `database`, by name; empty where nothing was ever recorded. Blocks.
Result<std::map<std::string, Recorded>> ReadRecords(const RequestContext& context, clickhouse::Client& client,
                                                    const std::string& database);

/// The later one, as text; null when neither is known.
Json WatermarkJson(const ingest::Backlog* backlog, const Recorded* recorded);

}  // namespace chimera::timestore
