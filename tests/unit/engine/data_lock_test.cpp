#include "engine/data_lock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "engine/engine.h"
#include "text_checks.h"

namespace chimera::engine {
namespace {

using namespace std::chrono_literals;

class DataLockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "lock-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
};

TEST_F(DataLockTest, NamesItsHolder) {
  auto lock = DataLock::Acquire(folder_, 0ms);
  ASSERT_TRUE(lock.ok());
  ASSERT_TRUE(lock->Announce("unix:/x", "walls").ok());
  const auto holder = FindLockHolder(folder_);
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->pid, getpid());
  EXPECT_EQ(holder->address, "unix:/x");
  EXPECT_TRUE(Holds(holder->command, "engine_test"));

  const auto second = DataLock::Acquire(folder_, 0ms);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_TRUE(Holds(second.error().message, "process " + std::to_string(getpid())));
  EXPECT_TRUE(Holds(second.error().message, "engine_test"));
}

TEST_F(DataLockTest, WaitsForOneThatIsLeaving) {
  auto first = std::make_optional(std::move(DataLock::Acquire(folder_, 0ms)).value());
  std::thread leaving([&] {
    std::this_thread::sleep_for(200ms);
    first.reset();
  });
  EXPECT_TRUE(DataLock::Acquire(folder_, 5s).ok());
  leaving.join();
  EXPECT_FALSE(FindLockHolder(folder_));
}

TEST_F(DataLockTest, AFolderNobodyEverLockedIsFree) {
  EXPECT_FALSE(FindLockHolder(folder_));
}

TEST_F(DataLockTest, PreparesTheFolder) {
  const auto made = PrepareDataDir(folder_ + "/a/b/");
  ASSERT_TRUE(made.ok());
  EXPECT_TRUE(std::filesystem::is_directory(*made));
  EXPECT_EQ(std::filesystem::status(*made).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(DataLockTest, AFolderThatCannotBeUsedIsAnErrorThatSaysSo) {
  std::ofstream(folder_ + "/file") << "x";
  const std::string file = folder_ + "/file";
  for (const std::string& bad : {file, file + "/below", std::string("/proc/nothing"), std::string()}) {
    const auto made = PrepareDataDir(bad);
    ASSERT_FALSE(made.ok()) << bad;
    EXPECT_EQ(made.error().code, ErrorCode::kIoError);
    EXPECT_TRUE(Holds(made.error().hint, "CHIMERA_DATA_DIR"));
  }
}

TEST_F(DataLockTest, AMissingLibraryIsAnErrorThatSaysWhereFrom) {
  const auto missing = FindLibrary(folder_ + "/libchdb.so");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::kIoError);
  EXPECT_TRUE(Holds(missing.error().hint, "make setup"));
  EXPECT_TRUE(Holds(missing.error().hint, "@chdb/lib-linux-x64-gnu"));
}

}  // namespace
}  // namespace chimera::engine
