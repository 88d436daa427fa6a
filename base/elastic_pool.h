// Threads for work that waits: as many as there is work at once, up to a limit; an idle one ends after a while. Each
// job gets a thread at once while the limit allows. (cpp-httplib's own pool adds a thread only when it believes none to
// be idle, and leaves jobs of a burst waiting behind long ones.)
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace chimera {

class ElasticPool {
 public:
  using Job = std::function<void()>;  ///< must not throw

  /// `most` threads; as many jobs may wait for one.
  explicit ElasticPool(size_t most) : most_(most) {}
  /// Runs what waits, then waits for all threads.
  ~ElasticPool() { Close(); }
  ElasticPool(const ElasticPool&) = delete;
  ElasticPool& operator=(const ElasticPool&) = delete;

  /// Never blocks. Jobs above the limit wait in the order in which they came. False, without taking the job, when too
  /// many wait, when there is no thread for it and the system gives none, and after Close. Thread-safe.
  [[nodiscard]] bool Add(Job job);
  /// As the destructor; jobs that are added later are dropped.
  void Close();

 private:
  using Threads = std::list<std::thread>;
  void Work(Threads::iterator self);
  bool StartThread();

  const size_t most_;
  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable work_;
  std::deque<Job> waiting_;
  Threads threads_;
  Threads ended_;  ///< to be joined
  size_t idle_ = 0;
  size_t busy_ = 0;
  bool closed_ = false;
};

}  // namespace chimera
