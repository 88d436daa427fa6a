#include "mcp/in_flight.h"

#include <utility>

namespace chimera::mcp {

void InFlight::Watch(const std::shared_ptr<Session>& session, ClientLink* client, const std::function<void()>& work) {
  std::list<std::shared_ptr<Session>>::iterator entry;
  bool late = false;
  {
    const std::lock_guard lock(mutex_);
    entry = sessions_.insert(sessions_.end(), session);
    late = deadline_.Expired();
  }
  if (late) session->CancelAll();
  if (client) client->WhenGone([session] { session->CancelAll(); });
  work();
  if (client) client->WhenGone(nullptr);
  const std::lock_guard lock(mutex_);
  sessions_.erase(entry);
}

void InFlight::CancelAt(Deadline deadline) {
  {
    const std::lock_guard lock(mutex_);
    deadline_ = deadline;
  }
  closer_ = std::jthread([this, deadline](const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any stopped;
    stopped.wait_until(lock, stop, deadline.At(), [] { return false; });
    if (!stop.stop_requested()) CancelAll();
  });
}

bool InFlight::Ended() {
  const std::lock_guard lock(mutex_);
  return deadline_.Expired();
}

void InFlight::CancelAll() {
  const std::lock_guard lock(mutex_);
  for (const auto& session : sessions_) session->CancelAll();
}

}  // namespace chimera::mcp
