// What was acknowledged stays, once, whoever dies and whatever is cut.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <random>
#include <thread>

#include "tests/unit/ingest/cutting_proxy.h"
#include "tests/unit/ingest/redis_fixture.h"

namespace chimera::ingest {
namespace {

using std::chrono::milliseconds;

class RedisFailure : public RedisTest {};

TEST_F(RedisFailure, AServerThatIsNotThereYetIsFoundLater) {
  server_->Kill();
  const auto refused = store_->Append(context_, RowOf("a"));
  EXPECT_EQ(CodeOf(refused), ErrorCode::kUnavailable);
  EXPECT_NE(refused.error().hint.find(server_->Socket()), std::string::npos) << refused.error().hint;
  EXPECT_TRUE(refused.error().unsent);
  server_->Launch();
  EXPECT_TRUE(store_->Append(context_, RowOf("a")).ok());
}

TEST_F(RedisFailure, AnUnknownPortIsNamedInTheHint) {
  RedisOptions options;
  options.host = "127.0.0.1";
  options.port = 1;
  options.password = "s3cret";
  const auto refused = CreateRedisStore(options)->Append(context_, RowOf("a"));
  EXPECT_EQ(CodeOf(refused), ErrorCode::kUnavailable);
  EXPECT_NE(refused.error().hint.find("127.0.0.1:1"), std::string::npos) << refused.error().hint;
  EXPECT_EQ((refused.error().message + refused.error().hint).find("s3cret"), std::string::npos);
}

TEST_F(RedisFailure, AcknowledgedWritesSurviveTheServersDeath) {
  std::mutex mutex;
  std::multiset<std::string> acknowledged;
  std::vector<std::string> unknown;
  std::atomic<bool> ended = false;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; !ended; ++i) {
        const std::string name = std::to_string(writer) + "/" + std::to_string(i);
        const bool accepted = store_->Append(Within(milliseconds(2000)), RowOf(name)).ok();
        const std::lock_guard lock(mutex);
        if (accepted) acknowledged.insert(name);
        if (!accepted) unknown.push_back(name);
        if (!accepted) break;
      }
    });
  }
  std::this_thread::sleep_for(milliseconds(300));
  server_->Kill();
  ended = true;
  for (std::thread& writer : writers) writer.join();
  server_->Launch();

  std::multiset<std::string> kept = NamesIn(*store_);
  EXPECT_FALSE(acknowledged.empty());
  for (const std::string& name : acknowledged) EXPECT_EQ(kept.count(name), 1u) << name;
  for (const std::string& name : unknown) {
    ASSERT_TRUE(store_->Append(context_, RowOf(name)).ok());
    acknowledged.insert(name);
  }
  EXPECT_EQ(NamesIn(*store_), acknowledged);
  EXPECT_EQ(store_->Backlogs(context_)->front().rows, acknowledged.size());
}

TEST_F(RedisFailure, ABatchSurvivesTheServersDeath) {
  for (const char* name : {"a", "b"}) ASSERT_TRUE(store_->Append(context_, RowOf(name)).ok());
  const auto batch = **store_->Seal(context_, events_, {});
  ASSERT_TRUE(store_->Check(context_, batch, {ReadAll(*store_)[0]}, {Dead(ReadAll(*store_)[1])}).ok());
  server_->Kill();
  server_->Launch();
  const auto resumed = store_->Seal(context_, events_, {});
  ASSERT_TRUE(resumed.ok() && *resumed);
  EXPECT_EQ((*resumed)->id, batch.id);
  EXPECT_TRUE((*resumed)->checked);
  EXPECT_EQ(NamesIn(*store_), std::multiset<std::string>{"a"});
  EXPECT_EQ(store_->DeadLetters(context_, {}, 0, 10)->size(), 1u);
}

/// Writes rows "ROUND/0", "ROUND/1", … and tells how many were acknowledged, until it is killed.
[[noreturn]] void WriteUntilKilled(Store& store, const std::function<Write(const std::string&)>& row, int round,
                                   int told) {
  const auto context = RequestContext::For("child", std::chrono::seconds(20), {});
  for (int i = 0;; ++i) {
    if (!store.Append(context, row(std::to_string(round) + "/" + std::to_string(i))).ok()) _exit(1);
    if (write(told, "+", 1) != 1) _exit(1);
  }
}

