// The engine's process as its parent sees it: started cleanly, waited for, never left a zombie while this lives.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace chimera::engine {

class ChildProcess {
 public:
  /// Starts `arguments` (the first is the program's path) in a session of its own: stdin and stdout are /dev/null,
  /// stderr is appended to `log_path`, every other descriptor is closed, signals are as at the start of a program. The
  /// child outlives this object and this process. kUnavailable when it cannot be started.
  static Result<ChildProcess> Start(const std::vector<std::string>& arguments, const std::string& log_path);
  ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess() { (void)Exited(); }

  /// "exit code 1" or "signal 11" once the process has ended; nothing before. Does not block.
  std::optional<std::string> Exited();

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_;  ///< -1 once it was reaped
  std::string ending_;
};

}  // namespace chimera::engine
