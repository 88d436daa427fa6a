// Whether the client of a request is still connected, for those who outlive the connection. Thread-safe.
#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace chimera::mcp {

class ClientLink {
 public:
  bool Gone() const {
    const std::lock_guard lock(mutex_);
    return gone_;
  }
  /// The client left, or the connection ended.
  void Cut() {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    if (when_gone_) std::exchange(when_gone_, nullptr)();
  }
  /// `act` is called once, when the client is gone, on the thread that notices or at once, and must not use this link;
  /// null: nothing is called, and nothing is being called any more.
  void WhenGone(std::function<void()> act) {
    const std::lock_guard lock(mutex_);
    when_gone_ = std::move(act);
    if (gone_ && when_gone_) std::exchange(when_gone_, nullptr)();
  }

 private:
  mutable std::mutex mutex_;  ///< held while the function runs
  std::function<void()> when_gone_;
  bool gone_ = false;
};

}  // namespace chimera::mcp
