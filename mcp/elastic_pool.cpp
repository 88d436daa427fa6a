#include "mcp/elastic_pool.h"

#include <chrono>
#include <thread>
#include <utility>

namespace chimera::mcp {
namespace {

constexpr std::chrono::seconds kIdleLife{10};

}  // namespace

void ElasticPool::Add(Job job) {
  Threads ended;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    ended.swap(ended_);
    waiting_.push_back(std::move(job));
    if (idle_ < waiting_.size() && threads_.size() < most_) {
      const auto self = threads_.emplace(threads_.end());
      *self = std::thread([this, self] { Work(self); });
    } else {
      work_.notify_one();
    }
  }
  for (auto& thread : ended) thread.join();
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
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
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

}  // namespace chimera::mcp
