// Counts the requests in flight, so that the engine leaves only when nobody needs it. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace chimera::engine {

class Activity {
 public:
  /// One request in flight, for as long as it lives.
  class Request {
   public:
    explicit Request(Activity& activity) : activity_(activity), accepted_(activity.Begin()) {}
    Request(const Request&) = delete;
    ~Request() {
      if (accepted_) activity_.End();
    }
    /// False when the engine is leaving: answer that, do nothing else.
    bool Accepted() const { return accepted_; }

   private:
    Activity& activity_;
    const bool accepted_;
  };

  /// Returns when `stop` is requested, or when no request has been in flight for `idle` (0: never). From then on no
  /// request is accepted.
  void WaitUntilDone(std::stop_token stop, std::chrono::seconds idle);
  /// Waits for the last request in flight, at most for `grace`; false when some are left.
  bool WaitForLast(std::chrono::milliseconds grace);

 private:
  bool Begin();
  void End();

  std::mutex mutex_;  // guards all below
  std::condition_variable_any changed_;
  size_t in_flight_ = 0;
  bool leaving_ = false;
  std::chrono::steady_clock::time_point idle_since_ = std::chrono::steady_clock::now();
};

}  // namespace chimera::engine
