// From the points of one series to its trend: slope, significance, outliers, and the words for them. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "tools/statistics.h"
#include "tools/time_window.h"

namespace chimera::tools {

struct TrendPoint {
  std::string bucket;  ///< as the server prints it
  double value = 0;
  bool partial = false;  ///< an incomplete bucket of a sum or a count: listed, but left out of the line
};

struct Trend {
  size_t n = 0;                ///< points of the line
  std::optional<LineFit> fit;  ///< x in days since the first point
  std::string direction;       ///< "rising", "falling", "flat"; "unknown" with fewer than 3 points
  std::optional<double>
      relative_change;           ///< along the line, from the first point to the last; absent when it starts at 0
  std::vector<size_t> outliers;  ///< indices of points whose distance from the line is beyond Tukey's fences
};

/// Puts zeros where `points`, of a sum or a count, skip a bucket: no rows there means 0, not unknown. Gives up, and
/// returns `points` as they are, when there would be more than `max_points`.
std::vector<TrendPoint> WithZeros(std::vector<TrendPoint> points, Bucket bucket, size_t max_points);

/// Requires points in the order of time, each bucket a text that ParseTime reads.
Trend TrendOf(const std::vector<TrendPoint>& points);

/// The fields of `trend` over `points`, of which the newest `max_points` are listed.
Json TrendJson(const Trend& trend, const std::vector<TrendPoint>& points, size_t max_points);

/// "rising 3.1 ms a day (R² 0.84, p 0.002, n 30)"; `unit` may be empty.
std::string InWords(const Trend& trend, std::string_view unit);

/// "ms" of "latency_p95_ms"; "" when the name does not end with a unit.
std::string_view UnitOf(std::string_view column);

}  // namespace chimera::tools
