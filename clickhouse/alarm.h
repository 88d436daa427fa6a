// Runs short actions at points in time, on one thread of its own: how a deadline reaches a thread that is blocked in a
// system call. It knows nothing of connections; the actions must not block and must not touch the alarm.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/deadline.h"

namespace chimera::clickhouse {

class Alarm {
 public:
  /// One armed action. Destroying it disarms; afterwards the action is neither running nor will it run.
  class [[nodiscard]] Handle {
   public:
    Handle() = default;
    Handle(Handle&& other) noexcept : alarm_(std::exchange(other.alarm_, nullptr)), key_(other.key_) {}
    Handle& operator=(Handle&& other) noexcept {
      std::swap(alarm_, other.alarm_);
      std::swap(key_, other.key_);
      return *this;
    }
    ~Handle() {
      if (alarm_ != nullptr) alarm_->Disarm(key_);
    }

   private:
    friend class Alarm;
    using Key = std::pair<Deadline::Clock::time_point, uint64_t>;
    Handle(Alarm* alarm, Key key) : alarm_(alarm), key_(key) {}
    Alarm* alarm_ = nullptr;
    Key key_;
  };

  Alarm();
  /// Every handle must be gone.
  ~Alarm();

  /// Runs `action` once when `deadline` passes; never for a deadline that never passes. Thread-safe.
  Handle At(Deadline deadline, std::function<void()> action);

 private:
  void Run();
  void Disarm(const Handle::Key& key);

  std::mutex mutex_;  ///< held while an action runs
  std::condition_variable changed_;
  std::map<Handle::Key, std::function<void()>> due_;
  uint64_t next_id_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace chimera::clickhouse
