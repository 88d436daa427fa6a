// What the database knows of tables now, as pages and prompts show it: their description and the range of their times.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "tools/table_description.h"

namespace chimera::guide {

/// How long work for a client may take; from the configuration.
struct Patience {
  std::chrono::milliseconds call{30000};   ///< one page, list or prompt
  std::chrono::milliseconds ranges{5000};  ///< the ranges of times in it, which are left out when they take longer
  std::chrono::milliseconds quick{2000};   ///< suggestions; there are none when they take longer
};

/// The range of a time column; oldest and newest are ISO 8601 in UTC, empty when there are no rows.
struct TimeRange {
  std::string column;
  std::string oldest;
  std::string newest;
};

struct TableFacts {
  tools::TableDescription description;
  std::optional<TimeRange> range;  ///< absent where it is not cheap to tell
};

/// The time column whose range a MergeTree table knows without reading rows: of the partition key, or the first of the
/// sorting key. nullptr when there is none.
const tools::TableColumn* CheapTimeColumn(const tools::Table& table);

/// DescribeTables, with the ranges: two statements in all.
Result<std::vector<TableFacts>> ReadFacts(const RequestContext& context, clickhouse::Client& client,
                                          const Patience& patience, const std::string& database,
                                          const std::vector<std::string>& names = {});

/// `context`, but at most `patience` from now.
RequestContext Bounded(const RequestContext& context, std::chrono::milliseconds patience);

/// True for the tables that the program keeps for itself, and for the hidden ones behind materialized views.
bool IsInternal(const std::string& table);

}  // namespace chimera::guide
