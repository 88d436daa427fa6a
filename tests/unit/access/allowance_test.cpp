#include "access/allowance.h"

#include <gtest/gtest.h>

#include <optional>

namespace chimera::access {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class AllowanceTest : public ::testing::Test {
 protected:
  Allowance Make(Limits limits) {
    return Allowance(std::move(limits), [this] { return now_; });
  }
  static std::optional<Error> Refusal(Allowance& allowance, const std::string& principal,
                                      std::string_view tool = "query") {
    auto pass = allowance.Enter(principal, tool);
    return pass.ok() ? std::nullopt : std::optional(pass.error());
  }

  Clock::time_point now_{};
};

TEST_F(AllowanceTest, LetsSoManyCallsInAMinuteAndSaysWhenTheNextMayCome) {
  Allowance allowance = Make({.calls_per_minute = 30});
  for (int i = 0; i < 30; ++i) EXPECT_FALSE(Refusal(allowance, "ana")) << i;
  const auto refusal = Refusal(allowance, "ana");
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, ErrorCode::kRateLimited);
  EXPECT_EQ(refusal->retry_after, seconds(2));
  EXPECT_NE(refusal->message.find("`ana` may make 30 calls a minute"), std::string::npos) << refusal->message;
  EXPECT_NE(refusal->hint.find("CHIMERA_CALLS_PER_MINUTE"), std::string::npos);
  now_ += milliseconds(1990);
  EXPECT_TRUE(Refusal(allowance, "ana")) << "a refused call costs nothing, and too early is too early";
  now_ += milliseconds(10);
  EXPECT_FALSE(Refusal(allowance, "ana"));
  EXPECT_TRUE(Refusal(allowance, "ana"));
}

TEST_F(AllowanceTest, KeepsCallersApart) {
  Allowance allowance = Make({.calls_per_minute = 1});
  EXPECT_FALSE(Refusal(allowance, "ana"));
  EXPECT_TRUE(Refusal(allowance, "ana"));
  EXPECT_FALSE(Refusal(allowance, "bo"));
  EXPECT_FALSE(Refusal(allowance, ""));
  EXPECT_NE(Refusal(allowance, "")->message.find("the callers of this server together"), std::string::npos);
}

TEST_F(AllowanceTest, EachToolThatAGlobFitsHasALimitOfItsOwn) {
  Allowance allowance = Make({.tools = {{"insert.runs", 2}, {"insert.*", 1}}});
  EXPECT_FALSE(Refusal(allowance, "ana", "insert_runs"));
  EXPECT_FALSE(Refusal(allowance, "ana", "insert_runs"));
  const auto refusal = Refusal(allowance, "ana", "insert_runs");
  ASSERT_TRUE(refusal);
  EXPECT_NE(refusal->message.find("2 calls of insert_runs a minute"), std::string::npos) << refusal->message;
  EXPECT_FALSE(Refusal(allowance, "ana", "insert.events"));
  EXPECT_TRUE(Refusal(allowance, "ana", "insert.events"));
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Refusal(allowance, "ana", "query"));
}

TEST_F(AllowanceTest, CountsCallsAtWorkUntilTheyEnd) {
  Allowance allowance = Make({.calls_at_once = 2});
  auto first = allowance.Enter("ana", "query");
  {
    const auto second = allowance.Enter("ana", "query");
    ASSERT_TRUE(first.ok() && second.ok());
    const auto refusal = Refusal(allowance, "ana");
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code, ErrorCode::kRateLimited);
    EXPECT_EQ(refusal->retry_after, seconds(1));
    EXPECT_FALSE(Refusal(allowance, "bo"));
  }
  EXPECT_FALSE(Refusal(allowance, "ana"));
}

TEST_F(AllowanceTest, ChargesRowsAfterwardsAndRefusesUntilTheyAreBack) {
  Allowance allowance = Make({.rows_per_hour = 3600});
  allowance.Enter("ana", "query")->Charge(3000);
  allowance.Enter("ana", "query")->Charge(1200);  // a rest was left, so this one was let in
  const auto refusal = Refusal(allowance, "ana");
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, ErrorCode::kQuotaExceeded);
  EXPECT_EQ(refusal->retry_after, seconds(601));
  EXPECT_FALSE(Refusal(allowance, "bo"));
  now_ += seconds(600);
  EXPECT_TRUE(Refusal(allowance, "ana"));
  now_ += seconds(1);
  EXPECT_FALSE(Refusal(allowance, "ana"));
}

TEST_F(AllowanceTest, NobodyWaitsForLongerThanAnHour) {
  Allowance allowance = Make({.rows_per_hour = 1000});
  allowance.Enter("ana", "query")->Charge(1'000'000'000);
  EXPECT_LE(*Refusal(allowance, "ana")->retry_after, seconds(3604));
  now_ += seconds(3604);
  EXPECT_FALSE(Refusal(allowance, "ana"));
}

TEST_F(AllowanceTest, RemembersABoundedNumberOfCallersButAllThatAreAtWork) {
  Allowance allowance = Make({.calls_per_minute = 1, .principals = 3});
  const auto at_work = allowance.Enter("ana", "query");
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Refusal(allowance, "p" + std::to_string(i)));
  EXPECT_EQ(allowance.Principals(), 3u);
  EXPECT_TRUE(Refusal(allowance, "ana"));
  EXPECT_TRUE(Refusal(allowance, "p99"));
  EXPECT_FALSE(Refusal(allowance, "p0"));
}

}  // namespace
}  // namespace chimera::access
