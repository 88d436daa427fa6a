// How two series go together: their correlation over pairs, and the shift of one against the other at which it is
// plainest. Pure functions over what ClickHouse has already aggregated.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace chimera::tools {

enum class CorrelationMethod { kPearson, kSpearman };

/// Both absent with fewer than 3 pairs, which nearly always lie on a line, or when a side does not vary.
struct Correlation {
  std::optional<double> r;
  std::optional<double> p_value;  ///< two-sided; for ranks at least 2/n!, the chance of a perfect order
};

/// Requires equal sizes.
Correlation Correlate(const std::vector<double>& x, const std::vector<double>& y, CorrelationMethod method);

/// A value in the bucket with this number (BucketNumber).
struct SeriesValue {
  int64_t bucket = 0;
  double value = 0;
};

struct BestLag {
  int lag = 0;  ///< x of a bucket goes with y of `lag` buckets later: positive when x leads
  double r = 0;
  size_t n = 0;        ///< pairs at this lag
  double p_value = 0;  ///< of this lag alone times `tried`, at most 1 (Bonferroni)
  size_t tried = 0;    ///< lags with an r
};

/// The lag of -max_lag to max_lag that chance explains least, by p-value but at least 2/n!: where n is the same, that
/// of the greatest |r|; where it is not, a far lag with few pairs does not win by accident. Of equals the one nearest
/// to 0 wins, then the positive one. A bucket that one side lacks is no pair: nothing is filled in. Both series are
/// sorted by bucket, without repetitions. Nothing when no lag has an r, or once `stopped`, which is asked before every
/// lag.
std::optional<BestLag> FindBestLag(const std::vector<SeriesValue>& x, const std::vector<SeriesValue>& y, int max_lag,
                                   CorrelationMethod method, const std::function<bool()>& stopped);

}  // namespace chimera::tools
