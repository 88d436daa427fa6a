// The statistics behind the analysis tools, over points that ClickHouse has already aggregated: correlation, a fitted
// line, p-values by Student's t, outliers. Pure functions; linear or n log n.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/json.h"

namespace chimera::tools {

/// Pearson's r; nothing with fewer than 2 points or when a side does not vary. Requires equal sizes.
std::optional<double> Pearson(const std::vector<double>& x, const std::vector<double>& y);
/// Spearman's rho: Pearson's r of the ranks, ties sharing their mean rank.
std::optional<double> Spearman(const std::vector<double>& x, const std::vector<double>& y);
/// Two-sided p-value of a correlation of `n` points, by Student's t with n - 2 degrees of freedom; nothing with fewer
/// than 3 points.
std::optional<double> CorrelationPValue(double r, size_t n);

/// A least-squares line y = intercept + slope * x.
struct LineFit {
  double slope = 0;
  double intercept = 0;
  std::optional<double> r_squared;  ///< absent when y does not vary
  std::optional<double> p_value;    ///< that the slope is 0; absent with fewer than 3 points or when y does not vary

  double At(double x) const { return intercept + slope * x; }
};

/// Nothing with fewer than 2 points or when x does not vary. Requires equal sizes.
std::optional<LineFit> FitLine(const std::vector<double>& x, const std::vector<double>& y);

/// Indices of the values beyond 1.5 interquartile ranges of the quartiles (Tukey), in order; none with fewer than 4.
std::vector<size_t> TukeyOutliers(const std::vector<double>& values);

/// `value` rounded to `digits` significant digits, whole numbers unchanged; null when it is absent or not finite.
Json Rounded(std::optional<double> value, int digits = 6);

}  // namespace chimera::tools
