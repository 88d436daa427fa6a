#include "engine/sessions.h"

#include "engine/exception.h"

namespace chimera::engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMaxSessions = 100;  // each holds a connection
constexpr std::chrono::seconds kSweep{1};

}  // namespace

Result<Sessions::Lease> Sessions::Open(const QueryRequest& request) {
  if (request.session.id.empty()) {
    auto own = database_.Connect(request);
    if (!own) return own.error();
    Lease lease(nullptr, {});
    lease.connection_.emplace(std::move(own).value());
    return lease;
  }
  const Key key{request.account.name, request.session.id};
  auto session = Take(key, request.session);
  if (!session) return session.error();
  Lease lease(this, {key, request.session, request.account.readonly, {}});
  if (Status ready = Prepare(request, **session, lease); !ready) return ready.error();
  return lease;
}

/// The session, busy from here on.
Result<Sessions::Session*> Sessions::Take(const Key& key, const SessionRequest& wanted) {
  std::optional<Session> expired;  // closed behind the lock
  std::lock_guard lock(mutex_);
  auto found = sessions_.find(key);
  if (found != sessions_.end() && found->second.busy)
    return Exception(kSessionIsLocked, "Session " + wanted.id + " is locked by a concurrent client.");
  if (found != sessions_.end() && found->second.expires <= Clock::now()) {
    expired = std::move(found->second);
    sessions_.erase(found);
    found = sessions_.end();
  }
  if (found == sessions_.end() && wanted.must_exist)
    return Exception(kSessionNotFound, "Session " + wanted.id + " not found.");
  if (found == sessions_.end() && sessions_.size() >= kMaxSessions) {
    return Exception(kSessionLimitExceeded, "The engine holds " + std::to_string(kMaxSessions) +
                                                " sessions already. Close some (close_session=1), or let them expire.");
  }
  if (found == sessions_.end()) found = sessions_.try_emplace(key).first;
  found->second.busy = true;
  changed_.notify_all();
  return &found->second;
}

Status Sessions::Prepare(const QueryRequest& request, Session& session, Lease& lease) {
  QueryRequest opened;
  if (request.account.readonly) {
    // Nothing but the database can stay here, and nothing that is set could be changed back.
    opened = request;
    if (opened.database.empty()) opened.database = session.database;
    lease.terms_.changes.requested = request.database;
  } else {
    opened.query_id = request.query_id;
    lease.connection_ = std::move(session.connection);
    session.connection.reset();
  }
  if (!lease.connection_) {
    auto connection = database_.Connect(opened);
    if (!connection) return connection.error();
    lease.connection_.emplace(std::move(connection).value());
  }
  return request.account.readonly ? Ok() : Apply(*lease.connection_, request, lease.terms_.changes);
}

void Sessions::Return(Lease& lease) {
  const Lease::Terms& terms = lease.terms_;
  std::string chosen;
  if (lease.connection_ && terms.readonly) {
    const auto current = CurrentDatabase(*lease.connection_);
    if (current && *current != terms.changes.requested) chosen = *current;
    lease.connection_.reset();
  } else if (lease.connection_) {
    Undo(*lease.connection_, terms.changes);
  }
  std::lock_guard lock(mutex_);
  const auto found = sessions_.find(terms.key);
  if (terms.session.close) return void(sessions_.erase(found));
  Session& session = found->second;
  if (lease.connection_) session.connection.emplace(std::move(*lease.connection_));
  if (!chosen.empty()) session.database = chosen;
  session.expires = Clock::now() + terms.session.timeout;
  session.busy = false;
}

void Sessions::Watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    std::vector<Session> expired = TakeExpired();
    if (!expired.empty()) {
      lock.unlock();
      expired.clear();
      lock.lock();
    }
    if (sessions_.empty())
      changed_.wait(lock, stop, [&] { return !sessions_.empty(); });
    else
      changed_.wait_for(lock, stop, kSweep, [] { return false; });
  }
}

/// Those whose time is over, to be closed without the lock, which the caller holds.
std::vector<Sessions::Session> Sessions::TakeExpired() {
  std::vector<Session> expired;
  const auto now = Clock::now();
  for (auto at = sessions_.begin(); at != sessions_.end();) {
    const bool over = !at->second.busy && at->second.expires <= now;
    if (over) expired.push_back(std::move(at->second));
    at = over ? sessions_.erase(at) : std::next(at);
  }
  return expired;
}

}  // namespace chimera::engine
