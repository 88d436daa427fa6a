// Writes whole lines to a file descriptor from several threads. Never blocks for good: once given up, a write that
// finds no room fails. The caller blocks SIGPIPE in the threads that write; a gone reader is then a failed write.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>

namespace chimera::mcp {

class LineOutput {
 public:
  /// `on_failure` is called once, from the thread whose write failed first. The descriptor stays the caller's.
  LineOutput(int fd, std::function<void()> on_failure) : fd_(fd), on_failure_(std::move(on_failure)) {}

  /// Writes `line` and a line feed, not interleaved with other lines. Blocks while the reader is slow.
  void Write(std::string line);
  /// From now on writes do not wait for the reader.
  void GiveUp() { given_up_ = true; }

  /// True after a write failed.
  bool Failed() const { return failed_; }
  /// True when the other end of a pipe or socket was closed.
  bool ReaderGone() const;

 private:
  bool WriteAll(const std::string& bytes);
  bool WaitForRoom() const;

  const int fd_;
  const std::function<void()> on_failure_;
  std::mutex mutex_;  // one line at a time
  std::atomic<bool> given_up_ = false;
  std::atomic<bool> failed_ = false;
};

}  // namespace chimera::mcp
