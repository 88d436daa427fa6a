// Writes whole lines to a file descriptor from several threads. Never blocks for good: once given up, a write that
// finds no room fails. The caller blocks SIGPIPE in the threads that write; a gone reader is then a failed write.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "mcp/outlet.h"

namespace chimera::mcp {

class LineOutput : public Outlet {
 public:
  /// `on_failure` is called once, from the thread whose write failed first. The descriptor stays the caller's.
  LineOutput(int fd, std::function<void()> on_failure);

  /// Writes `line` and a line feed, not interleaved with other lines. Blocks while the reader is slow.
  void Write(std::string line);
  void Send(std::string message) override { Write(std::move(message)); }
  /// From now on writes do not wait for the reader.
  void GiveUp() { given_up_ = true; }

  /// True after a write failed.
  bool Failed() const { return failed_; }
  /// True when the other end of a pipe or socket was closed.
  bool ReaderGone() const;

 private:
  bool WriteAll(const std::string& bytes);
  ssize_t WriteSome(std::string_view bytes) const;
  bool WaitForRoom() const;

  const int fd_;
  const bool is_socket_;
  const std::function<void()> on_failure_;
  std::mutex mutex_;  // one line at a time
  std::atomic<bool> given_up_ = false;
  std::atomic<bool> failed_ = false;
};

}  // namespace chimera::mcp
