// SIGINT and SIGTERM as a stop_token. Block them before any other thread starts, then hand the token to whatever runs.
#pragma once

#include <stop_token>
#include <thread>

namespace chimera::app {

/// While it lives, SIGINT, SIGTERM and SIGHUP request a stop instead of ending the process. Make it first in main, on
/// the main thread, so that every later thread inherits the blocked signals. SIGPIPE and SIGXFSZ are ignored for good.
class SignalStop {
 public:
  SignalStop();
  ~SignalStop();
  SignalStop(const SignalStop&) = delete;
  SignalStop& operator=(const SignalStop&) = delete;

  std::stop_token Token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::jthread waiter_;
};

}  // namespace chimera::app
