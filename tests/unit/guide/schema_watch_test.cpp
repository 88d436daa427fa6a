#include "guide/schema_watch.h"

#include <atomic>
#include <future>

#include "guide_fixture.h"

namespace chimera::guide {
namespace {

using namespace std::chrono_literals;

class SchemaWatchTest : public GuideFixture {
 protected:
  SchemaWatchTest() {
    client_.OnRead([this](const clickhouse::Query&) -> Result<clickhouse::Rows> {
      const std::lock_guard lock(mutex_);
      ++looks_;
      looked_.notify_all();
      if (!failing_) return testing::MakeRows({}, tables_);
      return MakeError(ErrorCode::kUnavailable, "nobody there");
    });
  }

  mcp::Announcer::Handle Listen(std::set<std::string> uris) {
    return announcer_.Listen({.uris = std::move(uris)}, [this](const std::string& method, const Json& params) {
      const std::lock_guard lock(mutex_);
      heard_.push_back(method + " " + params.value("uri", ""));
      looked_.notify_all();
    });
  }
  void Set(const char* tables, bool failing = false) {
    const std::lock_guard lock(mutex_);
    tables_ = Json::parse(tables);
    failing_ = failing;
  }
  /// Waits for `count` further looks to begin, so that count - 1 have ended.
  void AwaitLooks(int count) {
    std::unique_lock lock(mutex_);
    const int enough = looks_ + count;
    EXPECT_TRUE(looked_.wait_for(lock, 10s, [&] { return looks_ >= enough; }));
  }
  std::vector<std::string> AwaitHeard(size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(looked_.wait_for(lock, 10s, [&] { return heard_.size() >= count; }));
    return heard_;
  }

  mcp::Announcer announcer_;
  std::mutex mutex_;
  std::condition_variable looked_;
  Json tables_ = Json::parse(R"([["kitchen", "cups", "A1"]])");
  bool failing_ = false;
  int looks_ = 0;
  std::vector<std::string> heard_;
};

constexpr WatchOptions kFast{.every = 1ms, .look = 1s};
const std::string kCups = "notifications/resources/updated clickhouse://kitchen/cups";

TEST_F(SchemaWatchTest, NobodyIsAskedWhileNobodyListens) {
  const SchemaWatch watch(announcer_, client_, datasets_, kFast);
  std::this_thread::sleep_for(30ms);
  EXPECT_EQ(client_.Queries().size(), 0u);
  {
    const auto listening = Listen({"clickhouse://kitchen/cups"});
    AwaitLooks(2);
  }
  std::this_thread::sleep_for(30ms);
  const size_t after = client_.Queries().size();
  std::this_thread::sleep_for(30ms);
  EXPECT_EQ(client_.Queries().size(), after);
}

TEST_F(SchemaWatchTest, TellsOfEveryChangeOnce) {
  const SchemaWatch watch(announcer_, client_, datasets_, kFast);
  const auto listening = Listen({"clickhouse://kitchen/cups"});
  AwaitLooks(3);
  EXPECT_TRUE(AwaitHeard(0).empty());
  Set(R"([["kitchen", "cups", "B2"]])");
  EXPECT_EQ(AwaitHeard(1), std::vector<std::string>{kCups});
  AwaitLooks(3);
  Set("[]");  // dropped
  EXPECT_EQ(AwaitHeard(2).size(), 2u);
  Set(R"([["kitchen", "cups", "B2"]])");  // and there again
  EXPECT_EQ(AwaitHeard(3).size(), 3u);
  AwaitLooks(3);
  EXPECT_EQ(AwaitHeard(3).size(), 3u);
}

TEST_F(SchemaWatchTest, ADatasetChangesWithAnyOfItsTables) {
  const SchemaWatch watch(announcer_, client_, datasets_, kFast);
  const auto listening = Listen({"chimera://datasets/kitchen", "clickhouse://kitchen/cups"});
  AwaitLooks(2);
  Set(R"([["kitchen", "cups", "A1"], ["kitchen", "plates", "C3"]])");
  EXPECT_EQ(AwaitHeard(1), std::vector<std::string>{"notifications/resources/updated chimera://datasets/kitchen"});
}

TEST_F(SchemaWatchTest, ALossOfTheDatabaseIsNoChange) {
  const SchemaWatch watch(announcer_, client_, datasets_, kFast);
  const auto listening = Listen({"clickhouse://kitchen/cups"});
  AwaitLooks(2);
  Set("[]", true);
  AwaitLooks(3);
  EXPECT_TRUE(AwaitHeard(0).empty());
  Set(R"([["kitchen", "cups", "B2"]])");
  EXPECT_EQ(AwaitHeard(1), std::vector<std::string>{kCups});
}

TEST_F(SchemaWatchTest, ANewSubscriptionIsLookedAtAtOnce) {
  const SchemaWatch watch(announcer_, client_, datasets_, {.every = 1h, .look = 1s});
  const auto looks_at = [this](const std::string& table) {
    const auto queries = client_.Queries();
    return !queries.empty() && queries.back().parameters.back().value == table;
  };
  const auto first = Listen({"clickhouse://kitchen/cups"});
  for (int i = 0; i < 1000 && !looks_at("cups"); ++i) std::this_thread::sleep_for(10ms);
  EXPECT_TRUE(looks_at("cups"));
  announcer_.Change(first, {.uris = {"clickhouse://kitchen/cups", "clickhouse://kitchen/plates"}});
  for (int i = 0; i < 1000 && !looks_at("plates"); ++i) std::this_thread::sleep_for(10ms);
  EXPECT_TRUE(looks_at("plates"));
}

TEST_F(SchemaWatchTest, NamesAreBound) {
  const SchemaWatch watch(announcer_, client_, datasets_, {.every = 1h, .look = 1s});
  const auto listening = Listen({"clickhouse://kitchen/x%27%20UNION"});
  for (int i = 0; i < 1000 && client_.Queries().empty(); ++i) std::this_thread::sleep_for(10ms);
  ASSERT_FALSE(client_.Queries().empty());
  EXPECT_FALSE(Contains(client_.Queries()[0].sql, "UNION"));
}

}  // namespace
}  // namespace chimera::guide
