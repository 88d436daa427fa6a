#include "tools/time_window.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace chimera::tools {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::floor;

constexpr std::array<std::string_view, 5> kBucketNames = {"minute", "hour", "day", "week", "month"};
constexpr size_t kMaxFractionDigits = 9;

// Reads a text from left to right; every step says whether it fitted.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool Done() const { return rest_.empty(); }

  bool Take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_[0]) == std::string_view::npos) return false;
    last_ = rest_[0];
    rest_.remove_prefix(1);
    return true;
  }

  bool Number(size_t digits, int& value) {
    if (rest_.size() < digits || rest_[0] < '0' || rest_[0] > '9') return false;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + digits, value);
    if (error != std::errc() || end != rest_.data() + digits) return false;
    rest_.remove_prefix(digits);
    return true;
  }

  size_t CountDigits() const { return std::min(rest_.find_first_not_of("0123456789"), rest_.size()); }
  char Last() const { return last_; }

 private:
  std::string_view rest_;
  char last_ = '\0';
};

bool ReadDate(Cursor& cursor, ParsedTime& time) {
  int year = 0, month = 0, day = 0;
  if (!cursor.Number(4, year) || !cursor.Take("-") || !cursor.Number(2, month) || !cursor.Take("-")) return false;
  if (!cursor.Number(2, day) || year < 1900 || year > 2261) return false;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return false;
  time.at = std::chrono::sys_days(date);
  return true;
}

bool ReadFraction(Cursor& cursor, ParsedTime& time) {
  const size_t digits = cursor.CountDigits();
  int value = 0;
  if (digits == 0 || digits > kMaxFractionDigits || !cursor.Number(digits, value)) return false;
  auto nanoseconds = std::chrono::nanoseconds(value);
  for (size_t i = digits; i < kMaxFractionDigits; ++i) nanoseconds *= 10;
  time.at += nanoseconds;
  time.fraction_digits = static_cast<int>(digits);
  return true;
}

bool ReadZone(Cursor& cursor, ParsedTime& time) {
  time.has_zone = true;
  if (cursor.Take("Zz")) return true;
  if (!cursor.Take("+-")) return false;
  const int sign = cursor.Last() == '-' ? -1 : 1;
  int hours = 0, minutes = 0;
  if (!cursor.Number(2, hours)) return false;
  const bool colon = cursor.Take(":");
  if ((colon || !cursor.Done()) && !cursor.Number(2, minutes)) return false;
  if (hours > 14 || minutes > 59) return false;
  time.at -= sign * (std::chrono::hours(hours) + std::chrono::minutes(minutes));
  return true;
}

bool ReadTimeOfDay(Cursor& cursor, ParsedTime& time) {
  int hour = 0, minute = 0, second = 0;
  if (!cursor.Take("Tt ") || !cursor.Number(2, hour) || !cursor.Take(":") || !cursor.Number(2, minute)) return false;
  if (cursor.Take(":") && !cursor.Number(2, second)) return false;
  if (hour > 23 || minute > 59 || second > 59) return false;
  time.at += std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  if (cursor.Take(".") && !ReadFraction(cursor, time)) return false;
  return cursor.Done() || ReadZone(cursor, time);
}

std::optional<Instant> ReadSide(const Json& arguments, const std::string& key, std::vector<Problem>& problems) {
  if (!arguments.contains(key)) return std::nullopt;
  const auto time = ParseTime(arguments[key].get<std::string>());
  if (!time) {
    problems.push_back(
        {key, "is not a time", Excerpt(arguments[key]), "send for example 2025-11-20T13:00:00Z or 2025-11-20"});
    return std::nullopt;
  }
  return key == "until" && time->date_only ? time->at + days(1) : time->at;
}

}  // namespace

std::optional<ParsedTime> ParseTime(std::string_view text) {
  Cursor cursor(text);
  ParsedTime time;
  if (!ReadDate(cursor, time)) return std::nullopt;
  time.date_only = cursor.Done();
  if (!time.date_only && !ReadTimeOfDay(cursor, time)) return std::nullopt;
  if (!cursor.Done()) return std::nullopt;
  return time;
}

