// Threads that run jobs in the order in which they came; each is started when it is first needed. What waits is bounded
// by its cost.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/deadline.h"

namespace chimera::mcp {

class WorkQueue {
 public:
  using Job = std::function<void()>;  ///< must not throw

  WorkQueue(size_t threads, size_t max_waiting_cost);
  /// Runs what waits, then joins.
  ~WorkQueue();

  /// False, without taking the job, when what waits would cost more than the limit, or no thread can be started. Never
  /// blocks. A job with nothing before it is taken whatever it costs.
  bool Add(size_t cost, Job job);
  /// True when nothing waits or runs, which is waited for until `deadline`.
  bool WaitIdle(Deadline deadline);

 private:
  struct Waiting {
    size_t cost;
    Job job;
  };
  void Work();
  bool StartThread();

  const size_t max_threads_;
  const size_t max_waiting_cost_;
  std::mutex mutex_;
  std::condition_variable added_;  ///< wakes one thread for one job: waking all costs more than a small query
  std::condition_variable idle_;
  std::deque<Waiting> waiting_;
  size_t waiting_cost_ = 0;
  size_t running_ = 0;
  size_t resting_ = 0;  ///< threads without a job
  bool closed_ = false;
  std::vector<std::jthread> threads_;  // last: they use the rest
};

}  // namespace chimera::mcp
