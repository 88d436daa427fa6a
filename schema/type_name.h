// The ClickHouse types that a dataset may declare: those that the tools can describe in JSON Schema and check. Pure.
#pragma once

#include <string_view>

#include "base/result.h"

namespace chimera::schema {

/// What a value of a type is, seen through LowCardinality and Nullable.
enum class TypeKind { kNumber, kBool, kText, kUuid, kTime, kComposite };

/// The kind of `type`; kInvalidArgument for a type that is not on the list, or is misspelt. Supported: Bool, (U)Int8 to
/// 64, Float32/64, Decimal(P, S), String, FixedString(N), UUID, Date, Date32, DateTime, DateTime64, and around them
/// LowCardinality, Nullable, Array and Tuple.
Result<TypeKind> KindOfType(std::string_view type);

}  // namespace chimera::schema
