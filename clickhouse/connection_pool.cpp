#include "clickhouse/connection_pool.h"

#include <algorithm>
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

/// Passes everything on, and says when the connection stands.
class Listener : public Receiver {
 public:
  Listener(Receiver& receiver, std::function<void()> connected)
      : receiver_(receiver), connected_(std::move(connected)) {}

  void OnConnected() override {
    connected_();
    receiver_.OnConnected();
  }
  void OnHead(const ReplyHead& head) override { receiver_.OnHead(head); }
  bool OnBody(std::string_view bytes) override { return receiver_.OnBody(bytes); }

 private:
  Receiver& receiver_;
  const std::function<void()> connected_;
};

}  // namespace

ConnectionPool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      holder_(std::move(other.holder_)),
      connection_(std::move(other.connection_)),
      host_(other.host_) {}

ConnectionPool::Lease::~Lease() {
  if (pool_ != nullptr) pool_->Release(*this);
}

Exchange ConnectionPool::Lease::Send(const Errand& errand, const RequestContext& context, Receiver& receiver) {
  if (connection_ && host_ != errand.host) {
    connection_.reset();
    pool_->Dropped();
  }
  host_ = errand.host;
  bool connecting = false;
  if (!connection_) {
    Opened opened = pool_->Open(errand, context);
    connection_ = std::move(opened.connection);
    connecting = opened.connecting;
  }
  if (!connection_) return {.outcome = context.Cancelled() ? Outcome::kCancelled : Outcome::kExpired};
  auto end_connecting = [&] {
    if (std::exchange(connecting, false)) pool_->EndConnecting(host_);
  };
  Listener listener(receiver, end_connecting);
  Exchange exchange = connection_->Send(errand.post, context, listener);
  end_connecting();
  if (exchange.outcome != Outcome::kComplete || connection_->UsableUntil().Expired()) {
    connection_.reset();
    pool_->Dropped();
  }
  return exchange;
}

ConnectionPool::ConnectionPool(Options options)
    : options_(std::move(options)), connecting_(options_.hosts), sweeper_([this] { Sweep(); }) {}

ConnectionPool::~ConnectionPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  sweep_.notify_one();
  sweeper_.join();
}

Result<ConnectionPool::Lease> ConnectionPool::Acquire(const RequestContext& context) {
  if (context.Cancelled()) return Cancelled();
  if (context.deadline.Expired()) return TooLate();
  std::string holder = context.principal ? context.principal->name : std::string();
  std::unique_lock lock(mutex_);
  if (in_use_ < options_.size && MayHold(holder)) {  // nobody who waits could take it, or Release had given it to him
    ++in_use_;
    ++held_[holder];
    return Lease(*this, std::move(holder));
  }
  Waiter waiter;
  waiter.holder = holder;
  if (Wait(lock, context, for_place_, waiter)) return Lease(*this, std::move(holder));
  return context.Cancelled() ? Cancelled() : Busy(options_.size);
}

/// True when the waiter was granted what it waits for.
bool ConnectionPool::Wait(std::unique_lock<std::mutex>& lock, const RequestContext& context, Waiters& queue,
                          Waiter& waiter) {
  auto place = queue.insert(queue.end(), &waiter);
  auto until = Deadline::Clock::now() + context.deadline.Remaining();
  waiter.wake.wait_until(lock, context.stop, until, [&waiter] { return waiter.granted; });
  if (!waiter.granted) queue.erase(place);
  return waiter.granted;
}

ConnectionPool::Opened ConnectionPool::Open(const Errand& errand, const RequestContext& context) {
  std::vector<Idle> discarded;  // closed after the lock is gone: closing TLS writes
  std::unique_lock lock(mutex_);
  if (auto idle = TakeIdle(errand.host, discarded)) return {std::move(idle), false};
  size_t& connecting = connecting_[errand.host];
  if (connecting < options_.connecting && FirstToConnect(errand.host) == to_connect_.end()) {
    ++connecting;
  } else {
    Waiter waiter;
    waiter.host = errand.host;
    if (!Wait(lock, context, to_connect_, waiter)) return {};
    if (waiter.connection) return {std::move(waiter.connection), false};
  }
  MakeRoom(discarded);
  ++open_;
  lock.unlock();
  return {options_.make(errand.host, errand.connect_timeout), true};
}

