#include "tools/insert_value.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "tools/number_text.h"
#include "tools/time_value.h"

namespace chimera::tools {
namespace {

using Refused = std::optional<Refusal>;
constexpr Refused kAccepted = std::nullopt;

std::string_view KindName(JsonKind kind) {
  switch (kind) {
    case JsonKind::kNull:
      return "null";
    case JsonKind::kBool:
      return "a boolean";
    case JsonKind::kNumber:
      return "a number";
    case JsonKind::kString:
      return "a string";
    case JsonKind::kObject:
      return "an object";
    case JsonKind::kArray:
      return "an array";
  }
  return "";
}

Refusal QuotedNumber(const JsonValue& value, std::string_view expected) {
  return {"must be " + std::string(expected) + ", not a string",
          ParseNumber(value.text) ? "send " + std::string(value.text) + " without quotes" : ""};
}

// A double in its shortest spelling: 0.5, not 0.50000000000000000.
std::string Shortest(double value) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
}

Refused CheckBounds(const ColumnRule& rule, double value) {
  if (rule.column.min && value < *rule.column.min) return Refusal{"must be at least " + Shortest(*rule.column.min), ""};
  if (rule.column.max && value > *rule.column.max) return Refusal{"must be at most " + Shortest(*rule.column.max), ""};
  return kAccepted;
}

double NearestDouble(const NumberText& number) {
  const std::string text = number.digits + "e" + std::to_string(number.exponent);
  double value = 0;
  if (!number.IsZero()) std::from_chars(text.data(), text.data() + text.size(), value);
  return number.negative ? -value : value;
}

// ---- integers

std::string IntegerRangeText(const ColumnType& type) {
  const std::string low = type.kind == TypeKind::kUnsigned ? "0" : "-" + std::string(SmallestMagnitude(type));
  return "an integer from " + low + " to " + std::string(LargestInteger(type));
}

// Most integers are a few digits: those that fit whatever the bounds of the type need no arithmetic on text.
bool AppendSmallInteger(const ColumnRule& rule, std::string_view text, std::string& out) {
  if (text.empty() || text.size() > 18 || (text.size() > 1 && text[0] == '0')) return false;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  const int bits = rule.type.bits - (rule.type.kind == TypeKind::kSigned ? 1 : 0);
  if (bits < 63 && value >> bits != 0) return false;
  if (CheckBounds(rule, static_cast<double>(value))) return false;
  out += text;
  return true;
}

Refused AppendInteger(const ColumnRule& rule, const JsonValue& value, std::string& out) {
  const bool quotable = value.kind == JsonKind::kString && rule.type.bits >= 64;
  if (value.kind == JsonKind::kString && !quotable) return QuotedNumber(value, IntegerRangeText(rule.type));
  if (value.kind != JsonKind::kNumber && !quotable) return WrongKind(rule, value, IntegerRangeText(rule.type));
  if (AppendSmallInteger(rule, value.text, out)) return kAccepted;

  const auto number = ParseNumber(value.text);
  if (!number) return Refusal{"must be " + IntegerRangeText(rule.type), ExampleHint(rule)};
  if (!number->IsWhole()) return Refusal{"must be a whole number, " + IntegerRangeText(rule.type), "round it first"};
  const auto limit = number->negative ? SmallestMagnitude(rule.type) : LargestInteger(rule.type);
  if (!number->IsZero() && ExceedsWhole(*number, limit)) {
    return Refusal{"is out of range for " + rule.type.plain + ": must be " + IntegerRangeText(rule.type), ""};
  }
  out += number->Plain();
  return CheckBounds(rule, NearestDouble(*number));
}

// ---- floats

template <typename Float>
Refused AppendFloatOf(const ColumnRule& rule, std::string_view text, std::string& out) {
  Float number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto exact = ParseNumber(text);
  if (!exact || end != text.data() + text.size()) return Refusal{"is not a number", ExampleHint(rule)};
  const bool lost = error == std::errc::result_out_of_range || (number == 0 && !exact->IsZero());
  if (lost) {
    const bool large = exact->WholeDigits() > 0;
    return Refusal{large ? "is too large for " + rule.type.plain
                         : "is too near to zero for " + rule.type.plain + ": it would be stored as 0",
                   ""};
  }
  char shortest[32];
  if (number == 0) number = 0;  // -0 and 0 are one value
  out.append(shortest, std::to_chars(shortest, shortest + sizeof shortest, number).ptr);
  return CheckBounds(rule, static_cast<double>(number));
}

Refused AppendFloat(const ColumnRule& rule, const JsonValue& value, std::string& out) {
  if (value.kind == JsonKind::kString) return QuotedNumber(value, "a number");
  if (value.kind != JsonKind::kNumber) return WrongKind(rule, value, "a number");
  if (rule.type.bits == 32) return AppendFloatOf<float>(rule, value.text, out);
  return AppendFloatOf<double>(rule, value.text, out);
}

// ---- decimals: taken by their digits, so that 0.010335 stays 0.010335

Refused AppendDecimal(const ColumnRule& rule, const JsonValue& value, std::string& out) {
  const ColumnType& type = rule.type;
  if (value.kind != JsonKind::kNumber && value.kind != JsonKind::kString) return WrongKind(rule, value, "a number");
  const auto number = ParseNumber(value.text);
  if (!number) return Refusal{"must be a decimal number", ExampleHint(rule)};
  if (number->WholeDigits() > type.precision - type.scale) {
    return Refusal{"is out of range for " + type.plain + ": at most " + std::to_string(type.precision - type.scale) +
                       " digits before the point",
                   ""};
  }
  if (number->DecimalPlaces() > type.scale) {
    return Refusal{
        "has more than " + std::to_string(type.scale) + " decimal places; " + type.plain + " would drop the rest",
        "send " + number->Rounded(type.scale).Plain() + " if rounding is right"};
  }
  out += number->Plain();
  return CheckBounds(rule, NearestDouble(*number));
}

// ---- text

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Hex digits and dashes; setting the bit 0x20 makes letters small and leaves digits and dashes as they are.
void AppendLowerHex(std::string& out, std::string_view text) {
  out += '"';
  const size_t begin = out.size();
  out += text;
  for (size_t i = begin; i < out.size(); ++i) out[i] = static_cast<char>(out[i] | 0x20);
  out += '"';
}

void AppendQuoted(std::string& out, std::string_view text) {
  const bool clean = std::all_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; });
  if (!clean) return AppendJsonString(out, text);  // the arguments were checked to be UTF-8 as a whole
  out += '"';
  out += text;
  out += '"';
}