std::string PlainTime(Instant at, int fraction_digits) {
  const auto day = floor<days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<std::chrono::nanoseconds> clock(at - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02ld:%02ld:%02ld.%09ld", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
  constexpr size_t kSeconds = 19;
  return std::string(text.data(),
                     fraction_digits == 0 ? kSeconds : kSeconds + 1 + static_cast<size_t>(fraction_digits));
}

std::string IsoTime(Instant at) {
  const bool whole = at == floor<std::chrono::seconds>(at);
  std::string text = PlainTime(at, whole ? 0 : 3) + "Z";
  text[10] = 'T';
  return text;
}

Bucket BucketFromName(std::string_view name) {
  size_t index = 0;
  while (index + 1 < kBucketNames.size() && kBucketNames[index] != name) ++index;
  return static_cast<Bucket>(index);
}

std::string_view Name(Bucket bucket) {
  return kBucketNames[static_cast<size_t>(bucket)];
}

Instant BucketStart(Instant at, Bucket bucket) {
  const auto day = floor<days>(at);
  switch (bucket) {
    case Bucket::kMinute:
      return floor<std::chrono::minutes>(at);
    case Bucket::kHour:
      return floor<std::chrono::hours>(at);
    case Bucket::kDay:
      return day;
    case Bucket::kWeek:
      return day - (std::chrono::weekday(day) - std::chrono::Monday);
    case Bucket::kMonth:
      break;
  }
  const std::chrono::year_month_day date(day);
  return std::chrono::sys_days(date.year() / date.month() / 1);
}

Instant NextBucket(Instant start, Bucket bucket) {
  switch (bucket) {
    case Bucket::kMinute:
      return start + 1min;
    case Bucket::kHour:
      return start + 1h;
    case Bucket::kDay:
      return start + days(1);
    case Bucket::kWeek:
      return start + days(7);
    case Bucket::kMonth:
      break;
  }
  return BucketStart(start + days(31), Bucket::kMonth);
}

int64_t BucketNumber(Instant at, Bucket bucket) {
  const Instant start = BucketStart(at, bucket);
  if (bucket == Bucket::kMonth) {
    const std::chrono::year_month_day date(floor<days>(start));
    return (int{date.year()} - 1970) * 12 + static_cast<int>(unsigned{date.month()}) - 1;
  }
  const Instant first = BucketStart(Instant{}, bucket);
  return (start - first) / (NextBucket(first, bucket) - first);
}

Json TimeWindow::ToJson() const {
  return {{"since", since ? Json(IsoTime(*since)) : Json()}, {"until", until ? Json(IsoTime(*until)) : Json()}};
}

namespace {

Instant StartOfDays(Instant now, int count, Bucket bucket) {
  const bool within_a_day = bucket == Bucket::kMinute || bucket == Bucket::kHour;
  const Instant from = within_a_day ? now - days(count) : floor<days>(now) - days(count - 1);
  return BucketStart(from, bucket);
}

}  // namespace

TimeWindow ParseWindow(const Json& arguments, Instant now, Bucket bucket, int default_days,
                       std::vector<Problem>& problems) {
  TimeWindow window{ReadSide(arguments, "since", problems), ReadSide(arguments, "until", problems)};
  const bool has_sides = arguments.contains("since") || arguments.contains("until");
  if (arguments.contains("days") && has_sides) {
    problems.push_back(
        {"days", "cannot be combined with since or until", Excerpt(arguments["days"]), "send one or the other"});
    return window;
  }
  if (window.since && window.until && *window.until <= *window.since) {
    problems.push_back({"until", "must be later than since", Excerpt(arguments["until"]), "swap since and until"});
  }
  const int days_back = arguments.contains("days") ? arguments["days"].get<int>() : default_days;
  if (!has_sides && days_back > 0) window.since = StartOfDays(now, days_back, bucket);
  return window;
}

}  // namespace chimera::tools
