// Real engines for tests: a folder of its own each, started by the supervisor, ended with the test. Skipped where
// libchdb is not installed.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "engine/data_lock.h"
#include "engine/supervisor.h"

namespace chimera::engine {

inline bool Within(std::chrono::milliseconds patience, const auto& true_at_last) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!true_at_last()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

inline RequestContext Patience(std::chrono::seconds wait) {
  RequestContext context;
  context.deadline = Deadline::After(wait);
  return context;
}

class EngineFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(LIBCHDB)) GTEST_SKIP() << LIBCHDB << " is not there; run `make setup`";
    std::string pattern = (std::filesystem::temp_directory_path() / "engine-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }

  void TearDown() override {
    if (folder_.empty()) return;
    EndAll();
    std::filesystem::remove_all(folder_);
  }

  /// Kills every engine of this folder: one that lost the race for it would take the place of the one that won.
  void EndAll() const {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::ifstream file(entry.path() / "cmdline");
      const std::string command((std::istreambuf_iterator<char>(file)), {});
      const int pid = std::atoi(entry.path().filename().c_str());
      if (pid > 0 && command.starts_with(ENGINE_TEST_SERVER) && command.find(folder_) != std::string::npos)
        kill(pid, SIGKILL);
    }
  }

  SupervisorOptions Options() const {
    SupervisorOptions options;
    options.data_dir = folder_ + "/data";
    options.executable = ENGINE_TEST_SERVER;
    options.library = LIBCHDB;
    options.idle_exit = std::chrono::seconds(60);
    options.socket_dir = folder_ + "/sockets";
    return options;
  }

  int EnginePid() const {
    const auto holder = FindLockHolder(folder_ + "/data");
    return holder ? holder->pid : 0;
  }

  /// Signals the engine, if there is one, and waits until it has let go of the folder.
  bool EndEngine(int signal) const {
    const int pid = EnginePid();
    return pid == 0 || (kill(pid, signal) == 0 && Within(std::chrono::seconds(10), [&] { return EnginePid() == 0; }));
  }

  std::string folder_;
};

}  // namespace chimera::engine
