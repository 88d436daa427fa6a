#include "mcp/session_store.h"

#include <utility>

#include "base/text.h"

namespace chimera::mcp {

SessionStore::SessionStore(size_t max_sessions, std::chrono::seconds idle, std::function<Clock::time_point()> now)
    : max_sessions_(max_sessions), idle_(idle), now_(std::move(now)) {}

std::shared_ptr<Session> SessionStore::NewSession() {
  return std::make_shared<Session>(RandomHex(24));
}

void SessionStore::Add(std::shared_ptr<Session> session) {
  Entries stale;
  {
    const std::lock_guard lock(mutex_);
    entries_.push_front({std::move(session), now_()});
    by_id_[entries_.front().session->Id()] = entries_.begin();
    stale = TakeStale(max_sessions_);
  }
  for (const Entry& entry : stale) entry.session->End();
}

std::shared_ptr<Session> SessionStore::Find(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end() || now_() - found->second->used > idle_) return nullptr;
  found->second->used = now_();
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->session;
}

bool SessionStore::End(std::string_view id) {
  Entries ended;
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return false;
    ended.splice(ended.begin(), entries_, found->second);
    by_id_.erase(found);
  }
  ended.front().session->End();
  return true;
}

void SessionStore::CancelAll() {
  Entries all;
  {
    const std::lock_guard lock(mutex_);
    all = entries_;
  }
  for (const Entry& entry : all) entry.session->CancelAll();
}

SessionStore::Entries SessionStore::TakeStale(size_t max_sessions) {
  Entries stale;
  while (!entries_.empty() && (entries_.size() > max_sessions || now_() - entries_.back().used > idle_)) {
    by_id_.erase(entries_.back().session->Id());
    stale.splice(stale.begin(), entries_, std::prev(entries_.end()));
  }
  return stale;
}

size_t SessionStore::Size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace chimera::mcp
