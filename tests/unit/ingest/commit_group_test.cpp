#include "ingest/commit_group.h"

#include <atomic>
#include <fstream>
#include <future>
#include <stdexcept>
#include <thread>

#include "tests/unit/ingest/sqlite_folder.h"

namespace chimera::ingest::sqlite {
namespace {

using std::chrono::milliseconds;

class CommitGroupTest : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(folder_.File()).flush();
    auto writer = Connection::Open(folder_.File());
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->RunScript("PRAGMA journal_mode = WAL; CREATE TABLE t(n INTEGER)").ok());
    group_ = std::make_unique<CommitGroup>(*std::move(writer), [this]() -> Status {
      ++asked_;
      if (broken_) return MakeError(ErrorCode::kIoError, "gone");
      return Ok();
    });
  }

  static Status Insert(Connection& db, int64_t number) { return db.Run("INSERT INTO t VALUES (?)", number); }
  Status Commit(const CommitGroup::Change& change, milliseconds time = milliseconds(20'000)) {
    return group_->Commit(RequestContext::For("test", time, {}), 1, change);
  }
  int64_t Count() {
    auto reader = Connection::Open(folder_.File());
    return *(*reader)->Number("SELECT count(*) FROM t");
  }

  // Keeps the connection in a change until it is told to go on.
  void Occupy() {
    leader_ = std::thread([this] {
      EXPECT_TRUE(Commit([this](Connection& db) {
                    entered_.set_value();
                    release_.get_future().wait();
                    return Insert(db, 0);
                  }).ok());
    });
    entered_.get_future().wait();
  }
  void Release() {
    release_.set_value();
    leader_.join();
  }

  // One of two that share a transaction is refused; `half_way`: after it has changed something. How often the other one
  // runs.
  int RunsBesideOneThatFails(bool half_way) {
    Occupy();
    int runs = 0;
    std::thread good([&] { EXPECT_TRUE(Commit([&](Connection& db) { return ++runs, Insert(db, 1); }).ok()); });
    std::this_thread::sleep_for(milliseconds(50));  // until it waits
    std::thread bad([&] {
      const Status refused = Commit([&](Connection& db) -> Status {
        if (half_way) (void)Insert(db, 2);
        return MakeError(ErrorCode::kConflict, "no");
      });
      ASSERT_FALSE(refused.ok());
      EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
    });
    std::this_thread::sleep_for(milliseconds(50));
    Release();
    good.join();
    bad.join();
    return runs;
  }

  SqliteFolder folder_;
  std::unique_ptr<CommitGroup> group_;
  std::atomic<int> asked_ = 0;  ///< twice a commit
  std::atomic<bool> broken_ = false;
  std::thread leader_;
  std::promise<void> entered_, release_;
};

TEST_F(CommitGroupTest, WhoWaitsSharesACommit) {
  Occupy();
  std::vector<std::thread> threads;
  for (int i = 1; i <= 8; ++i)
    threads.emplace_back([&, i] { EXPECT_TRUE(Commit([i](Connection& db) { return Insert(db, i); }).ok()); });
  std::this_thread::sleep_for(milliseconds(200));  // until they wait
  Release();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Count(), 9);
  EXPECT_LT(asked_, 2 * 9) << "each had a commit of its own";
}

TEST_F(CommitGroupTest, OneThatFailsLeavesTheOthers) {
  Occupy();
  std::vector<std::thread> threads;
  for (int i = 1; i <= 8; ++i) {
    threads.emplace_back([&, i] {
      const Status status = Commit([i](Connection& db) -> Status {
        if (Status inserted = Insert(db, i); !inserted.ok() || i % 4 != 0) return inserted;
        if (i == 8) throw std::runtime_error("a bug");
        return MakeError(ErrorCode::kConflict, "no");
      });
      ASSERT_EQ(status.ok(), i % 4 != 0);
      if (!status.ok()) {
        EXPECT_EQ(status.error().code, i == 4 ? ErrorCode::kConflict : ErrorCode::kInternal);
      }
    });
  }
  std::this_thread::sleep_for(milliseconds(50));
  Release();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Count(), 7);
}

TEST_F(CommitGroupTest, OneThatFailsHalfWayIsUndoneAndTheOthersMadeAgain) {
  EXPECT_EQ(RunsBesideOneThatFails(true), 2);
  EXPECT_EQ(Count(), 2);
}

TEST_F(CommitGroupTest, OneThatChangedNothingCostsTheOthersNothing) {
  EXPECT_EQ(RunsBesideOneThatFails(false), 1);
  EXPECT_EQ(Count(), 2);
}

TEST_F(CommitGroupTest, OneThatEndsTheTransactionLeavesTheOthers) {
  Occupy();
  bool lost = false;
  std::thread first([&] { EXPECT_TRUE(Commit([](Connection& db) { return Insert(db, 1); }).ok()); });
  std::this_thread::sleep_for(milliseconds(50));
  std::thread second([&] {
    EXPECT_FALSE(Commit([&](Connection& db) -> Status {
                   if (!lost) (void)db.Run("ROLLBACK");  // as SQLite does where the disk is full
                   lost = true;
                   return MakeError(ErrorCode::kIoError, "full");
                 }).ok());
  });
  std::this_thread::sleep_for(milliseconds(50));
  Release();
  first.join();
  second.join();
  EXPECT_EQ(Count(), 2);
}

TEST_F(CommitGroupTest, ADeadlineEndsTheWait) {
  Occupy();
  bool ran = false;
  const auto change = [&](Connection&) -> Status {
    ran = true;
    return Ok();
  };
  const Status late = Commit(change, milliseconds(20));
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
  std::stop_source stop;
  std::thread stopper([&] {
    std::this_thread::sleep_for(milliseconds(20));
    stop.request_stop();
  });
  const Status withdrawn =
      group_->Commit(RequestContext::For("test", milliseconds(20'000), stop.get_token()), 1, change);
  stopper.join();
  ASSERT_FALSE(withdrawn.ok());
  EXPECT_EQ(withdrawn.error().code, ErrorCode::kCancelled);
  Release();
  EXPECT_FALSE(ran);
  EXPECT_TRUE(Commit(change).ok());
}

TEST_F(CommitGroupTest, ALockOfAnotherProcessIsWaitedFor) {
  auto other = Connection::Open(folder_.File());
  ASSERT_TRUE((*other)->Run("BEGIN IMMEDIATE").ok());
  const auto insert = [](Connection& db) { return Insert(db, 1); };
  const Status late = Commit(insert, milliseconds(30));
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout) << late.error().message;
  std::thread patient([&] { EXPECT_TRUE(Commit(insert).ok()); });
  std::this_thread::sleep_for(milliseconds(30));
  EXPECT_EQ(Count(), 0);
  ASSERT_TRUE((*other)->Run("COMMIT").ok());
  patient.join();
  EXPECT_EQ(Count(), 1);
}

TEST_F(CommitGroupTest, NothingIsKeptInAFileThatIsGone) {
  broken_ = true;
  const Status lost = Commit([](Connection& db) { return Insert(db, 1); });
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().code, ErrorCode::kIoError);
  broken_ = false;
  EXPECT_EQ(Count(), 0);
  EXPECT_TRUE(Commit([](Connection& db) { return Insert(db, 1); }).ok());
}

}  // namespace
}  // namespace chimera::ingest::sqlite
