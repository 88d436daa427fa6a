#include "tools/time_value.h"

#include <charconv>
#include <chrono>

#include "tools/number_text.h"

namespace chimera::tools {
namespace {

using Refused = std::optional<Refusal>;
constexpr Refused kAccepted = std::nullopt;
using std::chrono::nanoseconds;

constexpr std::string_view kTimeHint = "send ISO 8601 in UTC, such as 2025-01-31T12:34:56.789Z, or now";
constexpr std::string_view kDateHint = "send a date such as 2025-01-31, or now";

// What an epoch count, which could be seconds or milliseconds, most probably meant.
std::string EpochHint(std::string_view text) {
  int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  const bool in_milliseconds = count >= 100'000'000'000 && count < 10'000'000'000'000;
  const bool in_seconds = count >= 100'000'000 && count < 10'000'000'000;
  if (!in_seconds && !in_milliseconds) return std::string(kTimeHint);
  const std::chrono::milliseconds since_epoch(in_seconds ? count * 1000 : count);
  return "send " + IsoTime(Instant(since_epoch)) + " if that is the time you mean";
}

// A row goes into the partition of toDate(time), which holds 1970-01-01 to 2149-06-06 and wraps around outside.
Refused CheckRange(const ColumnRule& rule, Instant at) {
  const bool is_short_date = rule.type.kind == TypeKind::kDate && rule.type.bits == 16;
  const auto day = std::chrono::floor<std::chrono::days>(at).time_since_epoch().count();
  if ((rule.is_partition || is_short_date) && (day < 0 || day > 65535)) {
    return Refusal{"must be from 1970-01-01 to 2149-06-06", ""};
  }
  const auto second = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  const bool is_short_time = rule.type.kind == TypeKind::kTime && rule.type.bits == 32;
  if (is_short_time && (second < 0 || second > 4294967295)) {
    return Refusal{"must be from 1970-01-01T00:00:00Z to 2106-02-07T06:28:15Z", ""};
  }
  return kAccepted;
}

// What a column of this scale counts.
nanoseconds TickOf(const ColumnType& type) {
  int64_t length = 1;
  for (int digits = type.scale; digits < 9; ++digits) length *= 10;
  return nanoseconds(length);
}

Refused AppendDate(const ColumnRule& rule, const JsonValue& value, std::string& out, TimeFacts& facts) {
  const auto time = value.kind == JsonKind::kString ? ParseTime(value.text) : std::nullopt;
  if (!time || !time->date_only) return Refusal{"must be a date without a time of day", std::string(kDateHint)};
  if (auto refused = CheckRange(rule, time->at)) return refused;
  facts.at = time->at;
  out += StoredTime(rule.type, time->at);
  return kAccepted;
}

Refused AppendTimeOfDay(const ColumnRule& rule, const JsonValue& value, std::string& out, TimeFacts& facts) {
  if (value.kind == JsonKind::kNumber) return Refusal{"must be a time as text, not a number", EpochHint(value.text)};
  if (value.kind != JsonKind::kString) return WrongKind(rule, value, "a time as a string");
  const auto time = ParseTime(value.text);
  if (!time) return Refusal{"is not a time", ParseNumber(value.text) ? EpochHint(value.text) : std::string(kTimeHint)};
  if (auto refused = CheckRange(rule, time->at)) return refused;
  facts.at = time->at;
  facts.assumed_utc = !time->has_zone;
  facts.cut = time->at.time_since_epoch() % TickOf(rule.type) != nanoseconds(0);
  out += StoredTime(rule.type, time->at);
  return kAccepted;
}

}  // namespace

Refused AppendTime(const ColumnRule& rule, const JsonValue& value, std::string& out, TimeFacts& facts) {
  if (value.kind == JsonKind::kString && value.text == "now") {
    facts.is_now = true;
    out.append(StoredTime(rule.type, std::chrono::system_clock::now()).size(), '0');
    return kAccepted;
  }
  const bool is_date = rule.type.kind == TypeKind::kDate;
  return is_date ? AppendDate(rule, value, out, facts) : AppendTimeOfDay(rule, value, out, facts);
}

std::string StoredTime(const ColumnType& type, Instant at) {
  if (type.kind == TypeKind::kDate) return "\"" + AnsweredTime(type, at) + "\"";
  const nanoseconds tick = TickOf(type);
  const nanoseconds since_epoch = at.time_since_epoch();
  const bool before_tick = since_epoch % tick < nanoseconds(0);  // division rounds towards zero, times round down
  return std::to_string(since_epoch / tick - (before_tick ? 1 : 0));
}

std::string AnsweredTime(const ColumnType& type, Instant at) {
  std::string text = PlainTime(at, type.scale);  // "2025-01-31 12:34:56.789"
  if (type.kind == TypeKind::kDate) return text.substr(0, 10);
  text[10] = 'T';
  return text + "Z";
}

std::string FormatDay(int64_t day) {
  return PlainTime(Instant(std::chrono::days(day)), 0).substr(0, 10);
}

}  // namespace chimera::tools
