// Stops queries on the server that nobody waits for any more: KILL QUERY … ASYNC, sent from a thread and a connection
// of its own, so that neither the caller nor an exhausted pool delays it. Best effort: a failed kill is only logged.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/deadline.h"
#include "clickhouse/connection.h"

namespace chimera::clickhouse {

class QueryKiller {
 public:
  /// `headers` go with every kill (who asks); `alarm` must outlive the killer.
  QueryKiller(Endpoint endpoint, std::vector<Header> headers, Alarm& alarm);
  /// Sends what is still queued, for at most about two seconds, so that a program that ends leaves no query behind.
  ~QueryKiller();

  /// Never blocks. Drops the request when 64 are queued. Thread-safe.
  void Kill(std::string query_id);

 private:
  void Run();
  void Send(const std::string& query_id, Deadline deadline);

  const Endpoint endpoint_;
  const std::vector<Header> headers_;
  Alarm& alarm_;
  std::mutex mutex_;  ///< guards the queue and `last_moment_`
  std::condition_variable changed_;
  std::deque<std::string> queue_;
  Deadline last_moment_;  ///< set when the killer is being destroyed
  std::thread thread_;
};

}  // namespace chimera::clickhouse
