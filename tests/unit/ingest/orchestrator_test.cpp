// When what waits is flushed, by whom, and what a caller of Flush hears; over a file and a scripted database.
#include "ingest/orchestrator.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/text.h"
#include "ingest/sqlite_store.h"
#include "support/fake_client.h"

namespace chimera::ingest {
namespace {

using namespace std::chrono_literals;
using testing::FakeClient;

class OrchestratorTest : public ::testing::Test {
 protected:
  OrchestratorTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "chimera-orchestrator-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    store_ = Open();
    client_.OnRead([](const clickhouse::Query& query) -> Result<clickhouse::Rows> {
      if (query.sql.find("system.columns") != std::string::npos) {
        return testing::MakeRows({{"name", "String"}, {"type", "String"}}, Json::parse(R"([["n", "UInt64"]])"));
      }
      return testing::MakeRows({{"count()", "UInt64"}}, Json::parse(R"([["2"]])"));
    });
    client_.OnWrite([this](const clickhouse::Insert& insert) -> Result<clickhouse::Written> {
      if (down_) return MakeError(ErrorCode::kUnavailable, "nobody answers");
      if (insert.table == "slow") std::this_thread::sleep_for(50ms);
      return clickhouse::Written{};
    });
  }
  ~OrchestratorTest() override { std::filesystem::remove_all(folder_); }

  static RequestContext Within(std::chrono::milliseconds time) { return RequestContext::For("test", time, {}); }
  std::unique_ptr<Store> Open() const { return *OpenSqliteStore(Within(5s), {.path = folder_ + "/writes.sqlite"}); }

  Write One(const std::string& table = "events") const {
    const std::string name = Sha256Hex(RandomHex(8));
    return {{"sample", "db", table}, name, name, {{std::nullopt, 1, "{\"n\":1}\n"}}};
  }

