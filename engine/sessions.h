// The connections that requests run on: one of its own for each, or that of the HTTP session that it names, whose
// settings, database and temporary tables stay from request to request. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/connection_state.h"
#include "engine/database.h"
#include "engine/request.h"

namespace chimera::engine {

class Sessions {
 public:
  using Key = std::pair<std::string, std::string>;  ///< an account's name and a session's id

  /// A connection on loan to one request; it goes back, or is closed, when this goes. Used by one thread.
  class Lease {
   public:
    Lease(Lease&& other) noexcept
        : connection_(std::move(other.connection_)),
          owner_(std::exchange(other.owner_, nullptr)),
          terms_(std::move(other.terms_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (owner_) owner_->Return(*this);
    }

    chdb::Connection* operator->() { return &*connection_; }

   private:
    friend class Sessions;
    struct Terms {
      Key key;
      SessionRequest session;
      bool readonly = false;
      Changes changes;
    };
    Lease(Sessions* owner, Terms terms) : owner_(owner), terms_(std::move(terms)) {}

    std::optional<chdb::Connection> connection_;
    Sessions* owner_;  ///< null when the connection is the request's own
    Terms terms_;
  };

  explicit Sessions(const Database& database)
      : database_(database), watcher_([this](const std::stop_token& stop) { Watch(stop); }) {}

  /// A connection for `request`, with its settings and its database. A ClickHouse exception: SESSION_IS_LOCKED while
  /// another request of the same session runs, SESSION_NOT_FOUND, USER_SESSION_LIMIT_EXCEEDED, or what the settings or
  /// the database are refused with. Leases must not outlive this.
  Result<Lease> Open(const QueryRequest& request);

 private:
  struct Session {
    std::optional<chdb::Connection> connection;  ///< away while a request has it; a read-only account's has none
    std::string database;                        ///< of a read-only account: all that can change there
    bool busy = true;
    std::chrono::steady_clock::time_point expires;
  };

  Result<Session*> Take(const Key& key, const SessionRequest& wanted);
  Status Prepare(const QueryRequest& request, Session& session, Lease& lease);
  void Return(Lease& lease);
  void Watch(const std::stop_token& stop);
  std::vector<Session> TakeExpired();

  const Database& database_;
  std::mutex mutex_;  // guards the map and its idle sessions; a busy one belongs to its lease
  std::condition_variable_any changed_;
  std::map<Key, Session> sessions_;
  std::jthread watcher_;  // last: it ends first
};

}  // namespace chimera::engine
