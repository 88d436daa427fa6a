// Points in time as callers write them, and the window of time that a tool looks at: `days` back from now, or
// `since`/`until`. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace chimera::tools {

using Instant = std::chrono::sys_time<std::chrono::nanoseconds>;

struct ParsedTime {
  Instant at;
  bool date_only = false;   ///< no time of day was written
  bool has_zone = false;    ///< "Z" or an offset was written; otherwise UTC is meant
  int fraction_digits = 0;  ///< digits after the seconds' point
};

/// "2025-11-20", "2025-11-20T13:00", "2025-11-20 13:00:00.125", each time of day with an optional "Z", "+02" or
/// "+02:00". Years 1900 to 2261 only. Nothing for every other text, or for a date that does not exist.
std::optional<ParsedTime> ParseTime(std::string_view text);

/// "2025-11-20 13:00:00.125": ClickHouse's plain form, in UTC, with `fraction_digits` (0 to 9) digits.
std::string PlainTime(Instant at, int fraction_digits);
/// "2025-11-20T13:00:00Z", with milliseconds only when there are some.
std::string IsoTime(Instant at);

enum class Bucket { kMinute, kHour, kDay, kWeek, kMonth };

/// From "minute", "hour", "day", "week" or "month"; requires one of them.
Bucket BucketFromName(std::string_view name);
std::string_view Name(Bucket bucket);
/// The start, in UTC, of the bucket that holds `at`; weeks start on Monday.
Instant BucketStart(Instant at, Bucket bucket);
/// The start of the bucket after the one that starts at `start`.
Instant NextBucket(Instant start, Bucket bucket);
/// How many buckets after the one that holds 1970-01-01 the one is that holds `at`; negative before it.
int64_t BucketNumber(Instant at, Bucket bucket);

/// [since, until); an absent side is open.
struct TimeWindow {
  std::optional<Instant> since;
  std::optional<Instant> until;

  Json ToJson() const;  ///< {"since": …, "until": …}, null for an open side
};

/// Reads `days`, `since` and `until` of a tool's arguments; without any of them, `default_days` back (0: open). `days`
/// are UTC days with today's as the last, as in the declared analyses; with minutes or hours, so many times 24 hours.
/// The window starts at the beginning of a `bucket`, so that the first one is whole. A bare date as `until` includes
/// that day. Appends to `problems` what is wrong: days with since or until, a time nobody can read, an empty window.
TimeWindow ParseWindow(const Json& arguments, Instant now, Bucket bucket, int default_days,
                       std::vector<Problem>& problems);

}  // namespace chimera::tools
