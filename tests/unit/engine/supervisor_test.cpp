#include "engine/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <vector>

#include "engine/local_socket.h"
#include "engine_fixture.h"
#include "text_checks.h"

namespace chimera::engine {
namespace {

using namespace std::chrono_literals;

class SupervisorTest : public EngineFixture {
 protected:
  std::unique_ptr<Supervisor> Create(const SupervisorOptions& options) {
    auto supervisor = Supervisor::Create(options);
    EXPECT_TRUE(supervisor.ok()) << supervisor.error().message;
    return std::move(supervisor).value();
  }

  static std::string Failure(const Status& status) { return status.ok() ? "" : status.error().message; }
};

/// A process that has ended and that nobody has waited for does not count.
bool IsRunning(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const size_t state = text.rfind(')') + 2;
  return state < text.size() && text[state] != 'Z';
}

mode_t ModeOf(const std::string& path) {
  struct stat status {};
  stat(path.c_str(), &status);
  return status.st_mode & 0777;
}

TEST_F(SupervisorTest, StartsAnEngineThatOnlyThisUserCanReach) {
  const auto supervisor = Create(Options());
  ASSERT_EQ(Failure(supervisor->EnsureRunning(Patience(30s))), "");
  EXPECT_TRUE(AnswersPing(supervisor->Socket(), 1s));
  EXPECT_EQ(ModeOf(supervisor->Socket()), 0600u);
  EXPECT_EQ(ModeOf(folder_ + "/sockets"), 0700u);
  EXPECT_EQ(ModeOf(folder_ + "/data"), 0700u);
}

TEST_F(SupervisorTest, AttachesToTheEngineThatIsThere) {
  ASSERT_EQ(Failure(Create(Options())->EnsureRunning(Patience(30s))), "");
  const int pid = EnginePid();
  ASSERT_EQ(Failure(Create(Options())->EnsureRunning(Patience(30s))), "");
  EXPECT_EQ(EnginePid(), pid);
}

TEST_F(SupervisorTest, EightAtOnceEndWithOneEngine) {
  std::vector<std::unique_ptr<Supervisor>> supervisors;
  for (int i = 0; i < 8; ++i) supervisors.push_back(Create(Options()));
  std::vector<std::string> failures(8);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < 8; ++i)
    threads.emplace_back([&, i] { failures[i] = Failure(supervisors[i]->EnsureRunning(Patience(60s))); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, std::vector<std::string>(8));
  const int pid = EnginePid();
  EXPECT_GT(pid, 0);
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(EnginePid(), pid);
}

TEST_F(SupervisorTest, ReplacesAnEngineThatDied) {
  const auto supervisor = Create(Options());
  ASSERT_EQ(Failure(supervisor->EnsureRunning(Patience(30s))), "");
  const int pid = EnginePid();
  ASSERT_TRUE(EndEngine(SIGKILL));
  ASSERT_TRUE(std::filesystem::exists(supervisor->Socket())) << "a killed engine leaves its socket behind";
  ASSERT_EQ(Failure(supervisor->EnsureRunning(Patience(30s))), "");
  EXPECT_NE(EnginePid(), pid);
}

TEST_F(SupervisorTest, AnEngineThatIsAskedToEndRemovesItsSocket) {
  const auto supervisor = Create(Options());
  ASSERT_EQ(Failure(supervisor->EnsureRunning(Patience(30s))), "");
  ASSERT_TRUE(EndEngine(SIGTERM));
  EXPECT_FALSE(std::filesystem::exists(supervisor->Socket()));
}

TEST_F(SupervisorTest, AnIdleEngineLeaves) {
  SupervisorOptions options = Options();
  options.idle_exit = 1s;
  const auto supervisor = Create(options);
  ASSERT_EQ(Failure(supervisor->EnsureRunning(Patience(30s))), "");
  EXPECT_TRUE(Within(10s, [&] { return EnginePid() == 0; }));
  ASSERT_EQ(Failure(supervisor->EnsureRunning(Patience(30s))), "");
}

TEST_F(SupervisorTest, ReplacesAnEngineWhoseSocketWasRemoved) {
  const auto supervisor = Create(Options());
  ASSERT_EQ(Failure(supervisor->EnsureRunning(Patience(30s))), "");
  const int pid = EnginePid();
  std::filesystem::remove(supervisor->Socket());
  ASSERT_EQ(Failure(supervisor->EnsureRunning(Patience(30s))), "");
  EXPECT_NE(EnginePid(), pid);
  EXPECT_TRUE(AnswersPing(supervisor->Socket(), 1s)) << "the one that left must leave the other's socket alone";
}

TEST_F(SupervisorTest, AnEngineWithoutItsFolderLeaves) {
  const auto supervisor = Create(Options());
  ASSERT_EQ(Failure(supervisor->EnsureRunning(Patience(30s))), "");
  const int pid = EnginePid();
  std::filesystem::remove_all(folder_ + "/data");
  EXPECT_TRUE(Within(10s, [&] { return !AnswersPing(supervisor->Socket(), 1s); }));
  ASSERT_EQ(Failure(supervisor->EnsureRunning(Patience(30s))), "");
  EXPECT_NE(EnginePid(), pid);
}

TEST_F(SupervisorTest, DoesNotAttachToAnEngineWhoseFolderWasDeleted) {
  ASSERT_EQ(Failure(Create(Options())->EnsureRunning(Patience(30s))), "");
  const int pid = EnginePid();
  std::filesystem::remove_all(folder_ + "/data");  // it answers until it notices
  const auto supervisor = Create(Options());
  ASSERT_EQ(Failure(supervisor->EnsureRunning(Patience(30s))), "");
  EXPECT_NE(EnginePid(), pid);
  EXPECT_TRUE(Within(10s, [&] { return !IsRunning(pid); }));
  EXPECT_TRUE(AnswersPing(supervisor->Socket(), 1s));
}

TEST_F(SupervisorTest, AnEngineThatLeavesLeavesAnothersSocketAlone) {
  const auto supervisor = Create(Options());
  ASSERT_EQ(Failure(supervisor->EnsureRunning(Patience(30s))), "");
  const int pid = EnginePid();
  std::filesystem::remove_all(folder_ + "/data");
  std::filesystem::remove(supervisor->Socket());
  ASSERT_EQ(Failure(supervisor->EnsureRunning(Patience(30s))), "");
  EXPECT_NE(EnginePid(), pid);
  EXPECT_TRUE(Within(10s, [&] { return !IsRunning(pid); }));
  EXPECT_TRUE(AnswersPing(supervisor->Socket(), 1s));
}

TEST_F(SupervisorTest, StartsAgainWhenTheOneItLostTheFolderToHasLeft) {
  const auto supervisor = Create(Options());
  auto lock = DataLock::Acquire(*PrepareDataDir(folder_ + "/data"), 0ms);
  ASSERT_TRUE(lock.ok());
  ASSERT_TRUE(lock->Announce("unix:" + supervisor->Socket(), "").ok());
  std::optional<DataLock> held(std::move(lock).value());
  std::thread leaving([&] {
    std::this_thread::sleep_for(6s);  // longer than an engine waits for its folder
    held.reset();
  });
  EXPECT_EQ(Failure(supervisor->EnsureRunning(Patience(30s))), "");
  leaving.join();
  EXPECT_TRUE(AnswersPing(supervisor->Socket(), 1s));
}

TEST_F(SupervisorTest, TheEngineHoldsNothingOfItsParentOpen) {
  int pipe_ends[2];
  ASSERT_EQ(pipe2(pipe_ends, 0), 0);
  ASSERT_EQ(Failure(Create(Options())->EnsureRunning(Patience(30s))), "");
  close(pipe_ends[1]);
  pollfd wait{pipe_ends[0], POLLIN, 0};
  EXPECT_EQ(poll(&wait, 1, 2000), 1) << "somebody still holds the pipe's other end";
  EXPECT_NE(wait.revents & POLLHUP, 0);
  close(pipe_ends[0]);
}

TEST_F(SupervisorTest, TellsWhyTheEngineDidNotStart) {
  SupervisorOptions options = Options();
  options.library = folder_ + "/nowhere.so";
  const Status status = Create(options)->EnsureRunning(Patience(30s));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(Holds(status.error().message, "libchdb, is not at " + folder_ + "/nowhere.so"));
  EXPECT_TRUE(Holds(status.error().message, "make setup"));
}

TEST_F(SupervisorTest, TellsWhenThereIsNothingToStart) {
  SupervisorOptions options = Options();
  options.executable = folder_ + "/nothing";
  const Status status = Create(options)->EnsureRunning(Patience(30s));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
}

TEST_F(SupervisorTest, NamesWhoHoldsTheFolderForAnotherAddress) {
  const std::string data = *PrepareDataDir(folder_ + "/data");
  auto lock = DataLock::Acquire(data, 0ms);
  ASSERT_TRUE(lock.ok());
  ASSERT_TRUE(lock->Announce("http://127.0.0.1:1", "").ok());
  const Status status = Create(Options())->EnsureRunning(Patience(30s));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kConflict);
  EXPECT_TRUE(Holds(status.error().message, "process " + std::to_string(getpid())));
  EXPECT_TRUE(Holds(status.error().message, "http://127.0.0.1:1"));
}

TEST_F(SupervisorTest, KeepsToTheDeadlineAndToCancellation) {
  std::stop_source stop;
  stop.request_stop();
  RequestContext context = Patience(30s);
  context.stop = stop.get_token();
  EXPECT_EQ(Create(Options())->EnsureRunning(context).error().code, ErrorCode::kCancelled);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Create(Options())->EnsureRunning(Patience(0s)).error().code, ErrorCode::kTimeout);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
  EXPECT_EQ(EnginePid(), 0) << "nobody waits for it";
}

