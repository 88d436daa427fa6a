#include "tools/correlation.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "tools/statistics.h"

namespace chimera::tools {
namespace {

struct Pairs {
  std::vector<double> x;
  std::vector<double> y;
};

Pairs PairsAt(const std::vector<SeriesValue>& x, const std::vector<SeriesValue>& y, int lag) {
  Pairs pairs;
  auto later = y.begin();
  for (const auto& [bucket, value] : x) {
    while (later != y.end() && later->bucket < bucket + lag) ++later;
    if (later == y.end()) break;
    if (later->bucket != bucket + lag) continue;
    pairs.x.push_back(value);
    pairs.y.push_back(later->value);
  }
  return pairs;
}

// The chance that n pairs stand in perfect order, rising or falling.
double ChanceOfOrder(size_t n) {
  return 2 / std::tgamma(static_cast<double>(n) + 1);
}

// Three numbers lie on a line by accident more often than Student's t expects of them. And p-values of many pairs run
// below what a double can hold; then the greater |r| is the less likely one.
bool LessLikely(const BestLag& a, const BestLag& b) {
  const auto rank = [](const BestLag& lag) {
    return std::tuple(std::max(lag.p_value, ChanceOfOrder(lag.n)), -std::abs(lag.r));
  };
  return rank(a) < rank(b);
}

// Otherwise the last bit would decide which of two equal correlations is the better one, or is perfect.
double WithoutNoise(double r) {
  constexpr double kDigits = 1e12;
  return std::round(r * kDigits) / kDigits;
}

}  // namespace

Correlation Correlate(const std::vector<double>& x, const std::vector<double>& y, CorrelationMethod method) {
  if (x.size() < 3) return {};
  const bool by_rank = method == CorrelationMethod::kSpearman;
  Correlation found{by_rank ? Spearman(x, y) : Pearson(x, y), {}};
  if (!found.r) return {};
  found.r = WithoutNoise(*found.r);
  found.p_value = CorrelationPValue(*found.r, x.size());
  if (by_rank) found.p_value = std::max(*found.p_value, ChanceOfOrder(x.size()));
  return found;
}

std::optional<BestLag> FindBestLag(const std::vector<SeriesValue>& x, const std::vector<SeriesValue>& y, int max_lag,
                                   CorrelationMethod method, const std::function<bool()>& stopped) {
  std::optional<BestLag> best;
  size_t tried = 0;
  for (int step = 0; step <= 2 * max_lag; ++step) {  // 0, 1, -1, 2, -2, …: of equals the first stays
    if (stopped()) return std::nullopt;
    const int lag = step % 2 ? (step + 1) / 2 : -step / 2;
    const Pairs pairs = PairsAt(x, y, lag);
    const Correlation found = Correlate(pairs.x, pairs.y, method);
    if (!found.r) continue;
    ++tried;
    const BestLag candidate{lag, *found.r, pairs.x.size(), *found.p_value};
    if (!best || LessLikely(candidate, *best)) best = candidate;
  }
  if (!best) return std::nullopt;
  best->tried = tried;
  best->p_value = std::min(1.0, best->p_value * static_cast<double>(tried));
  return best;
}

}  // namespace chimera::tools
