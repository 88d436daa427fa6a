#include "tools/parameter_value.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/text.h"
#include "tools/catalog.h"
#include "tools/column_type.h"
#include "tools/time_window.h"
#include "tools/type_name.h"

namespace chimera::tools {
namespace {

// What is wrong with a value and what to send instead; BindParameter adds where it stands.
Error Wrong(std::string message, std::string hint = {}) {
  return MakeError(ErrorCode::kInvalidArgument, std::move(message), std::move(hint));
}

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A number's text: strings as they are, JSON numbers without a needless ".0".
std::string NumberText(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "1" : "0";
  std::string text = ToText(value);
  if (value.is_number_float() && text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string_view WithoutZeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

bool AtMost(std::string_view digits, std::string_view limit) {
  digits = WithoutZeros(digits);
  return digits.size() < limit.size() || (digits.size() == limit.size() && digits <= limit);
}

Result<std::string> IntegerText(const ColumnType& type, const Json& value) {
  std::string text = NumberText(value);
  const bool negative = text.starts_with('-');
  const std::string_view digits = std::string_view(text).substr(negative ? 1 : 0);
  if (!AllDigits(digits)) return Wrong("must be a whole number for " + type.plain, "send digits only");
  const std::string_view smallest = WithoutZeros(SmallestMagnitude(type));
  if (AtMost(digits, negative ? smallest : LargestInteger(type))) return text;
  return Wrong("is out of range for " + type.plain, "send " + (smallest.empty() ? "0" : "-" + std::string(smallest)) +
                                                        " to " + std::string(LargestInteger(type)) +
                                                        ", or use a wider type");
}

Result<std::string> FloatText(const ColumnType& type, const Json& value) {
  std::string text = NumberText(value);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);  // takes nan and inf too
  if (error != std::errc() || end != text.data() + text.size()) return Wrong("must be a number for " + type.plain);
  if (type.bits == 32 && std::isfinite(number) && !std::isfinite(static_cast<float>(number))) {
    return Wrong("is out of range for " + type.plain, "use Float64");
  }
  return text;
}

Result<std::string> DecimalText(const ColumnType& type, const Json& value) {
  constexpr size_t kDigitsOfDouble = 15;
  std::string text = NumberText(value);
  if (value.is_number_float() && text.size() > kDigitsOfDouble) {
    return Wrong("has more digits than a JSON number keeps", "send it as a string");
  }
  const std::string_view digits = std::string_view(text).substr(text.starts_with('-') ? 1 : 0);
  const size_t point = std::min(digits.find('.'), digits.size());
  const std::string_view whole = digits.substr(0, point);
  const std::string_view fraction = digits.substr(std::min(point + 1, digits.size()));
  if (!AllDigits(whole) || (point != digits.size() && !AllDigits(fraction))) {
    return Wrong("must be a decimal number for " + type.plain, "write it out, for example \"0.000001\"");
  }
  if (fraction.size() > static_cast<size_t>(type.scale)) {
    return Wrong("has more than " + std::to_string(type.scale) + " digits after the point");
  }
  if (WithoutZeros(whole).size() > static_cast<size_t>(type.precision - type.scale)) {
    return Wrong("is out of range for " + type.plain);
  }
  return text;
}

// Seconds since 1970 mean the same whatever the type's time zone is. Zeros in front, because the database takes a short
// number for a year.
std::string EpochText(Instant at, int fraction_digits) {
  const auto nanoseconds = at.time_since_epoch().count();
  const auto magnitude = static_cast<uint64_t>(nanoseconds < 0 ? -nanoseconds : nanoseconds);
  constexpr uint64_t kPerSecond = 1'000'000'000;
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s%010llu.%09llu", nanoseconds < 0 ? "-" : "",
                static_cast<unsigned long long>(magnitude / kPerSecond),
                static_cast<unsigned long long>(magnitude % kPerSecond));
  std::string epoch = text.data();
  epoch.resize(epoch.size() - (fraction_digits == 0 ? 10 : 9 - static_cast<size_t>(fraction_digits)));
  return epoch;
}

Result<std::string> DateText(const ColumnType& type, const ParsedTime& time) {
  if (time.at != BucketStart(time.at, Bucket::kDay)) return Wrong("must be a date without a time of day");
  constexpr std::chrono::days kLastDate{65535};  // 2149-06-06
  if (type.bits == 16 && (time.at < Instant{} || time.at > Instant{kLastDate})) {
    return Wrong("does not fit Date, which holds 1970-01-01 to 2149-06-06", "use Date32");
  }
  return PlainTime(time.at, 0).substr(0, 10);
}

Result<std::string> DateTimeText(const ParsedTime& time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.at);
  const auto epoch = seconds.time_since_epoch().count();
  if (time.at == seconds && epoch >= 0 && epoch <= std::numeric_limits<uint32_t>::max()) return EpochText(time.at, 0);
  return Wrong("does not fit DateTime, which holds whole seconds from 1970 to 2106", "use DateTime64(3, 'UTC')");
}

Result<std::string> DateTime64Text(const ColumnType& type, const ParsedTime& time) {
  if (time.fraction_digits > type.scale) {
    return Wrong("has more than " + std::to_string(type.scale) + " digits after the seconds");
  }
  return EpochText(time.at, time.fraction_digits);
}

Result<std::string> TimeText(const ColumnType& type, const Json& value) {
  const auto time = value.is_string() ? ParseTime(value.get_ref<const std::string&>()) : std::nullopt;
  if (!time) return Wrong("must be a time for " + type.plain, "send for example \"2025-11-20T13:00:00Z\"");
  if (type.kind == TypeKind::kDate) return DateText(type, *time);
  return type.bits == 64 ? DateTime64Text(type, *time) : DateTimeText(*time);
}

Result<std::string> UuidText(const Json& value) {
  std::string text = value.is_string() ? value.get<std::string>() : std::string();
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  const auto fits = [](char c, char shape) {
    return shape == '-' ? c == '-' : std::isxdigit(static_cast<unsigned char>(c)) != 0;
  };
  if (text.size() == kShape.size() && std::equal(text.begin(), text.end(), kShape.begin(), fits)) return text;
  return Wrong("must be a UUID", "for example \"b701af3b-1e66-4a17-8122-59ce95d53e19\"");
}

Result<std::string> FixedStringText(const ColumnType& type, const Json& value) {
  std::string text = NumberText(value);
  if (text.size() > type.length) return Wrong("is longer than " + type.plain);
  return text;
}

Result<std::string> EnumText(const ColumnType& type, const Json& value) {
  std::string text = NumberText(value);
  if (std::find(type.names.begin(), type.names.end(), text) != type.names.end()) return text;
  return Wrong("is none of " + Join(type.names, ", "), DidYouMean(text, type.names));
}

Result<std::string> BoolText(const Json& value) {
  if (value.is_boolean()) return std::string(value.get<bool>() ? "true" : "false");
  const std::string text = NumberText(value);
  if (text == "1" || text == "true") return std::string("true");
  if (text == "0" || text == "false") return std::string("false");
  return Wrong("must be true or false");
}

// The read gate sees the placeholder, not the name: a path in it would be read as a file where tables can be files.
Result<std::string> IdentifierText(const Json& value) {
  std::string text = value.is_string() ? value.get<std::string>() : std::string();
  const auto plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return text;
  return Wrong("must be one plain name of letters, digits and _", "write other names into the SQL, in backticks");
}

Result<std::string> ScalarText(std::string_view type_text, const Json& value) {
  if (value.is_structured()) {
    return Wrong("must be a single value for " + std::string(type_text), "only Array(…) takes a list");
  }
  if (type_text == "Identifier") return IdentifierText(value);
  constexpr std::array<std::string_view, 5> kWrapping = {"Map", "Tuple", "Nested", "Time", "Time64"};
  if (std::find(kWrapping.begin(), kWrapping.end(), TypeFamily(type_text)) != kWrapping.end()) {
    return Wrong(
        "cannot be a parameter of type " + std::string(type_text) + ": ClickHouse changes values that do not fit",
        "pass its parts as parameters of plain types");
  }
  const auto type = ParseColumnType(type_text);
  if (!type) return NumberText(value);  // a type that only the database knows: it checks
  switch (type->kind) {
    case TypeKind::kSigned:
    case TypeKind::kUnsigned:
      return IntegerText(*type, value);
    case TypeKind::kFloat:
      return FloatText(*type, value);
    case TypeKind::kDecimal:
      return DecimalText(*type, value);
    case TypeKind::kFixedString:
      return FixedStringText(*type, value);
    case TypeKind::kUuid:
      return UuidText(value);
    case TypeKind::kBool:
      return BoolText(value);
    case TypeKind::kEnum:
      return EnumText(*type, value);
    case TypeKind::kDate:
    case TypeKind::kTime:
      return TimeText(*type, value);
    case TypeKind::kString:
      break;
  }
  return NumberText(value);
}

bool IsBareInArray(std::string_view type) {
  return IsNumericType(type) || type == "Bool";
}

// A string inside a list. Lists are not unescaped once more before they are parsed, as single strings are: what the
// client escapes on the way is already the escaping of the literal, and only the quote is left to double.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted.append(c == '\'' ? 2 : 1, c);
  return quoted += '\'';
}

