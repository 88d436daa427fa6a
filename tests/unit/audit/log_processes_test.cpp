// Several processes on one audit log.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>

#include "tests/unit/audit/log_folder.h"

namespace chimera::audit {
namespace {

class LogProcessesTest : public testing::LogFolder {
 protected:
  // Runs `work` in a process of its own.
  template <typename Work>
  pid_t Start(const Work& work) {
    const pid_t child = fork();
    if (child == 0) _exit(work() ? 0 : 1);
    return child;
  }
  static int ExitCode(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  bool WriteLines(int process, int count, uint64_t max_bytes) {
    auto log = LogFile::Open(Options(max_bytes, 1000));
    if (!log.ok()) return false;
    bool fine = true;
    for (int i = 0; i < count; ++i) {
      fine = (*log)->Append(R"({"p":)" + std::to_string(process) + R"(,"i":)" + std::to_string(i) + "}").ok() && fine;
    }
    return fine;
  }
  // How often each line is there, in all files.
  std::map<std::string, int> AllLines() const {
    std::map<std::string, int> lines;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      for (const auto& line : LinesOf(entry.path())) ++lines[line];
    }
    return lines;
  }
};

TEST_F(LogProcessesTest, FourThatRotateLoseAndDoubleNoLine) {
  constexpr int kProcesses = 4;
  constexpr int kLines = 2000;
  constexpr uint64_t kMaxBytes = 4000;  // some 30 rotations a process
  std::vector<pid_t> children;
  for (int p = 0; p < kProcesses; ++p) {
    children.push_back(Start([this, p] { return WriteLines(p, kLines, kMaxBytes); }));
  }
  for (const pid_t child : children) EXPECT_EQ(ExitCode(child), 0);
  const auto lines = AllLines();
  EXPECT_EQ(lines.size(), static_cast<size_t>(kProcesses * kLines));
  for (const auto& [line, count] : lines) EXPECT_EQ(count, 1) << line;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    EXPECT_LE(std::filesystem::file_size(entry.path()), kMaxBytes);
  }
}

TEST_F(LogProcessesTest, WhoIsKilledWhileWritingLeavesWholeLines) {
  for (int round = 0; round < 20; ++round) {
    const pid_t child = Start([this] { return WriteLines(0, 1'000'000, 100'000); });
    usleep(2000 + 1000 * round);
    kill(child, SIGKILL);
    EXPECT_EQ(ExitCode(child), -SIGKILL);
    auto log = LogFile::Open(Options(100'000, 1000));
    ASSERT_TRUE(log.ok()) << log.error().message;
    ASSERT_TRUE((*log)->Append("{\"round\":" + std::to_string(round) + "}").ok());
  }
  size_t rounds = 0;
  for (const auto& [line, count] : AllLines()) {
    const Json parsed = Json::parse(line, nullptr, false);
    ASSERT_TRUE(parsed.is_object()) << line;
    rounds += parsed.contains("round") ? static_cast<size_t>(count) : 0;
  }
  EXPECT_EQ(rounds, 20u);
}

}  // namespace
}  // namespace chimera::audit
