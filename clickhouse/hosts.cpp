#include "clickhouse/hosts.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace chimera::clickhouse {
namespace {

using std::chrono::milliseconds;

// A proxy without a server behind it says so at once.
constexpr milliseconds kTrial{200};
constexpr milliseconds kLongProbe{1000};

std::string InUtc(std::chrono::system_clock::time_point time) {
  std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string InARow(uint64_t failures) {
  return failures == 1 ? "once" : std::to_string(failures) + " times in a row";
}

}  // namespace

Hosts::Hosts(Options options) : options_(std::move(options)), hosts_(options_.names.size()) {}

Hosts::Choice Hosts::Choose(TimePoint now, Deadline deadline, const Wish& wish) {
  std::lock_guard lock(mutex_);
  for (bool avoiding : {true, false}) {
    if (auto choice = Pick(now, deadline, wish, avoiding)) return *choice;
  }
  Choice none;
  none.version = version_;
  none.look_again = TimePoint::max();
  for (size_t i = 0; i < hosts_.size(); ++i) {
    const Host& host = hosts_[i];
    if (!IsWished(i, wish, false)) continue;
    if (!host.probing) none.look_again = std::min(none.look_again, host.try_again);
    if (host.probing && host.reached) none.look_again = std::min(none.look_again, *host.reached + kTrial);
  }
  return none;
}

std::optional<Hosts::Choice> Hosts::Pick(TimePoint now, Deadline deadline, const Wish& wish, bool avoiding) {
  for (size_t i = 0; i < hosts_.size(); ++i) {
    Host& host = hosts_[i];
    if (!IsWished(i, wish, avoiding)) continue;
    if (host.open && !MayTry(host, now, deadline)) continue;
    Choice choice;
    choice.host = i;
    choice.probe = host.open && !host.probing;
    choice.alone = true;
    for (size_t j = 0; j < hosts_.size(); ++j) {
      if (j != i && !hosts_[j].open && IsWished(j, wish, avoiding)) choice.alone = false;
    }
    if (choice.probe) {
      host.probing = true;
      host.probed = now;
      host.reached.reset();
    }
    return choice;
  }
  return std::nullopt;
}

bool Hosts::MayTry(const Host& host, TimePoint now, Deadline deadline) const {
  if (host.probing) return host.reached && now >= *host.reached + kTrial;
  return now >= host.try_again || (!deadline.IsNever() && host.try_again - now > (deadline.At() - now) / 2);
}

bool Hosts::IsWished(size_t host, const Wish& wish, bool avoiding) const {
  if (wish.only && *wish.only != host) return false;
  return !avoiding || host >= wish.avoid.size() || !wish.avoid[host];
}

void Hosts::Succeeded(size_t number) {
  std::lock_guard lock(mutex_);
  Host& host = hosts_[number];
  if (host.failures == 0 && !host.open) return;
  bool was_open = host.open;
  if (was_open) {
    log::Info("the database at " + options_.names[number] + " answers again; it had failed " + InARow(host.failures) +
              " since " + InUtc(host.failing_since));
  }
  host = Host();
  if (was_open) Changed();
}

void Hosts::Failed(size_t number, bool probe, TimePoint now, Reason reason) {
  std::lock_guard lock(mutex_);
  Host& host = hosts_[number];
  if (host.failures++ == 0) host.failing_since = std::chrono::system_clock::now();
  host.reason = std::move(reason);
  if (!host.open) {
    if (options_.failures_to_open > 0 && host.failures >= options_.failures_to_open) Open(number, now);
  } else if (probe) {
    host.probing = false;
    host.probe_failed = now;
    host.cooldown = std::min(host.cooldown * 2, options_.pace.longest_cooldown);
    CoolDown(host, now);
    Changed();
  }
}

void Hosts::Open(size_t number, TimePoint now) {
  Host& host = hosts_[number];
  host.open = true;
  host.cooldown = options_.pace.first_cooldown;
  CoolDown(host, now);
  log::Warning("the database at " + options_.names[number] + " failed " + InARow(host.failures) + " (" +
               host.reason.message + "): one call at a time tries it until it answers again");
  Changed();
}

void Hosts::CoolDown(Host& host, TimePoint now) const {
  host.try_again = now + std::chrono::duration_cast<milliseconds>(host.cooldown * (0.5 + options_.random() / 2));
}

void Hosts::Reached(size_t number, TimePoint now) {
  std::lock_guard lock(mutex_);
  hosts_[number].reached = now;
  Changed();
}

void Hosts::Released(size_t number) {
  std::lock_guard lock(mutex_);
  hosts_[number].probing = false;
  Changed();
}

void Hosts::Changed() {
  ++version_;
  changed_.notify_all();
}

bool Hosts::AnyWorks(const Wish& wish) const {
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < hosts_.size(); ++i) {
    if (!hosts_[i].open && IsWished(i, wish, true)) return true;
  }
  return false;
}

bool Hosts::AllFail(const Wish& wish) const {
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < hosts_.size(); ++i) {
    if (IsWished(i, wish, false) && hosts_[i].failures == 0) return false;
  }
  return true;
}

bool Hosts::IsHopeless(TimePoint moment, TimePoint now, const Wish& wish) const {
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < hosts_.size(); ++i) {
    const Host& host = hosts_[i];
    const bool hangs = host.probing && !host.reached && now - host.probed >= kLongProbe;
    if (IsWished(i, wish, false) && !hangs && (!host.open || host.probe_failed < moment)) return false;
  }
  return true;
}

void Hosts::Wait(const RequestContext& context, const Choice& choice, TimePoint until) {
  std::unique_lock lock(mutex_);
  until = std::min({until, choice.look_again, Deadline::Clock::now() + context.deadline.Remaining()});
  changed_.wait_until(lock, context.stop, until, [&] { return version_ != choice.version; });
}

Error Hosts::Unavailable(const Wish& wish) const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> reasons;
  std::string hint;
  ErrorCode code = ErrorCode::kTimeout;
  for (size_t i = 0; i < hosts_.size(); ++i) {
    if (!IsWished(i, wish, false)) continue;
    reasons.push_back(Describe(i));
    if (hint.empty()) hint = hosts_[i].reason.hint;
    if (hosts_[i].reason.code != ErrorCode::kTimeout) code = hosts_[i].reason.code;
  }
  Error error = MakeError(code, "the database cannot be reached: " + Join(reasons, "; "), hint);
  error.unsent = true;
  return error;
}

std::string Hosts::Describe(size_t number) const {
  const Host& host = hosts_[number];
  const std::string& name = options_.names[number];
  if (host.failures == 0) return name + " works";
  const bool named = host.reason.message.find(name) != std::string::npos;
  return (named ? "" : name + ": ") + host.reason.message + ", " + InARow(host.failures) + " since " +
         InUtc(host.failing_since);
}

std::vector<ClientState::Host> Hosts::State() const {
  std::lock_guard lock(mutex_);
  std::vector<ClientState::Host> state;
  for (size_t i = 0; i < hosts_.size(); ++i) {
    state.push_back({options_.names[i], !hosts_[i].open, hosts_[i].failures});
  }
  return state;
}

}  // namespace chimera::clickhouse
