#include "tools/column_type.h"

#include <charconv>
#include <optional>

#include "tools/type_name.h"

namespace chimera::tools {
namespace {

std::optional<int> Number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// "'ok' = 3" → ok. Names with escapes are not supported.
std::optional<std::string> EnumName(std::string_view text) {
  const size_t close = text.rfind('\'');
  if (!text.starts_with('\'') || close == 0 || text.find('\\') != std::string_view::npos) return std::nullopt;
  return std::string(text.substr(1, close - 1));
}

using Parsed = std::optional<ColumnType>;

Parsed Sized(TypeKind kind, std::string_view digits, int smallest, int largest) {
  const auto bits = Number(digits);
  const bool power_of_two = bits && *bits > 0 && (*bits & (*bits - 1)) == 0;
  if (!power_of_two || *bits < smallest || *bits > largest) return std::nullopt;
  ColumnType type;
  type.kind = kind;
  type.bits = *bits;
  return type;
}

Parsed SizedName(std::string_view name) {
  if (name.starts_with("UInt")) return Sized(TypeKind::kUnsigned, name.substr(4), 8, 256);
  if (name.starts_with("Int")) return Sized(TypeKind::kSigned, name.substr(3), 8, 256);
  if (name.starts_with("Float")) return Sized(TypeKind::kFloat, name.substr(5), 32, 64);
  return std::nullopt;
}

Parsed Plain(TypeKind kind, int bits = 0) {
  ColumnType type;
  type.kind = kind;
  type.bits = bits;
  return type;
}

Parsed Simple(std::string_view name) {
  if (name == "String") return Plain(TypeKind::kString);
  if (name == "UUID") return Plain(TypeKind::kUuid);
  if (name == "Bool") return Plain(TypeKind::kBool);
  if (name == "Date") return Plain(TypeKind::kDate, 16);
  if (name == "Date32") return Plain(TypeKind::kDate, 32);
  if (name == "DateTime") return Plain(TypeKind::kTime, 32);
  return SizedName(name);
}

Parsed DecimalType(int precision, std::optional<int> scale) {
  if (!scale || precision < 1 || precision > 76 || *scale > precision) return std::nullopt;
  ColumnType type;
  type.kind = TypeKind::kDecimal;
  type.precision = precision;
  type.scale = *scale;
  return type;
}

using Arguments = std::vector<std::string_view>;

Parsed ParseDecimal(std::string_view family, const Arguments& arguments) {
  if (family == "Decimal") {
    const auto precision = Number(arguments.front());
    if (!precision || arguments.size() > 2) return std::nullopt;
    return DecimalType(*precision, arguments.size() == 2 ? Number(arguments[1]) : 0);
  }
  if (arguments.size() != 1) return std::nullopt;
  const std::string_view width = family.substr(7);
  const int precision = width == "32" ? 9 : width == "64" ? 18 : width == "128" ? 38 : width == "256" ? 76 : 0;
  return DecimalType(precision, Number(arguments[0]));
}

Parsed ParseEnum(const Arguments& arguments) {
  Parsed type = Plain(TypeKind::kEnum);
  for (const auto argument : arguments) {
    auto name = EnumName(argument);
    if (!name) return std::nullopt;
    type->names.push_back(std::move(*name));
  }
  return type;
}

Parsed ParseFixedString(const Arguments& arguments) {
  const auto length = Number(arguments.front());
  if (!length || *length == 0 || arguments.size() != 1) return std::nullopt;
  Parsed type = Plain(TypeKind::kFixedString);
  type->length = static_cast<size_t>(*length);
  return type;
}

// The time zone is not kept: it only changes how ClickHouse prints a time, and times are sent as counts from the epoch.
Parsed ParseTime64(const Arguments& arguments) {
  const auto scale = Number(arguments.front());
  if (!scale || *scale > 9 || arguments.size() > 2) return std::nullopt;
  Parsed type = Plain(TypeKind::kTime, 64);
  type->scale = *scale;
  return type;
}

Parsed ParseBare(std::string_view text) {
  const std::string_view family = TypeFamily(text);
  const Arguments arguments = TypeArguments(text);
  if (arguments.empty()) return Simple(text);
  if (family == "FixedString") return ParseFixedString(arguments);
  if (family == "DateTime64") return ParseTime64(arguments);
  if (family == "DateTime" && arguments.size() == 1) return Plain(TypeKind::kTime, 32);
  if (family.starts_with("Decimal")) return ParseDecimal(family, arguments);
  if (family == "Enum8" || family == "Enum16") return ParseEnum(arguments);
  return std::nullopt;
}

// By log2(bits) - 3: 8, 16, 32, 64, 128, 256 bits.
constexpr std::string_view kLargestUnsigned[] = {
    "255",
    "65535",
    "4294967295",
    "18446744073709551615",
    "340282366920938463463374607431768211455",
    "115792089237316195423570985008687907853269984665640564039457584007913129639935"};
constexpr std::string_view kLargestSigned[] = {
    "127",
    "32767",
    "2147483647",
    "9223372036854775807",
    "170141183460469231731687303715884105727",
    "57896044618658097711785492504343953926634992332820282019728792003956564819967"};
constexpr std::string_view kSmallestSigned[] = {
    "128",
    "32768",
    "2147483648",
    "9223372036854775808",
    "170141183460469231731687303715884105728",
    "57896044618658097711785492504343953926634992332820282019728792003956564819968"};

size_t WidthIndex(int bits) {
  size_t index = 0;
  for (int width = 8; width < bits; width *= 2) ++index;
  return index;
}

}  // namespace

Result<ColumnType> ParseColumnType(std::string_view text) {
  const std::string_view bare = BareType(text);
  if (Parsed type = ParseBare(bare)) {
    type->nullable = IsNullableType(text);
    type->plain = bare;
    return *type;
  }
  return MakeError(
      ErrorCode::kInvalidArgument, "insert tools do not support the column type `" + std::string(text) + "`",
      "use integers, floats, Decimal, String, FixedString, UUID, Bool, enums, dates and times, also inside "
      "Nullable and LowCardinality");
}

std::string_view LargestInteger(const ColumnType& type) {
  const size_t index = WidthIndex(type.bits);
  return type.kind == TypeKind::kUnsigned ? kLargestUnsigned[index] : kLargestSigned[index];
}

std::string_view SmallestMagnitude(const ColumnType& type) {
  return type.kind == TypeKind::kUnsigned ? "0" : kSmallestSigned[WidthIndex(type.bits)];
}

}  // namespace chimera::tools
