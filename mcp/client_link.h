// Whether the client of a request is still connected, for those who outlive the connection. Thread-safe.
#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace chimera::mcp {

class ClientLink {
 public:
  /// `gone` is called until `Cut`, on any thread.
  explicit ClientLink(std::function<bool()> gone) : gone_(std::move(gone)) {}

  bool Gone() const {
    const std::lock_guard lock(mutex_);
    return cut_ || (gone_ && gone_());
  }
  /// The connection ended; afterwards the function is not called any more.
  void Cut() {
    const std::lock_guard lock(mutex_);
    cut_ = true;
    gone_ = nullptr;
  }

 private:
  mutable std::mutex mutex_;
  std::function<bool()> gone_;
  bool cut_ = false;
};

}  // namespace chimera::mcp
