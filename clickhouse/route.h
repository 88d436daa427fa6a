// The way to a database of several hosts: chooses a host that works, lends a connection to it, notes what came of each
// attempt, and stops on the host what nobody waits for. Knows how to carry a statement, not when to repeat one.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/connection_pool.h"
#include "clickhouse/hosts.h"
#include "clickhouse/http_client.h"
#include "clickhouse/progress_watcher.h"
#include "clickhouse/query_killer.h"
#include "clickhouse/reply.h"
#include "clickhouse/verdict.h"

namespace chimera::clickhouse {

class Routes;

/// A statement as it goes over the wire, once. Everything is borrowed for the call.
struct Letter {
  Kind kind = Kind::kRead;
  const std::string& query_id;
  std::string_view target;
  std::string_view body;
  const std::vector<Header>& headers;
  const std::vector<Header>& asker;  ///< those of `headers` that say who asks
};

/// A place in the pool and a host to use it with. Destroying it gives both back. Not thread-safe; must not outlive its
/// routes.
class Route {
 public:
  Route(Route&& other) noexcept;
  Route& operator=(Route&&) = delete;
  ~Route();

  size_t Host() const { return *choice_.host; }
  /// True when the circuit of the host is open and this is the attempt to close it.
  bool IsProbe() const { return choice_.probe; }

  /// Until when the host may take over a question that comes before a statement: where another host works, no longer
  /// than over a connection.
  Deadline AnswerBy(const RequestContext& context) const;

  /// The host let that time pass without an answer: notes in `verdict`, and for the choice of hosts, that it failed.
  void GiveUp(Verdict& verdict);

  /// Sends a statement and judges what comes back. Stops it on the host when it may still run there and nobody waits
  /// for it. Meanwhile the context hears how far a read has come, if it wants to. May be called several times.
  Verdict Carry(const RequestContext& context, const Letter& letter, TextReply& reply);

 private:
  friend class Routes;
  Route(Routes& routes, ConnectionPool::Lease lease, Hosts::Choice choice);
  std::chrono::milliseconds ConnectTimeout(const RequestContext& context) const;
  std::optional<ProgressWatcher::Watch> Watched(const RequestContext& context, const Letter& letter) const;
  void Report(const Verdict& verdict);

  Routes* routes_;
  ConnectionPool::Lease lease_;
  Hosts::Choice choice_;
  bool probing_;  ///< the host waits for our report
};

class Routes {
 public:
  using Wish = Hosts::Wish;

  /// `random` gives numbers from 0 up to 1, from any thread.
  Routes(const HttpOptions& options, std::function<double()> random);
  /// Waits at most about two seconds for queries that are still to be stopped.
  ~Routes();

  /// A route to a host of `wish`, after the waits for a place in the pool and, when every circuit is open, for the next
  /// attempt at one. `patience` is what the call has left for the latter and is used up by it: at the end kUnavailable,
  /// but only when an attempt at every host has failed meanwhile, or hangs. Otherwise the pool's errors.
  Result<Route> Take(const RequestContext& context, const Wish& wish, std::chrono::milliseconds& patience);

  size_t Count() const { return endpoints_.size(); }
  const Endpoint& Where(size_t host) const { return endpoints_[host]; }
  bool AnyWorks(const Wish& wish) const { return hosts_.AnyWorks(wish); }
  bool AllFail(const Wish& wish) const { return hosts_.AllFail(wish); }
  /// As Hosts::Unavailable.
  Error Unavailable(const Wish& wish) const { return hosts_.Unavailable(wish); }
  ClientState State() const;

 private:
  friend class Route;
  std::optional<Error> WaitForCircuit(const RequestContext& context, const Wish& wish, const Hosts::Choice& choice,
                                      Hosts::TimePoint arrived, std::chrono::milliseconds& patience);

  const std::vector<Endpoint> endpoints_;
  Hosts hosts_;
  ConnectionPool pool_;
  std::vector<std::unique_ptr<QueryKiller>> killers_;       ///< by host
  std::vector<std::unique_ptr<ProgressWatcher>> watchers_;  ///< by host, of the account that reads
};

}  // namespace chimera::clickhouse
