#include "mcp/work_queue.h"

#include <system_error>
#include <utility>

namespace chimera::mcp {

WorkQueue::WorkQueue(size_t threads, size_t max_waiting_cost)
    : max_threads_(threads), max_waiting_cost_(max_waiting_cost) {}

WorkQueue::~WorkQueue() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  added_.notify_all();
  threads_.clear();
}

bool WorkQueue::Add(size_t cost, Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (!waiting_.empty() && waiting_cost_ + cost > max_waiting_cost_) return false;
    const bool more = resting_ <= waiting_.size() && threads_.size() < max_threads_;
    if (more && !StartThread() && threads_.empty()) return false;
    waiting_.push_back({cost, std::move(job)});
    waiting_cost_ += cost;
  }
  added_.notify_one();
  return true;
}

bool WorkQueue::WaitIdle(Deadline deadline) {
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, deadline.Remaining(), [this] { return waiting_.empty() && running_ == 0; });
}

bool WorkQueue::StartThread() {
  try {
    threads_.emplace_back([this] { Work(); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void WorkQueue::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++resting_;
    added_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    --resting_;
    if (waiting_.empty()) return;
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_cost_ -= next.cost;
    ++running_;
    lock.unlock();
    next.job();
    next.job = nullptr;  // frees what it holds outside the lock
    lock.lock();
    --running_;
    if (waiting_.empty() && running_ == 0) idle_.notify_all();
  }
}

}  // namespace chimera::mcp
