#include "clickhouse/retry.h"

#include <gtest/gtest.h>

namespace chimera::clickhouse {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesUpToTheLongestAndWaitsARandomPart) {
  double part = 1;
  Backoff backoff(7, Pace{}, [&part] { return part; });
  EXPECT_EQ(backoff.Attempts(), 1);
  EXPECT_EQ(backoff.Next(), 50ms);
  EXPECT_EQ(backoff.Next(), 100ms);
  part = 0.5;
  EXPECT_EQ(backoff.Next(), 100ms);
  part = 0;
  EXPECT_EQ(backoff.Next(), 0ms);
  part = 1;
  EXPECT_EQ(backoff.Next(), 800ms);
  EXPECT_EQ(backoff.Next(), 1000ms);
  EXPECT_EQ(backoff.Next(), 1000ms);
  EXPECT_EQ(backoff.Attempts(), 8);
  EXPECT_EQ(backoff.Next(), std::nullopt);
  EXPECT_EQ(backoff.Attempts(), 8);
}

TEST(Backoff, ManyRetriesDoNotOverflow) {
  Backoff backoff(200, Pace{}, [] { return 1.0; });
  for (int i = 0; i < 199; ++i) EXPECT_LE(*backoff.Next(), 1000ms);
}

TEST(Setback, OfExceptions) {
  EXPECT_EQ(SetbackOf(202, "Too many simultaneous queries"), Setback::kRefused);
  EXPECT_EQ(SetbackOf(999, "Connection loss"), Setback::kPassing);
  EXPECT_EQ(SetbackOf(252, "Too many parts (300). Merges are processing significantly slower"), Setback::kPassing);
  EXPECT_EQ(SetbackOf(252, "Too many partitions for single INSERT block (more than 100)"), Setback::kFinal);
  for (int exception : {60, 62, 159, 164, 241, 394, 497, 516}) EXPECT_EQ(SetbackOf(exception, ""), Setback::kFinal);
}

TEST(MayRepeat, IsAsTheTableSays) {
  using enum Setback;
  for (auto setback : {kUnsent, kRefused, kPassing, kBroken}) {
    EXPECT_EQ(MayRepeat(Kind::kRead, setback), Repeat::kAnywhere);
    EXPECT_EQ(MayRepeat(Kind::kExecute, setback), setback == kUnsent ? Repeat::kAnywhere : Repeat::kNo);
    bool begun = setback == kPassing || setback == kBroken;
    EXPECT_EQ(MayRepeat(Kind::kWrite, setback), begun ? Repeat::kIfDeduplicated : Repeat::kAnywhere);
  }
  for (auto kind : {Kind::kRead, Kind::kWrite, Kind::kExecute}) EXPECT_EQ(MayRepeat(kind, kFinal), Repeat::kNo);
}

}  // namespace
}  // namespace chimera::clickhouse
