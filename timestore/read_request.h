// The arguments of timestore.read, and the parts of its answer that both kinds of tables have.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "clickhouse/client.h"
#include "timestore/demand.h"
#include "timestore/layout.h"
#include "timestore/row_order.h"
#include "tools/table_query.h"
#include "tools/time_window.h"
#include "tools/tool.h"

namespace chimera::timestore {

inline constexpr char kReadTool[] = "timestore.read";
inline constexpr uint64_t kMaxReadBytes = 1 << 20;  ///< of rows in an answer

struct ReadRequest {
  Name name;
  tools::TimeWindow window;
  Json filters = Json::array();
  std::vector<std::string> columns;  ///< empty: all
  uint64_t limit = 0;
  bool descending = false;
  Demand demand;
};

Json ReadInputSchema();
Json ReadOutputSchema();

/// `arguments` fit the input schema.
ReadRequest ReadReadRequest(const Json& arguments, tools::Problems& problems);

/// What was read.
struct ReadOutcome {
  std::vector<clickhouse::Column> columns;
  std::string rows_json;
  uint64_t rows = 0;
  uint64_t from_buffer = 0;
  bool truncated = false;
  Freshness freshness;
  std::vector<std::string> notes;
  std::string newest;  ///< why there are no rows; or empty
};

tools::Answer MakeReadAnswer(const ReadRequest& request, const ReadOutcome& outcome);

}  // namespace chimera::timestore
