#include "app/cancellation.h"

#include <csignal>
#include <ctime>

namespace chimera::app {
namespace {

sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

// Wakes now and then because a jthread that is asked to stop cannot interrupt sigtimedwait.
void WaitForSignal(const std::stop_token& ended, std::stop_source stop) {
  const sigset_t signals = StopSignals();
  const timespec pause{0, 50'000'000};
  while (!ended.stop_requested()) {
    if (sigtimedwait(&signals, nullptr, &pause) > 0) stop.request_stop();
  }
}

}  // namespace

SignalStop::SignalStop() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of the write
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  waiter_ = std::jthread([stop = stop_](const std::stop_token& ended) { WaitForSignal(ended, stop); });
}

SignalStop::~SignalStop() {
  waiter_.request_stop();
}

}  // namespace chimera::app
