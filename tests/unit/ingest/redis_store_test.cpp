// What is the Redis store's own: its lease, its keys, its connections, and what it says of the server.
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "tests/unit/ingest/redis_fixture.h"

namespace chimera::ingest {
namespace {

using std::chrono::milliseconds;

class RedisStore : public RedisTest {
 protected:
  std::unique_ptr<Store> OpenWithLease(milliseconds life) const {
    RedisOptions options = Options();
    options.lease_time = life;
    return CreateRedisStore(options);
  }
};

TEST_F(RedisStore, AHolderThatWasTooSlowIsRefused) {
  const auto slow = OpenWithLease(milliseconds(500));
  ASSERT_TRUE(slow->Append(context_, RowOf("a")).ok());
  const auto lost = slow->TryLease(context_);
  ASSERT_TRUE(lost.ok() && *lost);
  const auto batch = slow->Seal(context_, events_, {});
  ASSERT_TRUE(batch.ok() && *batch);
  std::this_thread::sleep_for(milliseconds(600));
  EXPECT_EQ(CodeOf(slow->Finish(context_, **batch)), ErrorCode::kConflict) << "its time was over";

  const auto lease = store_->TryLease(context_);
  ASSERT_TRUE(lease.ok() && *lease);
  EXPECT_FALSE((*lost)->Renew());
  EXPECT_EQ(CodeOf(slow->Seal(context_, events_, {})), ErrorCode::kConflict);
  EXPECT_EQ(CodeOf(slow->Check(context_, **batch, {}, {})), ErrorCode::kConflict);
  EXPECT_EQ(CodeOf(slow->Unseal(context_, **batch)), ErrorCode::kConflict);
  EXPECT_EQ(CodeOf(slow->Finish(context_, **batch)), ErrorCode::kConflict);

  const auto resumed = store_->Seal(context_, events_, {});
  ASSERT_TRUE(resumed.ok() && *resumed);
  EXPECT_TRUE((*resumed)->resumed);
  EXPECT_EQ((*resumed)->id, (*batch)->id);
  EXPECT_TRUE(store_->Finish(context_, **resumed).ok());
}

TEST_F(RedisStore, ALostLeaseDoesNotEndThatOfAnother) {
  const auto slow = OpenWithLease(milliseconds(30));
  auto lost = slow->TryLease(context_);
  ASSERT_TRUE(lost.ok() && *lost);
  std::this_thread::sleep_for(milliseconds(60));
  const auto lease = store_->TryLease(context_);
  ASSERT_TRUE(lease.ok() && *lease);
  EXPECT_EQ(*slow->TryLease(context_), nullptr);
  lost->reset();
  EXPECT_EQ(*slow->TryLease(context_), nullptr);
  EXPECT_TRUE((*lease)->Renew());
}

TEST_F(RedisStore, ALostLeaseHasToGoBeforeThereIsAnotherOne) {
  const auto slow = OpenWithLease(milliseconds(30));
  auto lost = slow->TryLease(context_);
  ASSERT_TRUE(lost.ok() && *lost);
  std::this_thread::sleep_for(milliseconds(60));
  EXPECT_EQ(*slow->TryLease(context_), nullptr) << "which of the two would a call be made with?";
  EXPECT_NE(*store_->TryLease(context_), nullptr);
  lost->reset();
  EXPECT_NE(*slow->TryLease(context_), nullptr);
}

TEST_F(RedisStore, ALeaseLivesAsLongAsItIsRenewed) {
  const auto first = OpenWithLease(milliseconds(600));
  const auto lease = first->TryLease(context_);
  ASSERT_TRUE(lease.ok() && *lease);
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(milliseconds(150));
    ASSERT_TRUE((*lease)->Renew());
    EXPECT_EQ(*store_->TryLease(context_), nullptr);
  }
  std::this_thread::sleep_for(milliseconds(700));
  EXPECT_FALSE((*lease)->Renew()) << "nobody has taken it, but its time was over";
}

TEST_F(RedisStore, WhoHasNoLeaseIsRefusedWhileAnotherHasIt) {
  ASSERT_TRUE(store_->Append(context_, RowOf("a")).ok());
  const auto lease = store_->TryLease(context_);
  ASSERT_TRUE(lease.ok() && *lease);
  EXPECT_EQ(CodeOf(Open()->Seal(context_, events_, {})), ErrorCode::kConflict);
}

TEST_F(RedisStore, ACheckedBatchCanBeUnsealedAndCutOtherwise) {
  for (const char* name : {"a", "b", "c", "d", "e"}) ASSERT_TRUE(store_->Append(context_, RowOf(name)).ok());
  const auto batch = **store_->Seal(context_, events_, {.rows = 4, .bytes = 1'000});
  const auto entries = ReadAll(*store_);
  const std::vector<Entry> sealed(entries.begin(), entries.end() - 1);
  ASSERT_TRUE(store_->Check(context_, batch, Kept(sealed, 1), {Dead(sealed[1])}).ok());
  ASSERT_TRUE(store_->Unseal(context_, batch).ok());
  EXPECT_EQ(NamesIn(*store_), (std::multiset<std::string>{"a", "c", "d", "e"}));

  const auto next = **store_->Seal(context_, events_, {.rows = 2, .bytes = 1'000});
  EXPECT_EQ(next.last, entries[2].position);
  EXPECT_FALSE(next.checked);
  ASSERT_TRUE(store_->Check(context_, next, {entries[0]}, {Dead(entries[2])}).ok());
  EXPECT_EQ(NamesIn(*store_), (std::multiset<std::string>{"a", "d", "e"}));
  ASSERT_TRUE(store_->Finish(context_, next).ok());
  EXPECT_EQ(NamesIn(*store_), (std::multiset<std::string>{"d", "e"}));
  EXPECT_EQ(ReadAll(*store_)[0].position, entries[3].position);
  const auto last = **store_->Seal(context_, events_, {});
  EXPECT_EQ(last.rows, 2u);
  ASSERT_TRUE(store_->Finish(context_, last).ok());
  const Backlog backlog = store_->Backlogs(context_)->front();
  EXPECT_EQ(backlog.rows + backlog.bytes + backlog.writes, 0u);
  EXPECT_EQ(backlog.dead, 2u);
}

TEST_F(RedisStore, AReadGoesOnBehindWhatACheckHasChanged) {
  server_->Say("CONFIG SET appendfsync no");
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(store_->Append(context_, RowOf(std::to_string(i))).ok());
  const auto batch = **store_->Seal(context_, events_, {.rows = 40, .bytes = 100'000});
  const auto all = ReadAll(*store_);
  const std::vector<Entry> sealed(all.begin(), all.begin() + 40);
  ASSERT_TRUE(store_->Check(context_, batch, Kept(sealed, 7), {Dead(sealed[7])}).ok());
  const auto left = ReadAll(*store_);
  ASSERT_EQ(left.size(), 59u);
  for (size_t i = 0; i < left.size(); ++i) EXPECT_EQ(left[i].position, all[i < 7 ? i : i + 1].position);
}

TEST_F(RedisStore, ABatchIsCountedOverAllItsWrites) {
  server_->Say("CONFIG SET appendfsync no");
  for (int i = 0; i < 2500; ++i) ASSERT_TRUE(store_->Append(context_, RowOf(std::to_string(i))).ok());
  EXPECT_EQ((*store_->Seal(context_, events_, {.rows = 2200, .bytes = 1'000'000}))->rows, 2200u);
  EXPECT_EQ(NamesIn(*store_).size(), 2500u);
}

TEST_F(RedisStore, LargeWritesArePassedWhole) {
  const std::string filling(8'000'000, 'x');
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(store_->Append(context_, RowOf(name, filling)).ok());
  const auto entries = ReadAll(*store_);
  ASSERT_EQ(entries.size(), 3u);
  for (const Entry& entry : entries) EXPECT_EQ(entry.slice.body.size(), filling.size() + 10);
}

TEST_F(RedisStore, AllKeysAreOfOneSlot) {
  ASSERT_TRUE(store_->Append(context_, RowOf("a")).ok());
  const auto lease = store_->TryLease(context_);
  const auto batch = **store_->Seal(context_, events_, {});
  ASSERT_TRUE(store_->Check(context_, batch, {}, {Dead(ReadAll(*store_)[0])}).ok());
  ASSERT_TRUE(store_->Append(context_, RowOf("b")).ok());
  std::string keys = server_->Say("KEYS '*'");
  EXPECT_GE(std::count(keys.begin(), keys.end(), '\n'), 9) << keys;
  for (size_t at = 0; at < keys.size(); at = keys.find('\n', at) + 1) {
    EXPECT_EQ(keys.substr(at, 9), "{buffer}:") << keys;
  }
}

TEST_F(RedisStore, ScriptsThatRedisForgotAreSentAgain) {
  ASSERT_TRUE(store_->Append(context_, RowOf("a")).ok());
  server_->Say("SCRIPT FLUSH");
  ASSERT_TRUE(store_->Append(context_, RowOf("b")).ok());
  EXPECT_EQ(NamesIn(*store_).size(), 2u);
}

TEST_F(RedisStore, AServerThatHangsIsLeftAtTheDeadline) {
  ASSERT_TRUE(store_->Append(context_, RowOf("a")).ok());
  server_->Signal(SIGSTOP);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(CodeOf(store_->Append(Within(milliseconds(100)), RowOf("b"))), ErrorCode::kTimeout);
  std::stop_source stop;
  RequestContext context = context_;
  context.stop = stop.get_token();
  std::thread caller([&] {
    std::this_thread::sleep_for(milliseconds(100));
    stop.request_stop();
  });
  EXPECT_EQ(CodeOf(store_->Append(context, RowOf("c"))), ErrorCode::kCancelled);
  caller.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  server_->Signal(SIGCONT);
  EXPECT_TRUE(store_->Append(context_, RowOf("d")).ok());
}

TEST_F(RedisStore, AServerThatDoesNotAnswerTheFirstWordIsUnavailable) {
  server_->Signal(SIGSTOP);
  RedisOptions options = Options();
  options.connect_timeout = milliseconds(100);
  EXPECT_EQ(CodeOf(CreateRedisStore(options)->Append(context_, RowOf("a"))), ErrorCode::kUnavailable);
  server_->Signal(SIGCONT);
}

TEST_F(RedisStore, AReplicaIsNoBuffer) {
  ASSERT_TRUE(store_->Append(context_, RowOf("a")).ok());
  server_->Say("REPLICAOF 127.0.0.1 1");
  const auto refused = store_->Append(context_, RowOf("b"));
  EXPECT_EQ(CodeOf(refused), ErrorCode::kUnavailable);
  EXPECT_NE(refused.error().message.find("is a replica"), std::string::npos) << refused.error().message;
}

TEST_F(RedisStore, OtherDataUnderItsKeysAreAnError) {
  server_->Say("SET '{buffer}:state' 1");
  EXPECT_EQ(CodeOf(store_->Append(context_, RowOf("a"))), ErrorCode::kUnavailable);
}

TEST_F(RedisStore, SaysHowSafeItIs) {
  EXPECT_EQ(store_->Warnings(context_), std::vector<std::string>());
  server_->Say("CONFIG SET appendfsync everysec maxmemory-policy allkeys-lru");
  const auto warnings = store_->Warnings(context_);
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_NE(warnings[0].find("the last second"), std::string::npos) << warnings[0];
  EXPECT_NE(warnings[1].find("drops acknowledged writes"), std::string::npos) << warnings[1];
  server_->Say("CONFIG SET appendonly no");
  EXPECT_NE(store_->Warnings(context_)[0].find("not that of Redis"), std::string::npos);
}

TEST_F(RedisStore, IsNamedWithoutItsPassword) {
  RedisOptions options;
  options.host = "redis.example";
  options.username = "app";
  options.password = "s3cret";
  options.database = 3;
  EXPECT_EQ(CreateRedisStore(options)->Name(), "redis://redis.example:6379/3");
  EXPECT_EQ(store_->Name(), "unix://" + server_->Socket() + "?db=0");
}

class RedisCluster : public RedisTest {
 protected:
  std::vector<std::string> Settings() const override { return {"--cluster-enabled", "yes"}; }
};

TEST_F(RedisCluster, IsABuffer) {
  server_->Say("CLUSTER ADDSLOTSRANGE 0 16383");
  for (int i = 0; i < 300 && server_->Say("CLUSTER INFO").find("cluster_state:ok") == std::string::npos; ++i) {
    std::this_thread::sleep_for(milliseconds(20));
  }
  ASSERT_TRUE(store_->Append(context_, RowOf("a")).ok()) << store_->Append(context_, RowOf("a")).error().message;
  const auto lease = store_->TryLease(context_);
  ASSERT_TRUE(lease.ok() && *lease);
  const auto batch = store_->Seal(context_, events_, {});
  ASSERT_TRUE(batch.ok() && *batch);
  EXPECT_EQ(NamesIn(*store_).size(), 1u);
  EXPECT_TRUE(store_->Finish(context_, **batch).ok());
  EXPECT_EQ(store_->Backlogs(context_)->size(), 1u);
}

class SmallRedis : public RedisTest {
 protected:
  std::vector<std::string> Settings() const override { return {"--maxmemory", "8mb"}; }
};

TEST_F(SmallRedis, IsBusyWhenItsMemoryIsFullAndCanBeEmptied) {
  const std::string filling(500'000, 'x');
  size_t taken = 0;
  std::optional<Error> refused;
  while (!refused && taken < 100) {
    const auto accepted = store_->Append(context_, RowOf(std::to_string(taken), filling));
    if (accepted.ok()) ++taken;
    if (!accepted.ok()) refused = accepted.error();
  }
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->code, ErrorCode::kBusy) << refused->message;
  EXPECT_TRUE(refused->retry_after.has_value());
  EXPECT_EQ(ReadAll(*store_).size(), taken);

  server_->Say("CONFIG SET maxmemory 1mb");
  EXPECT_EQ(CodeOf(store_->Append(context_, RowOf("small"))), ErrorCode::kBusy);
  const auto lease = store_->TryLease(context_);
  ASSERT_TRUE(lease.ok() && *lease) << "whoever makes room needs some";
  const auto batch = store_->Seal(context_, events_, {});
  ASSERT_TRUE(batch.ok() && *batch);
  ASSERT_TRUE(store_->Check(context_, **batch, Kept(ReadAll(*store_), 0), {Dead(ReadAll(*store_)[0])}).ok());
  ASSERT_TRUE(store_->Finish(context_, **batch).ok());
  EXPECT_TRUE(ReadAll(*store_).empty());
  server_->Say("CONFIG SET maxmemory 8mb");
  EXPECT_TRUE(store_->Append(context_, RowOf("later", filling)).ok());
}

class RenamedRedis : public RedisTest {
 protected:
  std::vector<std::string> Settings() const override { return {"--rename-command", "AUTH", "HIDDEN"}; }
};

TEST_F(RenamedRedis, DoesNotRepeatThePassword) {
  RedisOptions options = Options();
  options.password = "s3cret";
  ASSERT_NE(server_->Say("AUTH s3cret").find("s3cret"), std::string::npos) << "this Redis tells nothing";
  const auto refused = CreateRedisStore(options)->Append(context_, RowOf("a"));
  EXPECT_EQ(CodeOf(refused), ErrorCode::kUnavailable);
  EXPECT_EQ((refused.error().message + refused.error().hint).find("s3cret"), std::string::npos);
}

class GuardedRedis : public RedisTest {
 protected:
  std::vector<std::string> Settings() const override {
    return {"--requirepass", "for-nobody", "--user",  "app",         "on",      ">s3cret",
            "~{buffer}:*",   "+@read",     "+@write", "+@scripting", "+select", "+time"};
  }
  RedisOptions Account(const std::string& user, const std::string& password) const {
    RedisOptions options = Options();
    options.username = user;
    options.password = password;
    return options;
  }
};

TEST_F(GuardedRedis, TakesItsUser) {
  const auto store = CreateRedisStore(Account("app", "s3cret"));
  const auto accepted = store->Append(context_, RowOf("a"));
  ASSERT_TRUE(accepted.ok()) << accepted.error().message;
  const auto lease = store->TryLease(context_);
  const auto batch = **store->Seal(context_, events_, {});
  ASSERT_TRUE(store->Check(context_, batch, {}, {Dead(ReadAll(*store)[0])}).ok());
  ASSERT_TRUE(store->Finish(context_, batch).ok());
  EXPECT_EQ(*store->TakeDeadLetters(context_, {1}, false), 1u);
  EXPECT_EQ(store->Backlogs(context_)->size(), 1u);
  const auto warnings = store->Warnings(context_);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("is unknown"), std::string::npos) << warnings[0];
  server_->Say("--pass for-nobody --no-auth-warning ACL SETUSER app '+config|get'");
  EXPECT_EQ(store->Warnings(context_), std::vector<std::string>());
  EXPECT_TRUE(CreateRedisStore(Account("", "for-nobody"))->Append(context_, RowOf("b")).ok());
}

TEST_F(GuardedRedis, RefusesOthersAndTellsNoPassword) {
  for (const auto& [user, password] : std::vector<std::pair<std::string, std::string>>{
           {"app", "wr0ng"}, {"nobody", "wr0ng"}, {"", "wr0ng"}, {"", ""}}) {
    const auto refused = CreateRedisStore(Account(user, password))->Append(context_, RowOf("a"));
    EXPECT_EQ(CodeOf(refused), ErrorCode::kUnavailable);
    EXPECT_NE(refused.error().hint.find("password"), std::string::npos) << refused.error().message;
    EXPECT_EQ((refused.error().message + refused.error().hint).find("wr0ng"), std::string::npos);
  }
  RedisOptions elsewhere = Account("app", "s3cret");
  elsewhere.prefix = "other";
  EXPECT_EQ(CodeOf(CreateRedisStore(elsewhere)->Append(context_, RowOf("a"))), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace chimera::ingest
