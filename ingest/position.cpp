#include "ingest/position.h"

#include <charconv>
#include <chrono>
#include <cstdio>

namespace chimera::ingest {
namespace {

namespace chrono = std::chrono;

constexpr size_t kSeconds = std::string_view("2026-11-21T18:30:00").size();
constexpr size_t kDecimals = 6;

std::optional<int> Number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.front() == '-') return std::nullopt;
  return number;
}

std::optional<Position> WholeSeconds(std::string_view text) {
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') return std::nullopt;
  const auto year = Number(text.substr(0, 4));
  const auto month = Number(text.substr(5, 2));
  const auto day = Number(text.substr(8, 2));
  const auto hour = Number(text.substr(11, 2));
  const auto minute = Number(text.substr(14, 2));
  const auto second = Number(text.substr(17, 2));
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const chrono::year_month_day date(chrono::year(*year), chrono::month(static_cast<unsigned>(*month)),
                                    chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok() || *year < 1970 || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const chrono::seconds time = chrono::hours(*hour) + chrono::minutes(*minute) + chrono::seconds(*second);
  return (chrono::sys_days(date).time_since_epoch() + time) / chrono::seconds(1);
}

}  // namespace

std::string PositionText(Position position) {
  const chrono::sys_time<chrono::microseconds> at{chrono::microseconds(position)};
  const auto day = chrono::floor<chrono::days>(at);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss time(at - day);
  char text[64];
  const int length =
      std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                    static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return {text, static_cast<size_t>(length)};
}

std::optional<Position> ParsePosition(std::string_view text) {
  if (text.size() <= kSeconds || text.back() != 'Z') return std::nullopt;
  const auto seconds = WholeSeconds(text.substr(0, kSeconds));
  if (!seconds) return std::nullopt;
  std::string_view decimals = text.substr(kSeconds, text.size() - kSeconds - 1);
  if (decimals.empty()) return *seconds * 1'000'000;
  if (decimals.front() != '.' || decimals.size() == 1 || decimals.size() > kDecimals + 1) return std::nullopt;
  std::string digits(decimals.substr(1));
  digits.resize(kDecimals, '0');
  const auto microseconds = Number(digits);
  if (!microseconds) return std::nullopt;
  return *seconds * 1'000'000 + *microseconds;
}

}  // namespace chimera::ingest
