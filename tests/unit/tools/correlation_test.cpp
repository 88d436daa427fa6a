#include "tools/correlation.h"

#include <gtest/gtest.h>

namespace chimera::tools {
namespace {

constexpr auto kPearson = CorrelationMethod::kPearson;
constexpr auto kSpearman = CorrelationMethod::kSpearman;

bool Never() {
  return false;
}

// One value per bucket from `first` on.
std::vector<SeriesValue> Series(int64_t first, const std::vector<double>& values) {
  std::vector<SeriesValue> series;
  for (const double value : values) series.push_back({first++, value});
  return series;
}

TEST(Correlate, NeedsThreePairs) {
  EXPECT_FALSE(Correlate({1, 2}, {1, 2}, kPearson).r);
  EXPECT_FALSE(Correlate({1, 2}, {1, 2}, kPearson).p_value);
  EXPECT_EQ(Correlate({1, 2, 3}, {1, 2, 3}, kPearson).r, 1);
}

// A perfect order of three happens by chance in 2 of 6 cases, which Student's t does not know.
TEST(Correlate, DoesNotCallAFewRanksCertain) {
  EXPECT_DOUBLE_EQ(*Correlate({1, 2, 3}, {1, 8, 9}, kSpearman).p_value, 1.0 / 3);
  EXPECT_DOUBLE_EQ(*Correlate({1, 2, 3, 4}, {9, 8, 7, 1}, kSpearman).p_value, 1.0 / 12);
  EXPECT_EQ(*Correlate({1, 2, 3}, {1, 2, 3}, kPearson).p_value, 0);
}

// y follows x by two buckets. At lag 2 the pairs are (3,7) (1,3) (4,9) (1,3) (5,11) (9,19): y = 2x + 1.
TEST(FindBestLag, IsPositiveWhenXLeads) {
  const auto best =
      FindBestLag(Series(0, {3, 1, 4, 1, 5, 9, 2, 6}), Series(0, {5, 2, 7, 3, 9, 3, 11, 19}), 3, kPearson, Never);
  ASSERT_TRUE(best);
  EXPECT_EQ(best->lag, 2);
  EXPECT_NEAR(best->r, 1, 1e-12);
  EXPECT_EQ(best->n, 6);
  EXPECT_EQ(best->tried, 7);
}

TEST(FindBestLag, IsNegativeWhenYLeads) {
  const auto best =
      FindBestLag(Series(0, {5, 2, 7, 3, 9, 3, 11, 19}), Series(0, {3, 1, 4, 1, 5, 9, 2, 6}), 3, kPearson, Never);
  ASSERT_TRUE(best);
  EXPECT_EQ(best->lag, -2);
  EXPECT_EQ(best->n, 6);
}

// At lag -1 the pairs are (2,1) (3,3) (5,4): means 10/3 and 8/3, so Sxy = 13/3, Sxx = 14/3, Syy = 14/3, r = 13/14.
// At lag 0: (1,1) (2,3) (3,4) (5,0): Sxy = -3, Sxx = 8.75, Syy = 10, r = -0.32. At lag 1: (1,3) (2,4) (3,0): r = -0.72.
// p of r = 13/14 with one degree of freedom: 1 - 2/pi * atan(t), t = 13/sqrt(27); three lags were tried.
TEST(FindBestLag, ComputesRAndTheCorrectedPByHand) {
  const auto best = FindBestLag(Series(10, {1, 2, 3, 5}), Series(10, {1, 3, 4, 0}), 1, kPearson, Never);
  ASSERT_TRUE(best);
  EXPECT_EQ(best->lag, -1);
  EXPECT_NEAR(best->r, 13.0 / 14, 1e-12);
  EXPECT_EQ(best->n, 3);
  EXPECT_EQ(best->tried, 3);
  EXPECT_NEAR(best->p_value, 0.726226, 1e-6);
}

// Bucket 2 of x and bucket 4 of y are missing: they are no pairs, and what lies behind them does not move up.
TEST(FindBestLag, TakesAMissingBucketForNoPair) {
  const std::vector<SeriesValue> x = {{0, 3}, {1, 1}, {3, 1}, {4, 5}, {5, 9}, {6, 2}};
  const std::vector<SeriesValue> y = {{1, 30}, {2, 10}, {5, 50}, {6, 90}, {7, 20}};
  const auto best = FindBestLag(x, y, 2, kPearson, Never);
  ASSERT_TRUE(best);
  EXPECT_EQ(best->lag, 1);
  EXPECT_EQ(best->n, 5);
  EXPECT_NEAR(best->r, 1, 1e-12);
}

TEST(FindBestLag, PrefersTheNearestOfEquals) {
  const auto wave = Series(0, {1, -1, 1, -1, 1, -1, 1, -1, 1, -1});
  EXPECT_EQ(FindBestLag(wave, wave, 4, kPearson, Never)->lag, 0);
  // r is 1 one bucket later and -1 one bucket earlier, of seven pairs each: the positive lag wins.
  const auto sine = Series(0, {0, 1, 0, -1, 0, 1, 0, -1}), cosine = Series(0, {1, 0, -1, 0, 1, 0, -1, 0});
  EXPECT_EQ(FindBestLag(cosine, sine, 1, kPearson, Never)->lag, 1);
  EXPECT_EQ(FindBestLag(sine, cosine, 1, kPearson, Never)->lag, 1);
}

// Far out, three pairs lie closer to a line (r 0.99999) than the nine at lag 0 (r 0.998) do.
TEST(FindBestLag, LetsFewFarPairsNotWinOverManyNearOnes) {
  const auto x = Series(0, {1, 2, 3, 4, 5, 6, 7, 8, 9}), y = Series(0, {1.1, 1.9, 3.2, 3.9, 5.1, 5.9, 7.2, 8.1, 9.01});
  EXPECT_EQ(FindBestLag(x, y, 6, kPearson, Never)->lag, 0);
  EXPECT_EQ(FindBestLag(x, y, 6, kSpearman, Never)->lag, 0);
}

TEST(FindBestLag, IsAbsentWithoutThreePairsOrVariation) {
  EXPECT_FALSE(FindBestLag(Series(0, {1, 2}), Series(0, {1, 2}), 1, kPearson, Never));
  EXPECT_FALSE(FindBestLag(Series(0, {1, 1, 1, 1}), Series(0, {1, 2, 3, 4}), 1, kPearson, Never));
  EXPECT_FALSE(FindBestLag({}, {}, 5, kPearson, Never));
  EXPECT_FALSE(FindBestLag(Series(0, {1, 2, 4}), Series(100, {1, 2, 4}), 5, kPearson, Never));
}

TEST(FindBestLag, CountsOnlyLagsThatHaveAnR) {
  EXPECT_EQ(FindBestLag(Series(0, {1, 2, 4, 3}), Series(0, {1, 2, 4, 3}), 100, kPearson, Never)->tried, 3);
  const auto best = FindBestLag(Series(0, {1, 5, 2, 4}), Series(0, {2, 1, 4, 3}), 0, kPearson, Never);
  EXPECT_EQ(best->lag, 0);
  EXPECT_EQ(best->tried, 1);
}

TEST(FindBestLag, StopsWhenTold) {
  int asked = 0;
  const auto x = Series(0, {1, 2, 4, 3});
  EXPECT_FALSE(FindBestLag(x, x, 100, kPearson, [&] { return ++asked == 3; }));
  EXPECT_EQ(asked, 3);
}

}  // namespace
}  // namespace chimera::tools
