// A point on the steady clock after which nobody waits any more. Passed down inside RequestContext; nothing below
// config/ invents a timeout of its own.
#pragma once

#include <algorithm>
#include <chrono>

namespace chimera {

class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  /// Never passes.
  Deadline() = default;
  explicit Deadline(Clock::time_point at) : at_(at) {}
  static Deadline After(std::chrono::milliseconds wait) { return Deadline(Clock::now() + wait); }

  bool Expired() const { return Clock::now() >= at_; }
  bool IsNever() const { return at_ == Clock::time_point::max(); }
  Clock::time_point At() const { return at_; }

  /// Time left, at least zero, at most `cap` (so that it can be handed to system calls).
  std::chrono::milliseconds Remaining(std::chrono::milliseconds cap = std::chrono::hours(24)) const {
    if (IsNever()) return cap;
    auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - Clock::now());
    return std::clamp(left, std::chrono::milliseconds(0), cap);
  }

  Deadline Earlier(Deadline other) const { return Deadline(std::min(at_, other.at_)); }

 private:
  Clock::time_point at_ = Clock::time_point::max();
};

}  // namespace chimera