TEST_F(RedisFailure, AcknowledgedWritesSurviveTheWritersDeath) {
  constexpr int kRounds = 50;
  std::mt19937 random(testing::UnitTest::GetInstance()->random_seed() + 1);
  std::multiset<std::string> expected;
  for (int round = 0; round < kRounds; ++round) {
    int told[2];
    ASSERT_EQ(pipe(told), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0)
      WriteUntilKilled(
          *Open(), [this](const auto& name) { return RowOf(name); }, round, told[1]);
    close(told[1]);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    int acknowledged = 0;
    for (char sign = 0; read(told[0], &sign, 1) == 1;) ++acknowledged;
    close(told[0]);
    for (int i = 0; i < acknowledged; ++i) expected.insert(std::to_string(round) + "/" + std::to_string(i));
    // The next one may have been written or not: whoever sends it again has it once.
    const std::string last = std::to_string(round) + "/" + std::to_string(acknowledged);
    ASSERT_TRUE(store_->Append(context_, RowOf(last)).ok());
    expected.insert(last);
  }
  EXPECT_GT(expected.size(), size_t{kRounds});
  std::multiset<std::string> names = NamesIn(*store_);
  for (const std::string& name : expected) EXPECT_EQ(names.count(name), 1u) << name;
  // A child may have been killed between its write and telling of it, and told of nothing behind it.
  EXPECT_EQ(names, expected);
  EXPECT_EQ(store_->Backlogs(context_)->front().rows, expected.size());
}

class TcpRedis : public RedisTest {
 protected:
  void SetUp() override {
    RedisTest::SetUp();
    RedisOptions options;
    options.host = "localhost";
    options.port = port_;
    store_ = CreateRedisStore(options);
  }
  std::vector<std::string> Settings() const override { return {"--port", std::to_string(port_)}; }
  const int port_ = FreePort();
};

TEST_F(TcpRedis, AConnectionThatDiedMeanwhileIsNotUsed) {
  ASSERT_TRUE(store_->Append(context_, RowOf("a")).ok());
  const auto batch = **store_->Seal(context_, events_, {});
  ASSERT_TRUE(store_->Check(context_, batch, {}, {Dead(ReadAll(*store_)[0])}).ok());
  server_->Kill();
  server_->Launch();
  const auto taken = store_->TakeDeadLetters(context_, {1}, false);  // is not sent twice
  EXPECT_TRUE(taken.ok()) << taken.error().message;
}

class CutRedis : public RedisFailure {
 protected:
  void SetUp() override {
    RedisFailure::SetUp();
    if (!server_) return;
    const std::string own = server_->Socket() + ".proxy";
    proxy_ = std::make_unique<CuttingProxy>(own, server_->Socket());
    RedisOptions options = Options();
    options.socket = own;
    store_ = CreateRedisStore(options);
    KnowScripts();
    ASSERT_TRUE(store_->Append(context_, RowOf("first")).ok());
  }
  void TearDown() override {
    store_ = nullptr;
    proxy_ = nullptr;
  }

  /// Redis would say first that it does not know a script, and that answer would be swallowed.
  void KnowScripts() {
    const auto direct = Open();
    ASSERT_TRUE(direct->Append(context_, RowOf("before")).ok());
    auto lease = direct->TryLease(context_);
    ASSERT_TRUE(lease.ok() && *lease && (*lease)->Renew());
    ASSERT_TRUE(direct->Unseal(context_, **direct->Seal(context_, events_, {})).ok());
    const auto batch = **direct->Seal(context_, events_, {});
    ASSERT_TRUE(direct->Check(context_, batch, ReadAll(*direct), {}).ok());
    ASSERT_TRUE(direct->Finish(context_, batch).ok());
    ASSERT_TRUE(direct->TakeDeadLetters(context_, {1}, false).ok());
  }

  std::unique_ptr<CuttingProxy> proxy_;
};