TEST_F(SupervisorTest, SocketPathIsShortPrivateAndOfTheFolder) {
  SupervisorOptions options = Options();
  const auto path = SocketPath(options);
  ASSERT_TRUE(path.ok());
  EXPECT_EQ(*path, *SocketPath(options));
  options.data_dir += "/../data/.";
  EXPECT_EQ(*path, *SocketPath(options));
  options.data_dir = folder_ + "/other";
  EXPECT_NE(*path, *SocketPath(options));
  options.socket_dir = folder_ + "/" + std::string(120, 'x');
  EXPECT_EQ(SocketPath(options).error().code, ErrorCode::kIoError);
}

TEST_F(SupervisorTest, RefusesASocketFolderThatOthersMayEnter) {
  SupervisorOptions options = Options();
  std::filesystem::create_directory(options.socket_dir);
  chmod(options.socket_dir.c_str(), 0755);
  EXPECT_EQ(SocketPath(options).error().code, ErrorCode::kIoError);
  chmod(options.socket_dir.c_str(), 0700);
  EXPECT_TRUE(SocketPath(options).ok());
  std::filesystem::create_directory_symlink(options.socket_dir, folder_ + "/link");
  options.socket_dir = folder_ + "/link";
  EXPECT_EQ(SocketPath(options).error().code, ErrorCode::kIoError);
}

}  // namespace
}  // namespace chimera::engine
