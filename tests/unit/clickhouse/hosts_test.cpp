#include "clickhouse/hosts.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace chimera::clickhouse {
namespace {

using namespace std::chrono_literals;

class HostsTest : public ::testing::Test {
 protected:
  Hosts::Choice Choose(Deadline deadline = {}, const Hosts::Wish& wish = {}) {
    return hosts_.Choose(now_, deadline, wish);
  }
  void Fail(size_t host, int times = 1, bool probe = false) {
    for (int i = 0; i < times; ++i) hosts_.Failed(host, probe, now_, {"refused", "look there"});
  }

  Hosts hosts_{{.names = {"a:1", "b:2"}, .random = [] { return 1.0; }}};
  Hosts::TimePoint now_ = Deadline::Clock::now();
};

TEST_F(HostsTest, ThePreferredIsUsedWhileItsFailuresAreFew) {
  Fail(0, 2);
  EXPECT_EQ(Choose().host, 0u);
  EXPECT_FALSE(Choose().alone);
  hosts_.Succeeded(0);
  Fail(0, 2);
  EXPECT_EQ(Choose().host, 0u);
  EXPECT_EQ(hosts_.State()[0].failures, 2u);
  EXPECT_TRUE(hosts_.State()[0].in_use);
}

TEST_F(HostsTest, ThreeFailuresInARowOpenTheCircuit) {
  Fail(0, 3);
  EXPECT_EQ(Choose().host, 1u);
  EXPECT_TRUE(Choose().alone);
  EXPECT_FALSE(hosts_.State()[0].in_use);
}

TEST_F(HostsTest, OneCallerAtATimeTriesAfterACoolDownThatGrows) {
  Fail(0, 3);
  for (auto cooldown : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    now_ += cooldown - 1ms;
    EXPECT_EQ(Choose().host, 1u);
    now_ += 1ms;
    auto probe = Choose();
    EXPECT_EQ(probe.host, 0u);
    EXPECT_TRUE(probe.probe);
    EXPECT_EQ(Choose().host, 1u);  // another caller meanwhile
    Fail(0, 1, true);
  }
}

TEST_F(HostsTest, ASuccessClosesTheCircuitAndForgetsTheCoolDown) {
  Fail(0, 3);
  now_ += 100ms;
  ASSERT_TRUE(Choose().probe);
  hosts_.Succeeded(0);
  EXPECT_EQ(Choose().host, 0u);
  EXPECT_FALSE(Choose().probe);
  Fail(0, 3);
  now_ += 100ms;
  EXPECT_TRUE(Choose().probe);
}

TEST_F(HostsTest, AProbeThatShowedNothingIsRepeatedAtOnce) {
  Fail(0, 3);
  now_ += 100ms;
  ASSERT_TRUE(Choose().probe);
  hosts_.Released(0);
  EXPECT_TRUE(Choose().probe);
}

TEST_F(HostsTest, OthersFollowAProbeWhoseConnectionHolds) {
  Fail(0, 3);
  now_ += 100ms;
  ASSERT_TRUE(Choose().probe);
  hosts_.Reached(0, now_);
  now_ += 199ms;
  EXPECT_EQ(Choose().host, 1u);
  now_ += 1ms;
  EXPECT_EQ(Choose().host, 0u);
  EXPECT_FALSE(Choose().probe);
  Fail(0, 1, true);
  EXPECT_EQ(Choose().host, 1u);
}

TEST_F(HostsTest, ItIsHopelessOnceEveryHostFailedAgainOrHangs) {
  Fail(0, 3);
  Fail(1, 3);
  const auto arrived = now_ + 1ms;
  EXPECT_FALSE(hosts_.IsHopeless(arrived, now_, {}));
  now_ += 100ms;
  ASSERT_EQ(Choose().host, 0u);
  Fail(0, 1, true);
  EXPECT_FALSE(hosts_.IsHopeless(arrived, now_, {}));
  EXPECT_TRUE(hosts_.IsHopeless(arrived, now_, {.only = 0}));
  ASSERT_EQ(Choose().host, 1u);
  EXPECT_FALSE(hosts_.IsHopeless(arrived, now_, {}));
  now_ += 1s;
  EXPECT_TRUE(hosts_.IsHopeless(arrived, now_, {}));
  hosts_.Reached(1, now_);
  EXPECT_FALSE(hosts_.IsHopeless(arrived, now_, {}));
}

TEST_F(HostsTest, FailuresOfEarlierCallsDoNotLengthenTheCoolDown) {
  Fail(0, 20);
  now_ += 100ms;
  EXPECT_TRUE(Choose().probe);
}

TEST_F(HostsTest, WithEveryCircuitOpenItSaysWhenToLookAgain) {
  Fail(0, 3);
  now_ += 50ms;
  Fail(1, 3);
  auto none = Choose();
  EXPECT_FALSE(none.host);
  EXPECT_EQ(none.look_again, now_ + 50ms);
  EXPECT_FALSE(hosts_.AnyWorks({}));
}

TEST_F(HostsTest, ACallThatCannotWaitTriesAtOnce) {
  Fail(0, 3);
  Fail(1, 3);
  EXPECT_FALSE(Choose(Deadline(now_ + 200ms)).host);
  auto probe = Choose(Deadline(now_ + 199ms));
  EXPECT_EQ(probe.host, 0u);
  EXPECT_TRUE(probe.probe);
}

TEST_F(HostsTest, WishesAreKept) {
  EXPECT_EQ(Choose({}, {.only = 1}).host, 1u);
  EXPECT_EQ(Choose({}, {.avoid = {true, false}}).host, 1u);
  EXPECT_EQ(Choose({}, {.avoid = {true, true}}).host, 0u);
  Fail(1, 3);
  EXPECT_EQ(Choose({}, {.avoid = {true, false}}).host, 0u);
  EXPECT_FALSE(Choose({}, {.only = 1}).host);
  EXPECT_FALSE(hosts_.AnyWorks({.avoid = {true, false}}));
}

TEST_F(HostsTest, TheErrorSaysWhatHappenedWithoutWordsOfOurs) {
  Fail(0, 4);
  Fail(1, 3);
  Error error = hosts_.Unavailable({});
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_TRUE(error.unsent);
  for (const char* part : {"a:1: refused, 4 times in a row since 20", "; b:2: refused, 3 times in a row since 20"}) {
    EXPECT_NE(error.message.find(part), std::string::npos) << part << " in " << error.message;
  }
  EXPECT_EQ(error.message.find("circuit"), std::string::npos) << error.message;
  EXPECT_EQ(error.hint, "look there");
}

TEST_F(HostsTest, WaitersWakeWhenTheCircuitCloses) {
  Fail(0, 3);
  Fail(1, 3);
  now_ += 100ms;
  ASSERT_TRUE(Choose().probe);
  ASSERT_TRUE(Choose().probe);
  auto none = Choose();
  ASSERT_FALSE(none.host);
  auto waiting = std::async(std::launch::async, [&] { hosts_.Wait({}, none, Deadline::Clock::now() + 1h); });
  EXPECT_EQ(waiting.wait_for(20ms), std::future_status::timeout);
  hosts_.Succeeded(0);
  waiting.get();
  EXPECT_EQ(Choose().host, 0u);
}

TEST_F(HostsTest, WaitersWakeWhenTheyAreCancelled) {
  Fail(0, 3);
  Fail(1, 3);
  std::stop_source source;
  RequestContext context;
  context.stop = source.get_token();
  auto none = Choose();
  none.look_again = Deadline::Clock::now() + 1h;
  auto waiting = std::async(std::launch::async, [&] { hosts_.Wait(context, none, Deadline::Clock::now() + 1h); });
  source.request_stop();
  waiting.get();
}

TEST(Hosts, WithoutACircuitAHostIsAlwaysTried) {
  Hosts hosts({.names = {"/socket"}, .failures_to_open = 0, .random = [] { return 1.0; }});
  for (int i = 0; i < 9; ++i) hosts.Failed(0, false, Deadline::Clock::now(), {"gone", ""});
  EXPECT_EQ(hosts.Choose(Deadline::Clock::now(), {}, {}).host, 0u);
}

}  // namespace
}  // namespace chimera::clickhouse
