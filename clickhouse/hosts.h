// Which of several replicas to use: the first in the order of preference that works. A host that failed several times
// in a row has its circuit open: it is passed over while another works, and tried again by one caller at a time after
// a cool-down that grows. Knows no connections; the time is given, so that tests need not wait. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "clickhouse/retry.h"

namespace chimera::clickhouse {

class Hosts {
 public:
  using TimePoint = Deadline::Clock::time_point;

  struct Options {
    std::vector<std::string> names;  ///< for messages, the preferred host first; at least one
    uint64_t failures_to_open = 3;   ///< in a row; 0: no circuit ever opens
    Pace pace = {};                  ///< its cool-downs
    std::function<double()> random;  ///< from 0 up to 1: between half a cool-down and a whole one is waited
  };

  struct Wish {
    std::optional<size_t> only = {};  ///< this host or none
    std::vector<bool> avoid = {};     ///< by number: hosts to use only when no other works
  };

  struct Choice {
    std::optional<size_t> host;  ///< nullopt: every circuit is open and it is not yet time to try one
    bool probe = false;          ///< the caller tries a host whose circuit is open; it must report or release
    bool alone = false;          ///< no other host works at the moment
    TimePoint look_again;        ///< without a host: when it will be time, unless something changes before
    uint64_t version = 0;        ///< for `Wait`
  };

  /// Why an attempt failed, and what to do about it.
  struct Reason {
    std::string message = {};
    std::string hint = {};
    ErrorCode code = ErrorCode::kUnavailable;  ///< or kTimeout
  };

  explicit Hosts(Options options);

  /// A host for one attempt. A cool-down that would take more than half of what is left until `deadline` counts as
  /// over: nobody is refused only because of it.
  Choice Choose(TimePoint now, Deadline deadline, const Wish& wish);

  /// The host answered, whatever it said. `probe` as `Choose` gave it.
  void Succeeded(size_t host);
  /// The host failed. Writes one line to the log when its circuit opens (and one when it closes).
  void Failed(size_t host, bool probe, TimePoint now, Reason reason);
  /// The connection of a probe stands. When that has not failed for a moment (200 ms), other callers may follow: the
  /// answer itself can take as long as a query does.
  void Reached(size_t host, TimePoint now);
  /// A probe that showed nothing, such as one that was cancelled: the next caller may try at once.
  void Released(size_t host);

  /// True when a host that the wish does not avoid works.
  bool AnyWorks(const Wish& wish) const;

  /// True when the latest attempt at every host of the wish failed.
  bool AllFail(const Wish& wish) const;

  /// True when an attempt at every host of the wish has failed since `moment`, or has been hanging for a second.
  bool IsHopeless(TimePoint moment, TimePoint now, const Wish& wish) const;

  /// Blocks until something changed since `choice`, its time has come, `until`, or the cancellation.
  void Wait(const RequestContext& context, const Choice& choice, TimePoint until);

  /// Why no host can be used: kUnavailable, or kTimeout where all of them just did not answer; unsent. Says of every
  /// host of the wish the last reason, how often it failed in a row, and since when; the hint is that of the first. In
  /// words for somebody who knows of no circuits: it may be the last line of a command.
  Error Unavailable(const Wish& wish) const;

  std::vector<ClientState::Host> State() const;

 private:
  struct Host {
    uint64_t failures = 0;  ///< in a row
    std::chrono::system_clock::time_point failing_since;
    Reason reason;
    bool open = false;
    bool probing = false;
    TimePoint probed;                  ///< when the latest attempt at an open circuit began
    std::optional<TimePoint> reached;  ///< when it had its connection
    TimePoint probe_failed;            ///< when the latest one failed
    TimePoint try_again;
    std::chrono::milliseconds cooldown{0};
  };

  std::optional<Choice> Pick(TimePoint now, Deadline deadline, const Wish& wish, bool avoiding);
  bool MayTry(const Host& host, TimePoint now, Deadline deadline) const;
  bool IsWished(size_t host, const Wish& wish, bool avoiding) const;
  void Open(size_t number, TimePoint now);
  void CoolDown(Host& host, TimePoint now) const;
  void Changed();
  std::string Describe(size_t number) const;

  const Options options_;
  mutable std::mutex mutex_;  ///< guards everything below
  std::condition_variable_any changed_;
  uint64_t version_ = 0;
  std::vector<Host> hosts_;
};

}  // namespace chimera::clickhouse