TEST_F(CutRedis, AWriteWhoseAnswerWasLostIsSentAgain) {
  proxy_->SwallowAnswers(1);
  const auto accepted = store_->Append(context_, RowOf("a"));
  ASSERT_TRUE(accepted.ok()) << accepted.error().message;
  EXPECT_FALSE(accepted->repeated) << "it was this call that wrote it";
  EXPECT_EQ(proxy_->Swallowed(), 1);
  EXPECT_EQ(NamesIn(*store_), (std::multiset<std::string>{"a", "first"}));
  EXPECT_TRUE(store_->Append(context_, RowOf("a"))->repeated);
}

TEST_F(CutRedis, AWriteIsNotSentForEver) {
  proxy_->SwallowAnswers(1'000);
  const auto refused = store_->Append(context_, RowOf("a"));
  EXPECT_EQ(CodeOf(refused), ErrorCode::kUnavailable);
  EXPECT_FALSE(refused.error().unsent);
  proxy_->SwallowAnswers(0);
  EXPECT_TRUE(store_->Append(context_, RowOf("a"))->repeated);
}

TEST_F(CutRedis, EveryStepOfABatchCanBeSentAgain) {
  ASSERT_TRUE(store_->Append(context_, RowOf("second")).ok());
  proxy_->SwallowAnswers(1);
  const auto lease = store_->TryLease(context_);
  ASSERT_TRUE(lease.ok() && *lease);
  proxy_->SwallowAnswers(1);
  auto batch = store_->Seal(context_, events_, {});
  ASSERT_TRUE(batch.ok() && *batch);
  EXPECT_FALSE((*batch)->resumed);
  proxy_->SwallowAnswers(1);
  ASSERT_TRUE(store_->Unseal(context_, **batch).ok());
  batch = store_->Seal(context_, events_, {});
  proxy_->SwallowAnswers(1);
  const auto entries = ReadAll(*store_);
  proxy_->SwallowAnswers(1);
  ASSERT_TRUE(store_->Check(context_, **batch, Kept(entries, 0), {Dead(entries[0])}).ok());
  proxy_->SwallowAnswers(1, 1);  // the first one is that of a read
  ASSERT_TRUE(store_->Divert(context_, **batch, 20'000, "refused: because").ok());
  proxy_->SwallowAnswers(1);
  EXPECT_TRUE((*lease)->Renew());
  proxy_->SwallowAnswers(1);
  ASSERT_TRUE(store_->Finish(context_, **batch).ok());
  EXPECT_EQ(proxy_->Swallowed(), 8);
  const Backlog backlog = store_->Backlogs(context_)->front();
  EXPECT_EQ(backlog.rows, 0u);
  EXPECT_EQ(backlog.dead, 2u);
  EXPECT_EQ(backlog.stored, entries[1].position);
}

TEST_F(CutRedis, LettersWhoseAnswerWasLostAreAnErrorAndTakenOnce) {
  ASSERT_TRUE(store_->Append(context_, RowOf("second")).ok());
  const auto batch = **store_->Seal(context_, events_, {});
  const auto entries = ReadAll(*store_);
  ASSERT_TRUE(store_->Check(context_, batch, {}, {Dead(entries[0]), Dead(entries[1])}).ok());
  ASSERT_TRUE(store_->Finish(context_, batch).ok());
  ASSERT_EQ(*store_->TakeDeadLetters(context_, {1}, false), 1u);
  proxy_->SwallowAnswers(1);
  EXPECT_EQ(CodeOf(store_->TakeDeadLetters(context_, {2}, false)), ErrorCode::kUnavailable);
  EXPECT_EQ(*store_->TakeDeadLetters(context_, {2}, false), 0u);
  EXPECT_EQ(ReadAll(*store_).size(), 2u);
}

TEST_F(CutRedis, ManyThreadsOverCutConnections) {
  constexpr int kThreads = 8;
  constexpr int kWrites = 40;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kThreads; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < kWrites; ++i) {
        if (i % 10 == 5) proxy_->SwallowAnswers(1);
        const std::string name = std::to_string(writer) + "/" + std::to_string(i);
        while (!store_->Append(context_, RowOf(name)).ok()) {
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_GT(proxy_->Swallowed(), 4);
  const auto names = NamesIn(*store_);
  EXPECT_EQ(names.size(), size_t{kThreads * kWrites + 1});
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
}

}  // namespace
}  // namespace chimera::ingest
