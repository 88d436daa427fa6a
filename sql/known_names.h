// What ClickHouse 26.7 calls its own: names between single spaces, in lower case. Private to the read gate.
#pragma once

#include <string_view>

namespace chimera::sql {

extern const std::string_view kOrdinaryFunctions;
extern const std::string_view kAggregateFunctions;  ///< without combinators
extern const std::string_view kDataTypes;

}  // namespace chimera::sql