// ClickHouse's literal of a list: ['a','b'], [1,NULL], [[1],[2]].
Result<std::string> ArrayText(std::string_view element_type, const Json& value) {
  const std::string_view bare = BareType(element_type);
  std::string text = "[";
  for (const auto& item : value) {
    if (text.size() > 1) text += ',';
    if (item.is_null()) {
      if (!IsNullableType(element_type)) return Wrong("holds null, which " + std::string(element_type) + " cannot be");
      text += "NULL";
      continue;
    }
    const bool nested = TypeFamily(bare) == "Array" && item.is_array() && TypeArguments(bare).size() == 1;
    auto element = nested ? ArrayText(TypeArguments(bare)[0], item) : ScalarText(bare, item);
    if (!element) return element.error();
    text += nested || IsBareInArray(bare) ? *element : Quoted(*element);
  }
  return text += ']';
}

Result<std::string> ValueText(std::string_view type, const Json& value) {
  const std::string_view bare = BareType(type);
  const auto arguments = TypeArguments(bare);
  if (TypeFamily(bare) != "Array" || arguments.size() != 1) return ScalarText(bare, value);
  if (!value.is_array()) return Wrong("must be a list for " + std::string(type));
  return ArrayText(arguments[0], value);
}

Error AtPath(Error error, const std::string& path, const Json& value) {
  error.problems.push_back({path, error.message, Excerpt(value), error.hint});
  error.message = "`" + path + "` " + error.message;
  error.hint.clear();
  return error;
}

}  // namespace

Result<clickhouse::Parameter> BindParameter(const std::string& name, std::string_view type, const Json& value,
                                            const std::string& path) {
  if (value.is_null()) {
    if (IsNullableType(type)) return clickhouse::Parameter{name, "", true};
    return AtPath(Wrong("must not be null for " + std::string(type), "write the placeholder as Nullable(…)"), path,
                  value);
  }
  auto text = ValueText(type, value);
  if (!text) return AtPath(std::move(text).error(), path, value);
  return clickhouse::Parameter{name, *std::move(text), false};
}

}  // namespace chimera::tools
