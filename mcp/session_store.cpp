#include "mcp/session_store.h"

#include <utility>

#include "base/text.h"

namespace chimera::mcp {

SessionStore::SessionStore(size_t max_sessions, std::chrono::seconds idle, std::function<Clock::time_point()> now)
    : max_sessions_(max_sessions), idle_(idle), now_(std::move(now)) {}

std::shared_ptr<Session> SessionStore::NewSession(std::string owner) {
  return std::make_shared<Session>(RandomHex(24), std::move(owner));
}

bool SessionStore::Add(std::shared_ptr<Session> session) {
  Entries stale;
  bool room = false;
  {
    const std::lock_guard lock(mutex_);
    stale = TakeStale();
    room = entries_.size() < max_sessions_;
    if (room) {
      entries_.push_front({std::move(session), now_()});
      by_id_[entries_.front().session->Id()] = entries_.begin();
    }
  }
  for (const Entry& entry : stale) entry.session->End();
  return room;
}

std::shared_ptr<Session> SessionStore::Find(std::string_view id, std::string_view owner) {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end() || found->second->session->Owner() != owner) return nullptr;
  if (now_() - found->second->used > idle_) return nullptr;
  found->second->used = now_();
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->session;
}

bool SessionStore::End(std::string_view id, std::string_view owner) {
  Entries ended;
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_id_.find(id);
    if (found == by_id_.end() || found->second->session->Owner() != owner) return false;
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

/// Those that are idle for too long, and as many more as one place takes.
SessionStore::Entries SessionStore::TakeStale() {
  Entries stale;
  for (auto next = entries_.end(); next != entries_.begin();) {
    const auto entry = std::prev(next);
    if (entries_.size() < max_sessions_ && now_() - entry->used <= idle_) break;
    if (entry->session.use_count() > 1) {
      next = entry;
    } else {
      by_id_.erase(entry->session->Id());
      stale.splice(stale.begin(), entries_, entry);
    }
  }
  return stale;
}

size_t SessionStore::Size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace chimera::mcp
