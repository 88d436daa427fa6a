#include "audit/log_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "tests/unit/audit/log_folder.h"

namespace chimera::audit {
namespace {

using Lines = std::vector<std::string>;

class LogFileTest : public testing::LogFolder {};

void Write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::app) << text;
}

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

TEST_F(LogFileTest, AppendsLinesThatOnlyTheirOwnerMayRead) {
  for (const char* line : {"{\"a\":1}", "{\"a\":2}"}) {
    auto log = LogFile::Open(Options());
    ASSERT_TRUE(log.ok()) << log.error().message;
    EXPECT_TRUE((*log)->Append(line).ok());
  }
  EXPECT_EQ(LinesOf(path_), (Lines{"{\"a\":1}", "{\"a\":2}"}));
  struct stat facts {};
  ASSERT_EQ(stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST_F(LogFileTest, WhatIsNoFileOrCannotBeMadeIsRefused) {
  for (const std::string& path : {std::string("/dev/full"), folder_, folder_ + "/none/audit.jsonl"}) {
    const auto log = LogFile::Open({.path = path});
    ASSERT_FALSE(log.ok()) << path;
    EXPECT_NE(log.error().message.find(path), std::string::npos) << log.error().message;
  }
}

TEST_F(LogFileTest, RotatesBySizeAndKeepsSoManyFiles) {
  auto log = LogFile::Open(Options(20, 2));
  for (int i = 0; i < 9; ++i) ASSERT_TRUE((*log)->Append("{\"i\":" + std::to_string(i) + "}").ok());
  EXPECT_EQ(LinesOf(path_), (Lines{"{\"i\":8}"}));
  EXPECT_EQ(LinesOf(Rotated(1)), (Lines{"{\"i\":6}", "{\"i\":7}"}));
  EXPECT_EQ(LinesOf(Rotated(2)), (Lines{"{\"i\":4}", "{\"i\":5}"}));
  EXPECT_FALSE(std::filesystem::exists(Rotated(3)));
}

TEST_F(LogFileTest, KeepsNoneWhereNoneIsWanted) {
  auto log = LogFile::Open(Options(20, 0));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE((*log)->Append("{\"i\":" + std::to_string(i) + "}").ok());
  EXPECT_EQ(LinesOf(path_), (Lines{"{\"i\":4}"}));
  EXPECT_FALSE(std::filesystem::exists(Rotated(1)));
}

TEST_F(LogFileTest, ALineLongerThanAFileMayBeStandsAlone) {
  auto log = LogFile::Open(Options(20, 2));
  const std::string line = "\"" + std::string(100, 'x') + "\"";
  ASSERT_TRUE((*log)->Append("1").ok());
  ASSERT_TRUE((*log)->Append(line).ok());
  EXPECT_EQ(LinesOf(path_), (Lines{line}));
  EXPECT_EQ(LinesOf(Rotated(1)), (Lines{"1"}));
}

TEST_F(LogFileTest, CutsOffAPartOfALineAndKeepsItInOneOfItsOwn) {
  Write(path_, "{\"a\":1}\n{\"a\":\"tw");
  auto log = LogFile::Open(Options());
  ASSERT_TRUE(log.ok());
  ASSERT_TRUE((*log)->Append("{\"a\":3}").ok());
  Write(path_, "{\"par");  // another process was killed
  ASSERT_TRUE((*log)->Append("{\"a\":4}").ok());
  const Lines lines = LinesOf(path_);
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0], "{\"a\":1}");
  EXPECT_EQ(Json::parse(lines[1])["event"], "repaired");
  EXPECT_EQ(Json::parse(lines[1])["removed"], "{\"a\":\"tw");
  EXPECT_EQ(lines[2], "{\"a\":3}");
  EXPECT_EQ(Json::parse(lines[3])["removed"], "{\"par");
  EXPECT_EQ(lines[4], "{\"a\":4}");
}

TEST_F(LogFileTest, AFileWithoutAnyLineEndIsRepairedToo) {
  Write(path_, std::string(10'000, 'x'));
  ASSERT_TRUE(LogFile::Open(Options()).ok());
  const Lines lines = LinesOf(path_);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(Json::parse(lines[0])["removed"].get<std::string>().size(), 4096u);
}

TEST_F(LogFileTest, GoesOnInANewFileWhenItsOwnWasMovedOrDeleted) {
  auto log = LogFile::Open(Options());
  ASSERT_TRUE((*log)->Append("1").ok());
  std::filesystem::rename(path_, folder_ + "/elsewhere");
  ASSERT_TRUE((*log)->Append("2").ok());
  EXPECT_EQ(LinesOf(path_), (Lines{"2"}));
  std::filesystem::remove(path_);
  ASSERT_TRUE((*log)->Append("3").ok());
  EXPECT_EQ(LinesOf(path_), (Lines{"3"}));
  EXPECT_EQ(LinesOf(folder_ + "/elsewhere"), (Lines{"1"}));
}

TEST_F(LogFileTest, WithoutRoomNoPartOfALineIsLeftAndLaterItSaysHowManyWereLost) {
  auto log = LogFile::Open(Options());
  ASSERT_TRUE((*log)->Append("{\"a\":1}").ok());
  {
    const SizeLimit limit(15);
    EXPECT_FALSE((*log)->Ready().ok());
    for (int i = 0; i < 3; ++i) {
      const Status lost = (*log)->Append("{\"a\":\"too long\"}");
      ASSERT_FALSE(lost.ok());
      EXPECT_NE(lost.error().message.find("File too large"), std::string::npos) << lost.error().message;
    }
  }
  EXPECT_TRUE((*log)->Ready().ok());
  ASSERT_TRUE((*log)->Append("{\"a\":2}").ok());
  const Lines lines = LinesOf(path_);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(Json::parse(lines[1])["event"], "lost");
  EXPECT_EQ(Json::parse(lines[1])["lines"], 3);
  EXPECT_EQ(lines[2], "{\"a\":2}");
}

TEST_F(LogFileTest, IsNotReadyInAFolderThatIsGoneUntilItIsBack) {
  auto log = LogFile::Open(Options());
  std::filesystem::remove_all(folder_);
  EXPECT_FALSE((*log)->Ready().ok());
  EXPECT_FALSE((*log)->Append("1").ok());
  std::filesystem::create_directory(folder_);
  EXPECT_TRUE((*log)->Ready().ok());
}

TEST_F(LogFileTest, DoesNotWaitForeverForAnotherProcess) {
  LogFileOptions options = Options();
  options.lock_patience = std::chrono::milliseconds(50);
  auto log = LogFile::Open(options);
  const int other = open(path_.c_str(), O_RDWR);
  ASSERT_EQ(flock(other, LOCK_EX), 0);
  const Status waited = (*log)->Append("1");
  ASSERT_FALSE(waited.ok());
  EXPECT_NE(waited.error().message.find("locked"), std::string::npos);
  close(other);
  EXPECT_TRUE((*log)->Append("2").ok());
}

TEST_F(LogFileTest, EveryPolicyOfSynchronizingWritesTheSame) {
  for (const Fsync policy : {Fsync::kAlways, Fsync::kInterval, Fsync::kOff}) {
    LogFileOptions options = Options(300, 100);
    options.fsync = policy;
    options.sync_every = std::chrono::milliseconds(1);
    auto log = LogFile::Open(options);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE((*log)->Append("{\"i\":1}").ok());
  }
  size_t lines = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) lines += LinesOf(entry.path()).size();
  EXPECT_EQ(lines, 300u);
}

}  // namespace
}  // namespace chimera::audit
