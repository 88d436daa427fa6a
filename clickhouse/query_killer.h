// Stops queries on one host that nobody waits for any more: KILL QUERY … ASYNC, sent from a thread and a connection
// of its own, so that neither the caller, an exhausted pool nor another host delays it. Best effort: a failed kill is
// only logged, and not even that where nothing has ever answered.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/deadline.h"
#include "clickhouse/connection.h"

namespace chimera::clickhouse {

class QueryKiller {
 public:
  /// The connection is made with the first kill and kept until it was idle for `idle_lifetime`, so that kills that
  /// come together pay for one handshake.
  QueryKiller(Endpoint endpoint, std::chrono::milliseconds idle_lifetime);
  /// Sends what is still queued, for at most about two seconds, so that a program that ends leaves no query behind.
  ~QueryKiller();

  /// `headers` say who asks: an account may stop its own queries. Never blocks. Drops the request when 64 are queued.
  /// Thread-safe.
  void Kill(std::string query_id, std::vector<Header> headers);

  /// Takes no more after `moment`; the destructor then waits no longer than that. Never blocks: for a caller that ends
  /// several killers.
  void FinishBy(Deadline moment);

 private:
  struct Job {
    std::string query_id;
    std::vector<Header> headers;
  };
  void Run();
  void Send(const Job& job, Deadline deadline);
  bool TrySend(const Job& job, Deadline deadline);

  const Endpoint endpoint_;
  const std::chrono::milliseconds idle_lifetime_;
  std::unique_ptr<Connection> connection_;  ///< of the thread
  bool failing_ = false;                    ///< of the thread: the latest kill failed, which the log has said
  std::mutex mutex_;                        ///< guards the queue and `last_moment_`
  std::condition_variable changed_;
  std::deque<Job> queue_;
  Deadline last_moment_;  ///< set when the killer is being destroyed
  std::thread thread_;
};

}  // namespace chimera::clickhouse
