#include "tools/statistics.h"

#include <gtest/gtest.h>

namespace chimera::tools {
namespace {

TEST(Pearson, MatchesAnscombesFirstQuartet) {
  const std::vector<double> x = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};
  const std::vector<double> y = {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};
  const auto r = Pearson(x, y);
  ASSERT_TRUE(r);
  EXPECT_NEAR(*r, 0.81642, 1e-5);
  EXPECT_NEAR(*CorrelationPValue(*r, x.size()), 0.00217, 1e-5);
}

TEST(Pearson, IsAbsentWithoutVariation) {
  EXPECT_FALSE(Pearson({1, 2, 3}, {0.1, 0.1, 0.1}));
  EXPECT_FALSE(Pearson({1}, {2}));
  EXPECT_FALSE(Pearson({}, {}));
}

TEST(Pearson, SurvivesLargeOffsets) {
  const auto r = Pearson({1e9 + 1, 1e9 + 2, 1e9 + 3}, {1, 2, 3});
  ASSERT_TRUE(r);
  EXPECT_NEAR(*r, 1, 1e-9);
}

TEST(Spearman, IsOneForAnyRisingCurve) {
  EXPECT_NEAR(*Spearman({1, 2, 3, 4}, {1, 10, 100, 1e9}), 1, 1e-12);
}

TEST(Spearman, SharesTheRanksOfTies) {
  EXPECT_NEAR(*Spearman({1, 2, 2, 4}, {1, 2, 3, 4}), 0.948683, 1e-6);
}

TEST(CorrelationPValue, NeedsThreePoints) {
  EXPECT_FALSE(CorrelationPValue(0.9, 2));
  EXPECT_DOUBLE_EQ(*CorrelationPValue(1, 3), 0);
  EXPECT_DOUBLE_EQ(*CorrelationPValue(0, 10), 1);
}

TEST(FitLine, FindsSlopeAndIntercept) {
  const auto fit = FitLine({0, 1, 2, 3}, {1, 3, 5, 7});
  ASSERT_TRUE(fit);
  EXPECT_DOUBLE_EQ(fit->slope, 2);
  EXPECT_DOUBLE_EQ(fit->intercept, 1);
  EXPECT_DOUBLE_EQ(*fit->r_squared, 1);
}

TEST(FitLine, IsLevelForEqualValues) {
  const auto fit = FitLine({0, 1, 2}, {4, 4, 4});
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->slope, 0);
  EXPECT_FALSE(fit->r_squared);
  EXPECT_FALSE(fit->p_value);
}

TEST(FitLine, IsAbsentWhenXDoesNotVary) {
  EXPECT_FALSE(FitLine({1, 1, 1}, {1, 2, 3}));
}

TEST(TukeyOutliers, FindsTheFarOnes) {
  EXPECT_EQ(TukeyOutliers({1, 2, 3, 2, 100, 2, -50}), (std::vector<size_t>{4, 6}));
  EXPECT_TRUE(TukeyOutliers({1, 2, 100}).empty());
}

TEST(Rounded, KeepsSignificantDigitsAndWholeNumbers) {
  EXPECT_EQ(ToText(Rounded(3.14159265)), "3.14159");
  EXPECT_EQ(ToText(Rounded(0.000123456789, 3)), "0.000123");
  EXPECT_EQ(ToText(Rounded(1234567.0)), "1234567");
  EXPECT_EQ(ToText(Rounded(std::nullopt)), "null");
  EXPECT_EQ(ToText(Rounded(0.0 / 0.0)), "null");
}

}  // namespace
}  // namespace chimera::tools
