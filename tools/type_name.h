// Reads ClickHouse's type names as far as tools need them: wrappers, arguments, the JSON Schema of
// what a column's values look like in an answer. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace chimera::tools {

/// The type inside Nullable(…) and LowCardinality(…), in any nesting: "LowCardinality(Nullable(String))" → "String".
std::string_view BareType(std::string_view type);
bool IsNullableType(std::string_view type);
/// The name before the arguments of a bare type: "Decimal" of "Decimal(10, 6)".
std::string_view TypeFamily(std::string_view bare_type);
/// The top-level arguments of a type, trimmed: {"10", "6"} of "Decimal(10, 6)"; empty when it has none.
std::vector<std::string_view> TypeArguments(std::string_view bare_type);

bool IsIntegerType(std::string_view bare_type);  ///< of any width

/// The schema of a value of `type` as answers carry it: 64-bit and wider integers and decimals are strings, a float may
/// be null (instead of NaN), Nullable adds null.
Json AnswerSchema(std::string_view type);

}  // namespace chimera::tools
