// Takes ClickHouse's type names apart: wrappers, families, arguments. Reads what a server prints; does not check that a
// type exists. Pure.
#pragma once

#include <string_view>
#include <vector>

namespace chimera::sql {

/// The type inside Nullable(…) and LowCardinality(…), in any nesting: "LowCardinality(Nullable(String))" → "String".
std::string_view BareType(std::string_view type);
bool IsNullableType(std::string_view type);
/// The name before the arguments of a bare type: "Decimal" of "Decimal(10, 6)".
std::string_view TypeFamily(std::string_view bare_type);
/// The top-level arguments of a type, trimmed: {"10", "6"} of "Decimal(10, 6)"; empty when it has none.
std::vector<std::string_view> TypeArguments(std::string_view bare_type);

/// An argument of Tuple, Nested or JSON: "`a b` UInt64" → {"`a b`", "UInt64"}; without a name, {"", "UInt64"}.
struct TypeElement {
  std::string_view name;  ///< as written, with its quotes
  std::string_view type;
};
TypeElement SplitElement(std::string_view argument);

int IntegerBits(std::string_view bare_type);     ///< 32 of "UInt32" or "Int32"; 0 for anything else
bool IsIntegerType(std::string_view bare_type);  ///< of any width

}  // namespace chimera::sql
