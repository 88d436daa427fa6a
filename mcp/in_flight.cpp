#include "mcp/in_flight.h"

#include <utility>

namespace chimera::mcp {
namespace {

constexpr std::chrono::milliseconds kTick{100};

}  // namespace

InFlight::InFlight() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void InFlight::Watch(const std::shared_ptr<Session>& session, ClientGone client_gone,
                     const std::function<void()>& work) {
  std::list<Entry>::iterator entry;
  {
    const std::lock_guard lock(mutex_);
    entry = entries_.insert(entries_.end(), {session, std::move(client_gone)});
  }
  added_.notify_one();
  work();
  const std::lock_guard lock(mutex_);
  entries_.erase(entry);
}

void InFlight::CancelAt(Deadline deadline) {
  const std::lock_guard lock(mutex_);
  deadline_ = deadline;
}

bool InFlight::Ended() {
  const std::lock_guard lock(mutex_);
  return deadline_.Expired();
}

void InFlight::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    added_.wait(lock, stop, [this] { return !entries_.empty(); });
    CancelDue();
    added_.wait_for(lock, stop, kTick, [] { return false; });
  }
}

void InFlight::CancelDue() {
  for (const Entry& entry : entries_) {
    if (deadline_.Expired() || (entry.client_gone && entry.client_gone())) entry.session->CancelAll();
  }
}

}  // namespace chimera::mcp
