#include "transfer/batch_queue.h"

#include <utility>

namespace chimera::transfer {

bool BatchQueue::Push(QueuedBatch batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.size() < room_ || failure_; });
  if (failure_) return false;
  batch.turn = pushed_++;
  waiting_.push_back(std::move(batch));
  changed_.notify_all();
  return true;
}

void BatchQueue::Close(bool drop) {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  if (drop) waiting_.clear();
  changed_.notify_all();
}

std::optional<QueuedBatch> BatchQueue::Pop() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !waiting_.empty() || closed_ || failure_; });
  if (waiting_.empty() || failure_) return std::nullopt;
  QueuedBatch batch = std::move(waiting_.front());
  waiting_.pop_front();
  changed_.notify_all();
  return batch;
}

bool BatchQueue::PassInTurn(uint64_t turn, const std::function<Status()>& check) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return turn_ == turn || failure_; });
  if (failure_) return false;
  Status checked = check();
  if (!checked) failure_ = std::move(checked).error();
  ++turn_;
  changed_.notify_all();
  return !failure_;
}

void BatchQueue::Fail(Error error) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(error);
  changed_.notify_all();
}

bool BatchQueue::Failed() const {
  const std::lock_guard lock(mutex_);
  return failure_.has_value();
}

Status BatchQueue::Outcome() const {
  const std::lock_guard lock(mutex_);
  if (failure_) return *failure_;
  return Ok();
}

}  // namespace chimera::transfer
