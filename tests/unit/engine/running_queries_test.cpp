#include "engine/running_queries.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace chimera::engine {
namespace {

using namespace std::chrono_literals;

bool Never() {
  return false;
}

bool Within(std::chrono::milliseconds patience, const std::function<bool()>& true_at_last) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!true_at_last()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

TEST(RunningQueries, RefusesAnIdThatIsTakenUntilItIsFree) {
  RunningQueries running([](const std::string&) {});
  {
    const auto first = running.Enter({"q", "me", "SELECT 1", true, Never});
    ASSERT_TRUE(first.ok());
    EXPECT_EQ(running.Enter({"q", "me", "SELECT 2", true, Never}).error().database_code, 216);
    EXPECT_TRUE(running.Enter({"other", "me", "SELECT 2", true, Never}).ok());
    ASSERT_TRUE(running.Find("q"));
    EXPECT_EQ(running.Find("q")->text, "SELECT 1");
    EXPECT_EQ(running.Find("q")->user, "me");
  }
  EXPECT_FALSE(running.Find("q"));
  EXPECT_TRUE(running.Enter({"q", "me", "SELECT 1", true, Never}).ok());
}

TEST(RunningQueries, KillsAReaderWhoseClientLeft) {
  std::atomic<int> reader = 0, writer = 0;
  RunningQueries running([&](const std::string& id) { ++(id == "reader" ? reader : writer); });
  std::atomic<bool> left = false;
  const auto reads = running.Enter({"reader", "me", "", true, [&] { return left.load(); }});
  const auto writes = running.Enter({"writer", "me", "", false, [&] { return left.load(); }});
  std::this_thread::sleep_for(150ms);
  EXPECT_EQ(reader, 0);
  left = true;
  EXPECT_TRUE(Within(2s, [&] { return reader > 0; }));
  EXPECT_EQ(writer, 0);
}

TEST(RunningQueries, KillsUntilTheQueryIsGone) {
  std::atomic<int> kills = 0;
  RunningQueries running([&](const std::string&) { ++kills; });
  const auto ticket = running.Enter({"q", "me", "", false, Never});
  running.Kill("nobody");
  EXPECT_EQ(kills, 0);
  running.Kill("q");
  EXPECT_EQ(kills, 1);
  EXPECT_TRUE(Within(2s, [&] { return kills > 2; }));
}

TEST(RunningQueries, WakesUpForAQueryAfterALongRest) {
  std::atomic<int> kills = 0;
  RunningQueries running([&](const std::string&) { ++kills; });
  std::this_thread::sleep_for(1300ms);
  const auto ticket = running.Enter({"q", "me", "", true, [] { return true; }});
  EXPECT_TRUE(Within(2s, [&] { return kills > 0; }));
}

}  // namespace
}  // namespace chimera::engine
