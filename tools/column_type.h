// A ClickHouse column type as insert validation sees it: what kind of value it takes and which values it can hold
// without changing them. Parses the types that insert tools support; does not know composite types (Array, Map, Tuple).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace chimera::tools {

enum class TypeKind {
  kSigned,       ///< Int8 … Int256
  kUnsigned,     ///< UInt8 … UInt256
  kFloat,        ///< Float32, Float64
  kDecimal,      ///< Decimal(p, s), Decimal32(s) …
  kString,       ///< String
  kFixedString,  ///< FixedString(n)
  kUuid,         ///< UUID
  kBool,         ///< Bool
  kEnum,         ///< Enum8, Enum16
  kDate,         ///< Date (16 bits), Date32 (32 bits)
  kTime,         ///< DateTime (32 bits), DateTime64 (64 bits)
};

struct ColumnType {
  TypeKind kind = TypeKind::kString;
  bool nullable = false;
  std::string plain;               ///< the spelling without LowCardinality and Nullable
  int bits = 0;                    ///< of integers, floats, dates and times
  int precision = 0;               ///< of decimals: digits in all
  int scale = 0;                   ///< digits after the point: of decimals and times
  size_t length = 0;               ///< of FixedString, in bytes
  std::vector<std::string> names;  ///< of enums

  bool IsInteger() const { return kind == TypeKind::kSigned || kind == TypeKind::kUnsigned; }
  bool IsTemporal() const { return kind == TypeKind::kDate || kind == TypeKind::kTime; }
};

/// Parses ClickHouse's spelling, such as "LowCardinality(Nullable(String))". kInvalidArgument names the type when it is
/// not one of the above.
Result<ColumnType> ParseColumnType(std::string_view text);

/// The largest value of an integer type as digits, and the magnitude of the smallest ("0" when unsigned).
std::string_view LargestInteger(const ColumnType& type);
std::string_view SmallestMagnitude(const ColumnType& type);

}  // namespace chimera::tools
