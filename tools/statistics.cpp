#include "tools/statistics.h"

#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>

namespace chimera::tools {
namespace {

struct Moments {
  double mean_x = 0, mean_y = 0;
  double xx = 0, yy = 0, xy = 0;  ///< sums of products of deviations
};

double Mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Deviations from the mean first: sums of squares of the raw values cancel badly.
Moments MomentsOf(const std::vector<double>& x, const std::vector<double>& y) {
  Moments sums{Mean(x), Mean(y)};
  for (size_t i = 0; i < x.size(); ++i) {
    const double dx = x[i] - sums.mean_x, dy = y[i] - sums.mean_y;
    sums.xx += dx * dx;
    sums.yy += dy * dy;
    sums.xy += dx * dy;
  }
  return sums;
}

// What rounding alone leaves of the variance of equal values is not variance.
bool Varies(double sum_of_squares, double mean, size_t n) {
  const double noise = 1e-14 * std::abs(mean);
  return sum_of_squares > noise * noise * static_cast<double>(n) && sum_of_squares > 0;
}

std::vector<double> Ranks(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t first = 0; first < order.size();) {
    size_t end = first + 1;
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    for (size_t i = first; i < end; ++i) ranks[order[i]] = static_cast<double>(first + end + 1) / 2;
    first = end;
  }
  return ranks;
}

// Linear interpolation between the neighbours, as quantileExactInclusive does it.
double Quantile(const std::vector<double>& sorted, double level) {
  const double position = level * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

std::optional<double> Pearson(const std::vector<double>& x, const std::vector<double>& y) {
  if (x.size() < 2) return std::nullopt;
  const Moments sums = MomentsOf(x, y);
  if (!Varies(sums.xx, sums.mean_x, x.size()) || !Varies(sums.yy, sums.mean_y, y.size())) return std::nullopt;
  return std::clamp(sums.xy / (std::sqrt(sums.xx) * std::sqrt(sums.yy)), -1.0, 1.0);
}

std::optional<double> Spearman(const std::vector<double>& x, const std::vector<double>& y) {
  return Pearson(Ranks(x), Ranks(y));
}

std::optional<double> CorrelationPValue(double r, size_t n) {
  if (n < 3) return std::nullopt;
  const double freedom = static_cast<double>(n) - 2;
  const double unexplained = 1 - r * r;
  if (unexplained <= 0) return 0.0;
  const double t = std::abs(r) * std::sqrt(freedom / unexplained);
  return 2 * boost::math::cdf(boost::math::complement(boost::math::students_t(freedom), t));
}

std::optional<LineFit> FitLine(const std::vector<double>& x, const std::vector<double>& y) {
  if (x.size() < 2) return std::nullopt;
  const Moments sums = MomentsOf(x, y);
  if (!Varies(sums.xx, sums.mean_x, x.size())) return std::nullopt;
  LineFit fit;
  if (const auto r = Pearson(x, y)) {
    fit.slope = sums.xy / sums.xx;
    fit.r_squared = *r * *r;
    fit.p_value = CorrelationPValue(*r, x.size());
  }
  fit.intercept = sums.mean_y - fit.slope * sums.mean_x;
  return fit;
}

std::vector<size_t> TukeyOutliers(const std::vector<double>& values) {
  std::vector<size_t> outliers;
  if (values.size() < 4) return outliers;
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  const double low = Quantile(sorted, 0.25), high = Quantile(sorted, 0.75);
  const double reach = 1.5 * (high - low);
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] < low - reach || values[i] > high + reach) outliers.push_back(i);
  }
  return outliers;
}

Json Rounded(std::optional<double> value, int digits) {
  if (!value || !std::isfinite(*value)) return nullptr;
  if (*value == std::floor(*value) && std::abs(*value) < 1e15) return static_cast<int64_t>(*value);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*g", digits, *value);
  return std::strtod(text.data(), nullptr);
}

}  // namespace chimera::tools
