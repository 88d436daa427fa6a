// A fixed set of threads that run jobs in the order in which they came. What waits is bounded by its cost.
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

  /// False, without taking the job, when what waits would cost more than the limit. Never blocks. A job with nothing
  /// before it is always taken.
  bool Add(size_t cost, Job job);
  /// True when nothing waits or runs, which is waited for until `deadline`.
  bool WaitIdle(Deadline deadline);

 private:
  struct Waiting {
    size_t cost;
    Job job;
  };
  void Work();

  const size_t max_waiting_cost_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  size_t waiting_cost_ = 0;
  size_t running_ = 0;
  bool closed_ = false;
  std::vector<std::jthread> threads_;  // last: they use the rest
};

}  // namespace chimera::mcp