Refused AppendCommit(const ColumnRule& rule, std::string_view text, std::string& out) {
  if (text.size() != 40) {
    return Refusal{"must be a full commit hash of 40 hex digits, has " + std::to_string(text.size()) + " characters",
                   "send what `git rev-parse HEAD` prints"};
  }
  if (!std::all_of(text.begin(), text.end(), IsHexDigit))
    return Refusal{"must be 40 hex digits (0-9, a-f)", ExampleHint(rule)};
  AppendLowerHex(out, text);
  return kAccepted;
}

// Stored in lower case: the same bytes are often written with a checksum in the case of their letters (EIP-55).
Refused AppendHex(const ColumnRule& rule, std::string_view text, std::string& out) {
  const std::string_view digits = text.substr(std::min<size_t>(2, text.size()));
  const bool is_hex =
      text.starts_with("0x") && digits.size() % 2 == 0 && std::all_of(digits.begin(), digits.end(), IsHexDigit);
  if (!is_hex) return Refusal{"must be 0x and an even number of hex digits (0-9, a-f)", ExampleHint(rule)};
  AppendLowerHex(out, text);
  return kAccepted;
}

Refused AppendJsonText(std::string_view text, std::string& out) {
  if (!Json::accept(text)) {
    return Refusal{"must be a JSON object, or valid JSON text",
                   text.empty() ? "send {} for nothing" : "send an object"};
  }
  AppendQuoted(out, text);
  return kAccepted;
}

// JSON without the white space between its tokens, so that the same object has one text.
std::string Compact(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (!in_string && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) continue;
    out += c;
    if (in_string && c == '\\' && i + 1 < json.size())
      out += json[++i];
    else if (c == '"')
      in_string = !in_string;
  }
  return out;
}

