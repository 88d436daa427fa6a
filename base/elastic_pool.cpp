#include "base/elastic_pool.h"

#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

namespace chimera {
namespace {

constexpr std::chrono::seconds kIdleLife{10};

}  // namespace

bool ElasticPool::Add(Job job) {
  Threads ended;
  bool taken = false;
  {
    const std::lock_guard lock(mutex_);
    ended.swap(ended_);
    const bool wants_thread = idle_ <= waiting_.size();
    const bool started = !closed_ && wants_thread && threads_.size() < most_ && StartThread();
    taken = !closed_ && !threads_.empty() && (started || busy_ + waiting_.size() < 2 * most_);
    if (taken) waiting_.push_back(std::move(job));
  }
  if (taken) work_.notify_one();
  for (auto& thread : ended) thread.join();
  return taken;
}

/// The system may refuse (a limit of the account, a container's pids limit).
bool ElasticPool::StartThread() {
  const auto self = threads_.emplace(threads_.end());
  try {
    *self = std::thread([this, self] { Work(self); });
    return true;
  } catch (const std::system_error&) {
    threads_.erase(self);
    return false;
  }
}

void ElasticPool::Work(Threads::iterator self) {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    work_.wait_for(lock, kIdleLife, [this] { return closed_ || !waiting_.empty(); });
    --idle_;
    if (waiting_.empty()) break;
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    ++busy_;
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    --busy_;
  }
  if (!closed_) ended_.splice(ended_.end(), threads_, self);
}

void ElasticPool::Close() {
  Threads all;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    all.splice(all.end(), threads_);
    all.splice(all.end(), ended_);
  }
  work_.notify_all();
  for (auto& thread : all) thread.join();
}

}  // namespace chimera
