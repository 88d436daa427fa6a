#include "ingest/sqlite_store.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "base/text.h"
#include "ingest/sqlite.h"
#include "tests/unit/ingest/sqlite_folder.h"
#include "tests/unit/ingest/store_contract.h"

namespace chimera::ingest {
namespace {

OpenStore FreshSqlite() {
  return
      [folder = std::make_shared<SqliteFolder>()](const StoreLimits& limits, WallClock now) -> std::unique_ptr<Store> {
        auto store = OpenSqliteStore(RequestContext::For("test", std::chrono::seconds(30), {}),
                                     {.path = folder->File(), .limits = limits, .now = std::move(now)});
        if (store) return *std::move(store);
        ADD_FAILURE() << store.error().message;
        return nullptr;
      };
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(StoreKind{"Sqlite", FreshSqlite}), StoreKindName);

// Files of this process may not grow above so many bytes, until it goes.
class SizeLimit {
 public:
  explicit SizeLimit(uint64_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~SizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

class SqliteStoreTest : public testing::Test {
 protected:
  Write NewWrite(size_t bytes) {
    const std::string name = std::to_string(++writes_);
    return {to_, Sha256Hex(name), Sha256Hex(name), {{.day = 1, .rows = 1, .body = std::string(bytes, 'x')}}};
  }
  void ExpectRefused(ErrorCode code) {
    const auto store = folder_.TryOpen();
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.error().code, code) << store.error().message;
    EXPECT_FALSE(store.error().hint.empty());
  }
  void ExpectIoError(Store& store) {
    const auto accepted = store.Append(context_, NewWrite(10));
    ASSERT_FALSE(accepted.ok());
    EXPECT_EQ(accepted.error().code, ErrorCode::kIoError) << accepted.error().message;
    const auto backlogs = store.Backlogs(context_);
    ASSERT_FALSE(backlogs.ok());
    EXPECT_EQ(backlogs.error().code, ErrorCode::kIoError) << backlogs.error().message;
  }
  // Makes the file one of somebody else.
  void Script(const std::string& script) {
    std::ofstream(folder_.File(), std::ios::app).flush();
    auto db = sqlite::Connection::Open(folder_.File());
    ASSERT_TRUE(db.ok() && (*db)->RunScript(script).ok());
  }
  mode_t ModeOf(const std::string& path) {
    struct stat facts {};
    EXPECT_EQ(::stat(path.c_str(), &facts), 0) << path;
    return facts.st_mode & 0777;
  }
  uint64_t SizeOf(const std::string& path) { return std::filesystem::file_size(path); }

  SqliteFolder folder_;
  RequestContext context_ = RequestContext::For("test", std::chrono::seconds(30), {});
  const Destination to_{"timestore", "app", "events"};
  int writes_ = 0;
};

TEST_F(SqliteStoreTest, NobodyElseMayReadIt) {
  const mode_t before = ::umask(0);
  const std::string path = folder_.File("new/buffer.sqlite");
  auto store = OpenSqliteStore(context_, {.path = path});
  ASSERT_TRUE(store.ok()) << store.error().message;
  ASSERT_TRUE((*store)->Append(context_, NewWrite(10)).ok());
  const auto lease = (*store)->TryLease(context_);
  ::umask(before);
  EXPECT_EQ(ModeOf(folder_.File("new")), 0700u);
  for (const char* end : {"", "-wal", "-shm", ".lease"}) EXPECT_EQ(ModeOf(path + end), 0600u) << end;
}

TEST_F(SqliteStoreTest, RightsThatAreTooWideAreTakenBack) {
  folder_.Open();
  ASSERT_EQ(::chmod(folder_.File().c_str(), 0644), 0);
  folder_.Open();
  EXPECT_EQ(ModeOf(folder_.File()), 0600u);
}

TEST_F(SqliteStoreTest, IsNamedByItsFile) {
  const auto store = folder_.Open();
  EXPECT_EQ(store->Name(), "the file " + std::filesystem::canonical(folder_.File()).string());
}

TEST_F(SqliteStoreTest, WarnsOfADiskThatIsTooSmall) {
  const auto warnings = folder_.Open({.max_bytes = UINT64_MAX})->Warnings(context_);
  ASSERT_FALSE(warnings.empty());
  EXPECT_NE(warnings.back().find("less free space"), std::string::npos);
}

TEST_F(SqliteStoreTest, AFileOfSomethingElseStaysAsItIs) {
  const std::string text =
      "these are the times that try men's souls, and there are many of them: " + std::string(4096, 'x');
  std::ofstream(folder_.File()) << text;
  ExpectRefused(ErrorCode::kConflict);
  std::ifstream file(folder_.File());
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
}

TEST_F(SqliteStoreTest, ADatabaseOfSomethingElseIsRefused) {
  Script("CREATE TABLE t(n)");
  ExpectRefused(ErrorCode::kConflict);
}

TEST_F(SqliteStoreTest, AFileOfANewerVersionIsRefused) {
  folder_.Open();
  Script("PRAGMA user_version = 99");
  ExpectRefused(ErrorCode::kConflict);
}

TEST_F(SqliteStoreTest, WhatIsNoFileOfThisUserIsRefused) {
  std::filesystem::create_symlink("elsewhere", folder_.File());
  ExpectRefused(ErrorCode::kIoError);
  std::filesystem::remove(folder_.File());
  std::filesystem::create_directory(folder_.File());
  ExpectRefused(ErrorCode::kIoError);
  std::filesystem::remove(folder_.File());
  std::ofstream(folder_.File()).flush();
  if (::chown(folder_.File().c_str(), 65534, 65534) != 0) GTEST_SKIP() << "only root can give a file away";
  ExpectRefused(ErrorCode::kIoError);
}

TEST_F(SqliteStoreTest, APathThatCannotBeIsRefused) {
  std::ofstream(folder_.File()).flush();
  for (const std::string& path : {folder_.File() + "/buffer", std::string(), folder_.File("folder/")}) {
    const auto store = OpenSqliteStore(context_, {.path = path});
    ASSERT_FALSE(store.ok()) << path;
    EXPECT_EQ(store.error().code, ErrorCode::kIoError) << store.error().message;
  }
}

TEST_F(SqliteStoreTest, AFullDiskRefusesAndLosesNothing) {
  const auto store = folder_.Open();
  const Write first = NewWrite(1'000);
  ASSERT_TRUE(store->Append(context_, first).ok());
  const Write large = NewWrite(500'000);
  {
    const SizeLimit full(SizeOf(folder_.File("buffer.sqlite-wal")) + 20'000);
    const auto refused = store->Append(context_, large);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kIoError) << refused.error().message;
    EXPECT_FALSE(refused.error().hint.empty());
    EXPECT_TRUE(store->Append(context_, first)->repeated) << "what was accepted is still known";
    EXPECT_EQ((*store->Backlogs(context_))[0].rows, 1u);
  }
  const auto accepted = store->Append(context_, large);
  ASSERT_TRUE(accepted.ok()) << accepted.error().message;
  EXPECT_FALSE(accepted->repeated);
  EXPECT_EQ((*store->Backlogs(context_))[0].bytes, 501'000u);
}

TEST_F(SqliteStoreTest, AFileThatIsDeletedMeanwhileIsNoticed) {
  const auto store = folder_.Open();
  ASSERT_TRUE(store->Append(context_, NewWrite(10)).ok());
  std::filesystem::remove(folder_.File());
  ExpectIoError(*store);
  const auto another = folder_.TryOpen();  // what is made in its place is not taken for it
  ExpectIoError(*store);
}

TEST_F(SqliteStoreTest, ALogThatIsDeletedMeanwhileIsNoticed) {
  const auto store = folder_.Open();
  ASSERT_TRUE(store->Append(context_, NewWrite(10)).ok());
  std::filesystem::remove(folder_.File() + "-wal");
  ExpectIoError(*store);
}

TEST_F(SqliteStoreTest, ADamagedFileIsAnError) {
  {
    const auto store = folder_.Open();
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(store->Append(context_, NewWrite(1'000)).ok());
  }
  std::fstream file(folder_.File(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(SizeOf(folder_.File()) - 4096, '\xa5');
  file.close();
  auto store = folder_.TryOpen();
  if (store.ok()) {
    ExpectIoError(**store);
  } else {
    EXPECT_EQ(store.error().code, ErrorCode::kIoError) << store.error().message;
  }
}

TEST_F(SqliteStoreTest, ReadsDoNotWaitForAWriter) {
  const auto store = folder_.Open();
  ASSERT_TRUE(store->Append(context_, NewWrite(10)).ok());
  auto other = sqlite::Connection::Open(folder_.File());
  ASSERT_TRUE((*other)->Run("BEGIN IMMEDIATE").ok());
  const auto soon = RequestContext::For("test", std::chrono::milliseconds(50), {});
  EXPECT_TRUE(store->Backlogs(soon).ok());
  EXPECT_EQ(store->Read(context_, to_, 0, INT64_MAX, {})->size(), 1u);
  const auto late = store->Append(soon, NewWrite(10));
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
  ASSERT_TRUE((*other)->Run("COMMIT").ok());
  EXPECT_EQ((*store->Backlogs(context_))[0].rows, 1u);
}

TEST_F(SqliteStoreTest, RoomOfFinishedRowsIsUsedAgain) {
  const auto store = folder_.Open();
  uint64_t largest_log = 0;
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(store->Append(context_, NewWrite(1'000'000)).ok());
    largest_log = std::max(largest_log, SizeOf(folder_.File() + "-wal"));
    const auto batch = store->Seal(context_, to_, {.rows = 100, .bytes = 100'000'000});
    ASSERT_TRUE(batch.ok() && store->Finish(context_, **batch).ok());
  }
  EXPECT_LT(SizeOf(folder_.File()), 10'000'000u);
  EXPECT_LT(largest_log, 12'000'000u);
}

TEST_F(SqliteStoreTest, DeadLettersOfAFileThatDidNotCountThemAreCounted) {
  {
    const auto store = folder_.Open();
    ASSERT_TRUE(store->Append(context_, NewWrite(50)).ok());
    const auto batch = store->Seal(context_, to_, {});
    ASSERT_TRUE(batch.ok() && *batch);
    DeadLetter letter;
    letter.row = std::string(49, 'x');
    letter.reason = "schema_conflict: no";
    ASSERT_TRUE(store->Check(context_, **batch, {}, {letter}).ok());
  }
  Script("DROP TRIGGER letter_added; DROP TRIGGER letter_taken; DROP TABLE dead");
  const auto store = folder_.Open({.max_bytes = 100});
  const auto refused = store->Append(context_, NewWrite(52));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kBusy);
  EXPECT_TRUE(folder_.Open({.max_bytes = 100})->Append(context_, NewWrite(51)).ok()) << "counted twice";
}

TEST_F(SqliteStoreTest, ALeaseWhoseFileIsGoneIsLost) {
  const auto store = folder_.Open();
  const auto lease = store->TryLease(context_);
  ASSERT_TRUE(lease.ok() && *lease);
  EXPECT_TRUE((*lease)->Renew());
  std::filesystem::remove(folder_.File() + ".lease");
  EXPECT_FALSE((*lease)->Renew());
}

}  // namespace
}  // namespace chimera::ingest
