#include "engine/running_queries.h"

#include "engine/exception.h"

namespace chimera::engine {
namespace {

using Clock = std::chrono::steady_clock;

// How soon a client's leaving is seen, and the age below which nobody looks.
constexpr std::chrono::milliseconds kTick{25};
// The watcher sleeps for good only after this long without a query, so that a busy engine never has to wake it.
constexpr int kIdleTicks = 40;

}  // namespace

RunningQueries::RunningQueries(std::function<void(const std::string&)> kill) : kill_(std::move(kill)) {
  watcher_ = std::thread([this] { Watch(); });
}

RunningQueries::~RunningQueries() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  watcher_.join();
}

RunningQueries::Entry* RunningQueries::Named(const std::string& query_id) {
  for (auto& [number, entry] : entries_) {
    if (entry.query.query_id == query_id) return &entry;
  }
  return nullptr;
}

Result<RunningQueries::Ticket> RunningQueries::Enter(RunningQuery query) {
  std::lock_guard lock(mutex_);
  if (Named(query.query_id))
    return Exception(kDuplicateQueryId, "Query with id = " + query.query_id + " is already running.");
  const uint64_t number = next_++;
  entries_.emplace(number, Entry{std::move(query), Clock::now()});
  if (parked_) wake_.notify_one();
  return Ticket(*this, number);
}

void RunningQueries::Leave(uint64_t number) {
  std::lock_guard lock(mutex_);
  entries_.erase(number);
}

std::optional<RunningQueries::Known> RunningQueries::Find(const std::string& query_id) {
  std::lock_guard lock(mutex_);
  const Entry* entry = Named(query_id);
  if (!entry) return std::nullopt;
  return Known{entry->query.user, entry->query.text};
}

void RunningQueries::Kill(const std::string& query_id) {
  {
    std::lock_guard lock(mutex_);
    Entry* entry = Named(query_id);
    if (!entry) return;
    entry->killed = true;
  }
  kill_(query_id);
}

void RunningQueries::KillAll() {
  std::lock_guard lock(mutex_);
  for (auto& [number, entry] : entries_) entry.killed = true;
}

std::vector<std::string> RunningQueries::Doomed() {
  std::vector<std::string> doomed;
  const auto young = Clock::now() - kTick;
  for (auto& [number, entry] : entries_) {
    if (!entry.killed && entry.query.ends_with_client && entry.since < young) entry.killed = entry.query.client_left();
    if (entry.killed) doomed.push_back(entry.query.query_id);
  }
  return doomed;
}

void RunningQueries::Watch() {
  std::unique_lock lock(mutex_);
  for (int idle = 0; !stopping_;) {
    idle = entries_.empty() ? idle + 1 : 0;
    parked_ = idle > kIdleTicks;
    const auto woken = [&] { return stopping_ || (parked_ && !entries_.empty()); };
    if (parked_)
      wake_.wait(lock, woken);
    else
      wake_.wait_for(lock, kTick, woken);
    const std::vector<std::string> doomed = Doomed();
    lock.unlock();
    for (const std::string& query_id : doomed) kill_(query_id);
    lock.lock();
  }
}

}  // namespace chimera::engine