std::unique_ptr<Connection> ConnectionPool::TakeIdle(size_t host, std::vector<Idle>& discarded) {
  for (size_t i = idle_.size(); i-- > 0;) {
    if (idle_[i].host != host) continue;
    Idle found = std::move(idle_[i]);
    idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
    if (!found.keep_until.Expired() && !found.connection->IsStale()) {
      ++open_;
      return std::move(found.connection);
    }
    discarded.push_back(std::move(found));
  }
  return nullptr;
}

/// For one connection more, idle ones to other hosts have to go.
void ConnectionPool::MakeRoom(std::vector<Idle>& discarded) {
  while (!idle_.empty() && open_ + idle_.size() >= options_.size) {
    discarded.push_back(std::move(idle_.front()));
    idle_.erase(idle_.begin());
  }
}

ConnectionPool::Waiters::iterator ConnectionPool::FirstToConnect(size_t host) {
  return std::find_if(to_connect_.begin(), to_connect_.end(), [host](Waiter* waiter) { return waiter->host == host; });
}

void ConnectionPool::EndConnecting(size_t host) {
  std::lock_guard lock(mutex_);
  auto next = FirstToConnect(host);
  if (next == to_connect_.end()) {
    --connecting_[host];
    return;
  }
  (*next)->granted = true;
  (*next)->wake.notify_one();
  to_connect_.erase(next);
}

void ConnectionPool::Dropped() {
  std::lock_guard lock(mutex_);
  --open_;
}

void ConnectionPool::Release(Lease& lease) {
  std::lock_guard lock(mutex_);
  if (lease.connection_) KeepIdle(lease);
  --in_use_;
  if (const auto held = held_.find(lease.holder_); --held->second == 0) held_.erase(held);
  const auto next = NextForPlace();
  if (next == for_place_.end()) return;
  ++in_use_;
  ++held_[(*next)->holder];
  (*next)->granted = true;
  (*next)->wake.notify_one();
  for_place_.erase(next);
}

/// Whether a place that is free may go to `holder`. Where nobody has a name, nobody can be told from the others.
bool ConnectionPool::MayHold(const std::string& holder) const {
  const auto held = held_.find(holder);
  if (holder.empty() || held == held_.end()) return true;
  return held->second < options_.size - std::max<size_t>(options_.size / 4, 1);
}

ConnectionPool::Waiters::iterator ConnectionPool::NextForPlace() {
  auto best = for_place_.end();
  size_t fewest = 0;
  for (auto waiter = for_place_.begin(); waiter != for_place_.end(); ++waiter) {
    const auto found = held_.find((*waiter)->holder);
    const size_t held = found == held_.end() ? 0 : found->second;
    if (!MayHold((*waiter)->holder) || (best != for_place_.end() && held >= fewest)) continue;
    best = waiter;
    fewest = held;
  }
  return best;
}

void ConnectionPool::KeepIdle(Lease& lease) {
  auto next = FirstToConnect(lease.host_);
  if (next != to_connect_.end()) {
    (*next)->connection = std::move(lease.connection_);
    (*next)->granted = true;
    (*next)->wake.notify_one();
    to_connect_.erase(next);
    return;
  }
  --open_;
  Deadline keep_until = Deadline::After(options_.idle_lifetime).Earlier(lease.connection_->UsableUntil());
  idle_.push_back({std::move(lease.connection_), lease.host_, keep_until});
  if (keep_until.At() < sweep_at_) sweep_.notify_one();
}

void ConnectionPool::Sweep() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    std::vector<Idle> over;
    auto kept =
        std::stable_partition(idle_.begin(), idle_.end(), [](const Idle& idle) { return !idle.keep_until.Expired(); });
    std::move(kept, idle_.end(), std::back_inserter(over));
    idle_.erase(kept, idle_.end());
    if (!over.empty()) {
      lock.unlock();
      over.clear();
      lock.lock();
      continue;
    }
    sweep_at_ = Deadline::Clock::time_point::max();
    for (const Idle& idle : idle_) sweep_at_ = std::min(sweep_at_, idle.keep_until.At());
    if (idle_.empty()) {
      sweep_.wait(lock);
    } else {
      sweep_.wait_until(lock, sweep_at_);
    }
  }
}

ConnectionPool::Counts ConnectionPool::Count() const {
  std::lock_guard lock(mutex_);
  return {in_use_ - to_connect_.size(), idle_.size(), for_place_.size() + to_connect_.size()};
}

}  // namespace chimera::clickhouse
