#include "engine/activity.h"

namespace chimera::engine {

bool Activity::Begin() {
  std::lock_guard lock(mutex_);
  if (!leaving_) ++in_flight_;
  return !leaving_;
}

void Activity::End() {
  std::lock_guard lock(mutex_);
  --in_flight_;
  idle_since_ = std::chrono::steady_clock::now();
  if (leaving_) changed_.notify_all();
}

// A request's end wakes nobody here: the clock is looked at when the idle time could first be over.
void Activity::WaitUntilDone(std::stop_token stop, std::chrono::seconds idle) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto now = std::chrono::steady_clock::now();
    const auto over = (in_flight_ == 0 ? idle_since_ : now) + idle;
    if (idle.count() > 0 && now >= over) break;
    const auto next = idle.count() > 0 ? over : now + std::chrono::hours(24);
    changed_.wait_until(lock, stop, next, [] { return false; });
  }
  leaving_ = true;
}

bool Activity::WaitForLast(std::chrono::milliseconds grace) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, grace, [&] { return in_flight_ == 0; });
}

}  // namespace chimera::engine
