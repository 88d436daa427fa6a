// What a long command shows while it runs: on a terminal one line that is written over, elsewhere a plain line now and
// then. Both on stderr.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace chimera::app {

class ProgressLine {
 public:
  /// Calls `text` from a thread of its own: five times a second on a terminal, every five seconds elsewhere.
  explicit ProgressLine(std::function<std::string()> text);
  /// Ends the line; on a terminal it is cleared.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

 private:
  void Run();
  void Show() const;

  const std::function<std::string()> text_;
  const bool terminal_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool done_ = false;  ///< guarded by mutex_
  std::thread thread_;
};

}  // namespace chimera::app
