// A bounded set of keep-alive connections to several hosts. Callers wait for a place, each until its own deadline or
// cancellation: the next one goes to whoever of the principals that wait holds the fewest, and among those to who came
// first. No named principal holds all of them. Knows nothing of statements, nor which host is the right one.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/connection.h"

namespace chimera::clickhouse {

class ConnectionPool {
 public:
  struct Options {
    size_t size = 10;       ///< connections at most, to all hosts together, at least 1
    size_t hosts = 1;       ///< they have the numbers from 0
    size_t connecting = 4;  ///< to one host at once at most: a server that comes back is not met by all at once
    /// An idle connection is closed when it is this old, or earlier when the server says `Keep-Alive: timeout=N`.
    std::chrono::milliseconds idle_lifetime{8000};
    /// A new connection, not yet connected; must not block.
    std::function<std::unique_ptr<Connection>(size_t host, std::chrono::milliseconds connect_timeout)> make;
  };

  /// A POST for a host, as `Lease::Send` takes it.
  struct Errand {
    size_t host = 0;
    std::chrono::milliseconds connect_timeout{5000};
    const Post& post;
  };

  /// The right to use one connection at a time. Destroying it gives the place to the next waiter; its connection is
  /// kept only when the latest reply was read whole. Must not outlive the pool; not thread-safe.
  class [[nodiscard]] Lease {
   public:
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&&) = delete;
    ~Lease();

    /// Sends over the connection it has to that host, or one that was idle and is not stale, or a new one; waits for
    /// its turn to connect. As Connection::Send otherwise.
    Exchange Send(const Errand& errand, const RequestContext& context, Receiver& receiver);

   private:
    friend class ConnectionPool;
    Lease(ConnectionPool& pool, std::string holder) : pool_(&pool), holder_(std::move(holder)) {}
    ConnectionPool* pool_;
    std::string holder_;
    std::unique_ptr<Connection> connection_;
    size_t host_ = 0;
  };

  struct Counts {
    size_t in_use = 0;
    size_t idle = 0;
    size_t waiting = 0;
  };

  explicit ConnectionPool(Options options);
  /// Every lease must be gone.
  ~ConnectionPool();

  /// A place among `size`. Waits while all are taken, or while the context's principal holds all but a quarter of them
  /// (but one at least): others find one at once then. Errors, all `unsent`: kBusy when none came free before the
  /// deadline, kTimeout when it had passed already, kCancelled. Thread-safe.
  Result<Lease> Acquire(const RequestContext& context);

  /// A snapshot. Thread-safe.
  Counts Count() const;

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    size_t host;
    Deadline keep_until;
  };
  /// Somebody who waits for a place, or with a place for the turn to connect.
  struct Waiter {
    std::condition_variable_any wake;
    std::string holder = {};  ///< who will hold the place
    bool granted = false;
    size_t host = 0;
    std::unique_ptr<Connection> connection = {};  ///< one that came free meanwhile
  };
  struct Opened {
    std::unique_ptr<Connection> connection;  ///< empty: nobody waits any more
    bool connecting = false;                 ///< holds a turn to connect
  };
  using Waiters = std::list<Waiter*>;

  bool Wait(std::unique_lock<std::mutex>& lock, const RequestContext& context, Waiters& queue, Waiter& waiter);
  Opened Open(const Errand& errand, const RequestContext& context);
  std::unique_ptr<Connection> TakeIdle(size_t host, std::vector<Idle>& discarded);
  void MakeRoom(std::vector<Idle>& discarded);
  void EndConnecting(size_t host);
  void Dropped();
  void Release(Lease& lease);
  bool MayHold(const std::string& holder) const;
  Waiters::iterator NextForPlace();
  void KeepIdle(Lease& lease);
  Waiters::iterator FirstToConnect(size_t host);
  void Sweep();

  const Options options_;
  mutable std::mutex mutex_;            ///< guards everything below
  size_t in_use_ = 0;                   ///< places taken
  std::map<std::string, size_t> held_;  ///< of them, by principal; who has no name is ""
  size_t open_ = 0;                     ///< connections in leases
  std::vector<size_t> connecting_;      ///< by host
  std::vector<Idle> idle_;              ///< the most recently used last
  Waiters for_place_;                   ///< the first to be served first
  Waiters to_connect_;
  Deadline::Clock::time_point sweep_at_ = Deadline::Clock::time_point::max();
  bool stopping_ = false;
  std::condition_variable sweep_;
  std::thread sweeper_;  ///< closes idle connections when their time is over
};

}  // namespace chimera::clickhouse
