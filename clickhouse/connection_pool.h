// A bounded set of keep-alive connections. Callers wait for one in the order in which they came, each until its own
// deadline or cancellation. Knows nothing of statements.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/connection.h"

namespace chimera::clickhouse {

class ConnectionPool {
 public:
  struct Options {
    size_t size = 10;                                   ///< connections at most, at least 1
    std::chrono::seconds idle_lifetime{8};              ///< an idle connection older than this is not used again
    std::function<std::unique_ptr<Connection>()> make;  ///< a new connection, not yet connected; must not block
  };

  /// The right to use one connection. Destroying it gives the place to the next waiter; the connection is kept only
  /// after `Keep`. Must not outlive the pool.
  class [[nodiscard]] Lease {
   public:
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();

    Connection* operator->() { return connection_.get(); }
    /// Call after a reply was read whole: the connection can carry another request.
    void Keep() { keep_ = true; }

   private:
    friend class ConnectionPool;
    Lease(ConnectionPool& pool, std::unique_ptr<Connection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    ConnectionPool& pool_;
    std::unique_ptr<Connection> connection_;
    bool keep_ = false;
  };

  struct Counts {
    size_t in_use = 0;
    size_t idle = 0;
    size_t waiting = 0;
  };

  explicit ConnectionPool(Options options);

  /// A connection that was idle and is not stale, else a new one. Waits while all are in use. Errors, all `unsent`:
  /// kBusy when none came free before the deadline, kTimeout when it had passed already, kCancelled. Thread-safe.
  Result<Lease> Acquire(const RequestContext& context);

  /// A snapshot. Thread-safe.
  Counts Count() const;

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    Deadline keep_until;
  };
  struct Waiter {
    std::condition_variable_any wake;
    bool granted = false;
  };

  std::optional<Error> WaitForTurn(std::unique_lock<std::mutex>& lock, const RequestContext& context);
  std::unique_ptr<Connection> TakeIdle();
  void Release(std::unique_ptr<Connection> connection);

  const Options options_;
  mutable std::mutex mutex_;  ///< guards everything below
  size_t in_use_ = 0;
  std::vector<Idle> idle_;      ///< the most recently used last
  std::list<Waiter*> waiters_;  ///< the first to be served first
};

}  // namespace chimera::clickhouse
