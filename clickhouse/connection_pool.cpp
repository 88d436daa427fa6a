#include "clickhouse/connection_pool.h"

#include <utility>

namespace chimera::clickhouse {
namespace {

Error Unsent(Error error) {
  error.unsent = true;
  return error;
}

Error Cancelled() {
  return Unsent(MakeError(ErrorCode::kCancelled, "the request was cancelled"));
}

Error TooLate() {
  return Unsent(MakeError(ErrorCode::kTimeout, "the deadline had passed before the statement was sent",
                          "allow the call more time"));
}

Error Busy(size_t size) {
  return Unsent(MakeError(ErrorCode::kBusy,
                          "all " + std::to_string(size) + " connections to the database were in use until the deadline",
                          "run fewer queries at once, or try again later"));
}

}  // namespace

ConnectionPool::Lease::~Lease() {
  if (!connection_) return;
  pool_.Release(keep_ ? std::move(connection_) : nullptr);
}

ConnectionPool::ConnectionPool(Options options) : options_(std::move(options)) {}

Result<ConnectionPool::Lease> ConnectionPool::Acquire(const RequestContext& context) {
  if (context.Cancelled()) return Cancelled();
  if (context.deadline.Expired()) return TooLate();
  {
    std::unique_lock lock(mutex_);
    if (in_use_ < options_.size && waiters_.empty()) {
      ++in_use_;
    } else if (auto error = WaitForTurn(lock, context)) {
      return *std::move(error);
    }
  }
  auto connection = TakeIdle();
  return Lease(*this, connection ? std::move(connection) : options_.make());
}

std::optional<Error> ConnectionPool::WaitForTurn(std::unique_lock<std::mutex>& lock, const RequestContext& context) {
  Waiter waiter;
  auto place = waiters_.insert(waiters_.end(), &waiter);
  auto until = Deadline::Clock::now() + context.deadline.Remaining();
  waiter.wake.wait_until(lock, context.stop, until, [&waiter] { return waiter.granted; });
  if (waiter.granted) return std::nullopt;
  waiters_.erase(place);
  return context.Cancelled() ? Cancelled() : Busy(options_.size);
}

std::unique_ptr<Connection> ConnectionPool::TakeIdle() {
  std::vector<Idle> unusable;  // closed after the lock is gone: closing TLS writes
  std::lock_guard lock(mutex_);
  while (!idle_.empty()) {
    Idle last = std::move(idle_.back());
    idle_.pop_back();
    if (!last.keep_until.Expired() && !last.connection->IsStale()) return std::move(last.connection);
    unusable.push_back(std::move(last));
  }
  return nullptr;
}

void ConnectionPool::Release(std::unique_ptr<Connection> connection) {
  std::lock_guard lock(mutex_);
  if (connection) idle_.push_back({std::move(connection), Deadline::After(options_.idle_lifetime)});
  if (waiters_.empty()) {
    --in_use_;
    return;
  }
  Waiter* next = waiters_.front();
  waiters_.pop_front();
  next->granted = true;
  next->wake.notify_one();
}

ConnectionPool::Counts ConnectionPool::Count() const {
  std::lock_guard lock(mutex_);
  return {in_use_, idle_.size(), waiters_.size()};
}

}  // namespace chimera::clickhouse
