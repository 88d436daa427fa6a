// The sessions of an HTTP server, found by their id. Bounded: of those that nobody uses, the longest unused one goes
// first; one with a request in flight or an open stream stays. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "mcp/session.h"

namespace chimera::mcp {

class SessionStore {
 public:
  using Clock = std::chrono::steady_clock;

  /// `now` is a parameter for tests.
  SessionStore(size_t max_sessions, std::chrono::seconds idle, std::function<Clock::time_point()> now = Clock::now);

  /// A session with an unguessable id of visible ASCII that is not in the store yet.
  static std::shared_ptr<Session> NewSession(std::string owner = {});
  /// Keeps `session`; ends those that are idle for too long or too many. False when it was not kept, because all others
  /// are in use. A session is in use while anybody besides the store holds it: a request, or the connection that
  /// carries its stream.
  bool Add(std::shared_ptr<Session> session);
  /// The session of `owner`, which counts as used now; nullptr when he has none of that id (any more).
  std::shared_ptr<Session> Find(std::string_view id, std::string_view owner = {});
  /// Forgets the session and cancels its requests. False when `owner` has none of that id.
  bool End(std::string_view id, std::string_view owner = {});
  void CancelAll();
  size_t Size() const;

 private:
  struct Entry {
    std::shared_ptr<Session> session;
    Clock::time_point used;
  };
  using Entries = std::list<Entry>;
  Entries TakeStale();

  const size_t max_sessions_;
  const std::chrono::seconds idle_;
  const std::function<Clock::time_point()> now_;
  mutable std::mutex mutex_;
  Entries entries_;                                                // the longest unused last
  std::unordered_map<std::string_view, Entries::iterator> by_id_;  // keys live in the sessions
};

}  // namespace chimera::mcp
