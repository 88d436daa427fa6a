#include "mcp/work_queue.h"

#include <utility>

namespace chimera::mcp {

WorkQueue::WorkQueue(size_t threads, size_t max_waiting_cost) : max_waiting_cost_(max_waiting_cost) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

WorkQueue::~WorkQueue() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  threads_.clear();
}

bool WorkQueue::Add(size_t cost, Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (!waiting_.empty() && waiting_cost_ + cost > max_waiting_cost_) return false;
    waiting_.push_back({cost, std::move(job)});
    waiting_cost_ += cost;
  }
  changed_.notify_all();
  return true;
}

bool WorkQueue::WaitIdle(Deadline deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, deadline.Remaining(), [this] { return waiting_.empty() && running_ == 0; });
}

void WorkQueue::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
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
    if (waiting_.empty() && running_ == 0) changed_.notify_all();
  }
}

}  // namespace chimera::mcp