Refused CheckAllowed(std::string_view text, const std::vector<std::string>& allowed) {
  if (allowed.empty() || std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return kAccepted;
  return Refusal{"must be one of " + Join(allowed, ", "), DidYouMean(text, allowed)};
}

Refused CheckText(const ColumnRule& rule, std::string_view text) {
  if (text.size() > kMaxStringBytes) {
    return Refusal{"has " + std::to_string(text.size()) + " bytes; at most " + std::to_string(kMaxStringBytes), ""};
  }
  if (rule.column.format == "non-empty" && Trim(text).empty()) return Refusal{"must not be empty", ExampleHint(rule)};
  if (rule.type.kind == TypeKind::kFixedString && text.size() != rule.type.length) {
    return Refusal{
        "must have exactly " + std::to_string(rule.type.length) + " bytes, has " + std::to_string(text.size()),
        ExampleHint(rule)};
  }
  if (auto refused = CheckAllowed(text, rule.type.names)) return refused;
  return CheckAllowed(text, rule.column.allowed);
}

Refused AppendText(const ColumnRule& rule, const JsonValue& value, std::string& out) {
  const bool is_json = rule.column.format == "json";
  if (is_json && value.kind == JsonKind::kObject) return AppendJsonText(Compact(value.text), out);
  if (value.kind != JsonKind::kString) return WrongKind(rule, value, is_json ? "an object or JSON text" : "a string");
  if (rule.column.format == "commit") return AppendCommit(rule, value.text, out);
  if (auto refused = CheckText(rule, value.text)) return refused;
  if (is_json) return AppendJsonText(value.text, out);
  if (rule.column.format == "hex") return AppendHex(rule, value.text, out);
  AppendQuoted(out, value.text);
  return kAccepted;
}

Refused AppendUuid(const ColumnRule& rule, const JsonValue& value, std::string& out) {
  if (value.kind != JsonKind::kString) return WrongKind(rule, value, "a UUID as a string");
  const std::string_view text = value.text;
  bool fits = text.size() == 36;
  for (size_t i = 0; fits && i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    fits = dash ? text[i] == '-' : IsHexDigit(text[i]);
  }
  if (!fits) {
    return Refusal{"must be a UUID: 8-4-4-4-12 hex digits", "send for example b701af3b-1e66-4a17-8122-59ce95d53e19"};
  }
  AppendLowerHex(out, text);
  return kAccepted;
}

Refused AppendBool(const ColumnRule& rule, const JsonValue& value, std::string& out) {
  if (value.kind != JsonKind::kBool) return WrongKind(rule, value, "true or false");
  out += value.text;
  return kAccepted;
}

Refused AppendNull(const ColumnRule& rule, std::string& out) {
  if (!rule.type.nullable) {
    return Refusal{"must not be null", rule.Required() ? ExampleHint(rule) : "leave it out for its default"};
  }
  out += "null";
  return kAccepted;
}

JsonValue ValueOf(const Json& json, std::string& text) {
  text = json.is_string() ? json.get<std::string>() : ToText(json);
  if (json.is_string()) return {JsonKind::kString, text};
  if (json.is_number()) return {JsonKind::kNumber, text};
  if (json.is_boolean()) return {JsonKind::kBool, text};
  if (json.is_object()) return {JsonKind::kObject, text};
  return {json.is_array() ? JsonKind::kArray : JsonKind::kNull, text};
}

}  // namespace

Result<ColumnRule> MakeColumnRule(const schema::InsertColumn& column, bool is_partition) {
  auto type = ParseColumnType(column.type);
  if (!type) return std::move(type).error();
  if (is_partition && (!type->IsTemporal() || type->nullable)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the partition column `" + column.name + "` must be a date or a time");
  }
  ColumnRule rule{.column = column, .type = *std::move(type), .key = ",", .is_partition = is_partition, .fallback = {}};
  AppendJsonString(rule.key, column.name);
  rule.key += ':';
  if (!column.fallback) return rule;
  std::string text, canonical;
  TimeFacts facts;
  if (auto refused = AppendValue(rule, ValueOf(*column.fallback, text), canonical, facts)) {
    return MakeError(ErrorCode::kInvalidArgument, "the default of column `" + column.name + "` " + refused->message);
  }
  rule.fallback = std::move(canonical);
  rule.fallback_is_now = facts.is_now;
  return rule;
}

std::string ExampleHint(const ColumnRule& rule) {
  return rule.column.example.is_null() ? "" : "send for example " + ToText(rule.column.example);
}

Refusal WrongKind(const ColumnRule& rule, const JsonValue& value, std::string_view expected) {
  return {"must be " + std::string(expected) + ", not " + std::string(KindName(value.kind)), ExampleHint(rule)};
}

std::optional<Refusal> AppendValue(const ColumnRule& rule, const JsonValue& value, std::string& out, TimeFacts& facts) {
  if (value.kind == JsonKind::kNull) return AppendNull(rule, out);
  switch (rule.type.kind) {
    case TypeKind::kSigned:
    case TypeKind::kUnsigned:
      return AppendInteger(rule, value, out);
    case TypeKind::kFloat:
      return AppendFloat(rule, value, out);
    case TypeKind::kDecimal:
      return AppendDecimal(rule, value, out);
    case TypeKind::kString:
    case TypeKind::kFixedString:
    case TypeKind::kEnum:
      return AppendText(rule, value, out);
    case TypeKind::kUuid:
      return AppendUuid(rule, value, out);
    case TypeKind::kBool:
      return AppendBool(rule, value, out);
    case TypeKind::kDate:
    case TypeKind::kTime:
      return AppendTime(rule, value, out, facts);
  }
  return Refusal{"has a type that insert tools do not support", ""};
}

}  // namespace chimera::tools
