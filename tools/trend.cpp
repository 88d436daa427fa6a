#include "tools/trend.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace chimera::tools {
namespace {

constexpr double kSignificant = 0.05;
constexpr double kRoundingNoise = 1e-9;  ///< relative to the largest value

double DaysBetween(const TrendPoint& from, const TrendPoint& to) {
  const auto start = ParseTime(from.bucket), end = ParseTime(to.bucket);
  if (!start || !end) return 0;
  return std::chrono::duration<double, std::ratio<86400>>(end->at - start->at).count();
}

std::string Direction(const LineFit& fit, double span, double largest) {
  const bool moves = std::abs(fit.slope * span) > kRoundingNoise * largest;
  if (!moves || !fit.p_value || *fit.p_value >= kSignificant) return "flat";
  return fit.slope > 0 ? "rising" : "falling";
}

// As the server prints the start of a bucket: a date, or a time.
std::string BucketText(Instant start, Bucket bucket) {
  return bucket < Bucket::kDay ? IsoTime(start) : PlainTime(start, 0).substr(0, 10);
}

Json Listed(const TrendPoint& point) {
  return {point.bucket, Rounded(point.value)};
}

}  // namespace

std::vector<TrendPoint> WithZeros(std::vector<TrendPoint> points, Bucket bucket, size_t max_points) {
  std::vector<TrendPoint> filled;
  for (const TrendPoint& point : points) {
    const auto at = ParseTime(point.bucket);
    const auto last = filled.empty() ? std::nullopt : ParseTime(filled.back().bucket);
    if (at && last) {
      for (Instant gap = NextBucket(last->at, bucket); gap < at->at; gap = NextBucket(gap, bucket)) {
        if (filled.size() >= max_points) return points;
        filled.push_back({BucketText(gap, bucket), 0, false});
      }
    }
    filled.push_back(point);
  }
  return filled;
}

Trend TrendOf(const std::vector<TrendPoint>& points) {
  std::vector<double> x, y;
  std::vector<size_t> used;
  double largest = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    if (points[i].partial) continue;
    used.push_back(i);
    x.push_back(DaysBetween(points.front(), points[i]));
    y.push_back(points[i].value);
    largest = std::max(largest, std::abs(points[i].value));
  }
  Trend trend;
  trend.n = used.size();
  trend.fit = FitLine(x, y);
  trend.direction = "unknown";
  if (trend.n < 3 || !trend.fit) return trend;
  trend.direction = Direction(*trend.fit, x.back() - x.front(), largest);
  const double start = trend.fit->At(x.front()), change = trend.fit->At(x.back()) - start;
  if (std::abs(start) > kRoundingNoise * largest) trend.relative_change = change / std::abs(start);
  std::vector<double> residuals;
  for (size_t i = 0; i < x.size(); ++i) residuals.push_back(y[i] - trend.fit->At(x[i]));
  for (const size_t index : TukeyOutliers(residuals)) {
    if (std::abs(residuals[index]) > kRoundingNoise * largest) trend.outliers.push_back(used[index]);
  }
  return trend;
}

Json TrendJson(const Trend& trend, const std::vector<TrendPoint>& points, size_t max_points) {
  const bool fitted = trend.fit.has_value();
  Json outliers = Json::array(), listed = Json::array();
  for (const size_t index : trend.outliers) outliers.push_back(Listed(points[index]));
  const size_t omitted = points.size() > max_points ? points.size() - max_points : 0;
  for (size_t i = omitted; i < points.size(); ++i) listed.push_back(Listed(points[i]));
  return {{"direction", trend.direction},
          {"slope_per_day", Rounded(fitted ? std::optional(trend.fit->slope) : std::nullopt)},
          {"r_squared", Rounded(fitted ? trend.fit->r_squared : std::nullopt)},
          {"p_value", Rounded(fitted ? trend.fit->p_value : std::nullopt, 3)},
          {"relative_change", Rounded(trend.relative_change)},
          {"n", trend.n},
          {"outliers", std::move(outliers)},
          {"points", std::move(listed)},
          {"points_omitted", omitted}};
}

std::string InWords(const Trend& trend, std::string_view unit) {
  const std::string n = "n " + std::to_string(trend.n);
  if (trend.direction == "unknown") return "too few points for a trend (" + n + ")";
  std::string text = trend.direction;
  if (text != "flat") text += " " + ToText(Rounded(std::abs(trend.fit->slope), 3));
  if (text != "flat") text += (unit.empty() ? "" : " " + std::string(unit)) + " a day";
  if (!trend.fit->r_squared) return text + " (" + n + ", no variation)";
  text += " (R² " + ToText(Rounded(trend.fit->r_squared, 2)) + ", p " + ToText(Rounded(trend.fit->p_value, 3)) + ", " +
          n + ")";
  if (trend.outliers.empty()) return text;
  return text + ", " + std::to_string(trend.outliers.size()) + (trend.outliers.size() == 1 ? " outlier" : " outliers");
}

std::string_view UnitOf(std::string_view column) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kUnits = {{{"_ms", "ms"},
                                                                                    {"_seconds", "s"},
                                                                                    {"_usd", "USD"},
                                                                                    {"_mb", "MB"},
                                                                                    {"_bytes", "bytes"},
                                                                                    {"_per_sec", "per second"}}};
  for (const auto& [suffix, unit] : kUnits) {
    if (column.ends_with(suffix)) return unit;
  }
  return {};
}

}  // namespace chimera::tools