  /// Rows that arrived in `table`.
  uint64_t Stored(const std::string& table = "events") const {
    uint64_t rows = 0;
    for (const auto& insert : client_.Inserts()) {
      if (insert.table == table)
        rows += static_cast<uint64_t>(std::count(insert.body.begin(), insert.body.end(), '\n'));
    }
    return rows;
  }
  template <typename Condition>
  static bool Soon(Condition condition) {
    for (int i = 0; i < 500; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  std::string folder_;
  std::unique_ptr<Store> store_;
  FakeClient client_;
  std::atomic<bool> down_ = false;
};

TEST_F(OrchestratorTest, FlushesWhatIsOldEnough) {
  Orchestrator writes(*store_, client_, {.max_wait = 30ms});
  writes.Start();
  ASSERT_TRUE(writes.Accept(Within(5s), One()).ok());
  EXPECT_TRUE(Soon([&] { return Stored() == 1; }));
}

TEST_F(OrchestratorTest, FlushesWhenThereIsEnough) {
  OrchestratorOptions options{.max_wait = 1h};
  options.flush.batch.rows = 3;
  Orchestrator writes(*store_, client_, options);
  writes.Start();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(writes.Accept(Within(5s), One()).ok());
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(Stored(), 0u);
  ASSERT_TRUE(writes.Accept(Within(5s), One()).ok());
  EXPECT_TRUE(Soon([&] { return Stored() == 3; }));
}

TEST_F(OrchestratorTest, TakesUpWhatAnotherProcessLeft) {
  ASSERT_TRUE(store_->Append(Within(5s), One()).ok());
  ASSERT_TRUE(*store_->Seal(Within(5s), One().to, {}));
  Orchestrator writes(*store_, client_, {.max_wait = 1h});
  writes.Start();
  EXPECT_TRUE(Soon([&] { return Stored() == 1; })) << "a sealed batch does not wait";
}

TEST_F(OrchestratorTest, FlushesWhatIsAskedForAndReturnsWhenItIsThere) {
  Orchestrator writes(*store_, client_, {.max_wait = 1h});
  const auto first = writes.Accept(Within(5s), One());
  ASSERT_TRUE(writes.Accept(Within(5s), One("other")).ok());
  ASSERT_TRUE(writes.Flush(Within(5s), {One().to}, first->position).ok());
  EXPECT_EQ(Stored(), 1u);
  EXPECT_EQ(Stored("other"), 0u);
  ASSERT_TRUE(writes.Flush(Within(5s), {One().to}, first->position).ok()) << "nothing is left to do";
}

TEST_F(OrchestratorTest, FlushDoesNotWaitForLaterWrites) {
  Orchestrator writes(*store_, client_, {.max_wait = 1h});
  const auto first = writes.Accept(Within(5s), One("slow"));
  std::jthread later([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) (void)writes.Accept(Within(5s), One("slow"));
  });
  EXPECT_TRUE(writes.Flush(Within(10s), {One("slow").to}, first->position).ok());
}

TEST_F(OrchestratorTest, FlushTellsWhyItFailed) {
  down_ = true;
  Orchestrator writes(*store_, client_, {.max_wait = 1h});
  const auto accepted = writes.Accept(Within(5s), One());
  const Status failed = writes.Flush(Within(5s), {One().to}, accepted->position);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(writes.Troubles().at(One().to).message, "nobody answers");
  down_ = false;
  ASSERT_TRUE(writes.Flush(Within(5s), {One().to}, accepted->position).ok());
  EXPECT_TRUE(writes.Troubles().empty());
}

TEST_F(OrchestratorTest, TriesAgainByItselfAndLessAndLessOften) {
  down_ = true;
  Orchestrator writes(*store_, client_, {.max_wait = 10ms});
  writes.Start();
  ASSERT_TRUE(writes.Accept(Within(5s), One()).ok());
  std::this_thread::sleep_for(1s);
  const size_t tries = client_.Inserts().size();
  EXPECT_GE(tries, 2u);
  EXPECT_LE(tries, 4u) << "after 0, 200 and 600 ms";
  down_ = false;
  EXPECT_TRUE(Soon([&] { return (*writes.Backlogs(Within(5s)))[0].rows == 0; }));
}

TEST_F(OrchestratorTest, WaitsWhileAnotherProcessFlushes) {
  auto other = Open();
  auto lease = other->TryLease(Within(5s));
  Orchestrator writes(*store_, client_, {.max_wait = 1h});
  const auto accepted = writes.Accept(Within(5s), One());
  const Status late = writes.Flush(Within(100ms), {One().to}, accepted->position);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(Stored(), 0u);
  lease->reset();
  EXPECT_TRUE(writes.Flush(Within(5s), {One().to}, accepted->position).ok());
}

TEST_F(OrchestratorTest, OneTableInTroubleDoesNotHoldUpOthers) {
  client_.OnWrite([](const clickhouse::Insert& insert) -> Result<clickhouse::Written> {
    if (insert.table == "broken") return MakeError(ErrorCode::kUnavailable, "nobody answers");
    return clickhouse::Written{};
  });
  Orchestrator writes(*store_, client_, {.max_wait = 10ms});
  writes.Start();
  ASSERT_TRUE(writes.Accept(Within(5s), One("broken")).ok());
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(writes.Accept(Within(5s), One()).ok());
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_TRUE(Soon([&] { return Stored() == 5; }));
}

TEST_F(OrchestratorTest, TablesOfADatasetAreFlushedSideBySideUpToTheLimit) {
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  client_.OnWrite([&](const clickhouse::Insert& insert) -> Result<clickhouse::Written> {
    if (insert.table.starts_with("t")) {
      const int at_once = ++now;
      for (int seen = most; seen < at_once && !most.compare_exchange_weak(seen, at_once);) continue;
      std::this_thread::sleep_for(30ms);
      --now;
    }
    return clickhouse::Written{};
  });
  Orchestrator writes(*store_, client_, {.max_wait = 1h, .flushes_per_dataset = 2});
  std::vector<Destination> tables;
  Position last = 0;
  for (int i = 0; i < 6; ++i) {
    const Write write = One("t" + std::to_string(i));
    tables.push_back(write.to);
    last = writes.Accept(Within(5s), write)->position;
  }
  ASSERT_TRUE(writes.Flush(Within(5s), tables, last).ok());
  EXPECT_EQ(most, 2);
}

TEST_F(OrchestratorTest, EndsWhileTheDatabaseHangs) {
  client_.OnWrite([](const clickhouse::Insert&) -> Result<clickhouse::Written> {
    std::this_thread::sleep_for(200ms);
    return MakeError(ErrorCode::kUnavailable, "nobody answers");
  });
  const auto start = std::chrono::steady_clock::now();
  {
    Orchestrator writes(*store_, client_, {.max_wait = 1ms});
    writes.Start();
    ASSERT_TRUE(writes.Accept(Within(5s), One()).ok());
    std::this_thread::sleep_for(50ms);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
  EXPECT_EQ((*store_->Backlogs(Within(5s)))[0].rows, 1u) << "what waits stays";
}

}  // namespace
}  // namespace chimera::ingest
