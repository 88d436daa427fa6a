// The aggregate functions that tools offer: a closed list, each with its exact and its approximate SQL. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tools/table_query.h"

namespace chimera::tools {

struct AggregateCall {
  AggregateCall(std::string name, std::string of) : function(std::move(name)), column(std::move(of)) {}

  std::string function;         ///< a name of AggregateNames()
  std::string column;           ///< may be empty for count
  std::optional<double> level;  ///< of quantile
  bool approximate = false;     ///< faster, a little off: uniq and quantiles
  bool may_be_empty = false;    ///< without GROUP BY: no rows give NULL instead of 0 or nan
};

/// All names, for an enum; all but "quantile" need no more than a column.
Json AggregateNames();

/// The call as SQL over `query`'s table; problems at `path` + "column" or "level" when it does not fit.
/// `numeric` demands a number as its result.
std::string AggregateSql(TableQuery& query, const AggregateCall& call, const std::string& path, bool numeric,
                         Problems& problems);

/// True when its value grows with the rows of a bucket, so that half a bucket has half the value.
bool IsAdditive(std::string_view function);

}  // namespace chimera::tools
