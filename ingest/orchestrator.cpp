#include "ingest/orchestrator.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/log.h"

namespace chimera::ingest {
namespace {

using std::chrono::milliseconds;

// How often another process is asked whether it has finished.
constexpr milliseconds kLook{5};
constexpr milliseconds kFirstBackoff{200};
constexpr milliseconds kLongestBackoff{5000};
constexpr std::chrono::minutes kSweepEvery{10};

milliseconds AgeOf(Position position) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<milliseconds>(now - std::chrono::microseconds(position));
}

milliseconds Backoff(int failures) {
  return std::min(kLongestBackoff, kFirstBackoff * (1 << std::min(failures - 1, 10)));
}

}  // namespace

Orchestrator::Orchestrator(Store& store, clickhouse::Client& client, OrchestratorOptions options)
    : store_(store), options_(std::move(options)), flusher_(store, client, options_.flush) {}

Orchestrator::~Orchestrator() {
  thread_.request_stop();
  wake_.notify_all();
}

void Orchestrator::Start() {
  const std::lock_guard lock(mutex_);
  if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

Result<Accepted> Orchestrator::Accept(const RequestContext& context, const Write& write) {
  auto accepted = store_.Append(context, write);
  if (!accepted || accepted->repeated) return accepted;
  std::lock_guard lock(mutex_);
  for (const Slice& slice : write.slices) accepted_ += slice.rows;
  if (sleeping_ || accepted_ >= options_.flush.batch.rows) {
    sleeping_ = false;
    accepted_ = 0;
    woken_ = true;
    wake_.notify_one();
  }
  return accepted;
}

Status Orchestrator::Flush(const RequestContext& context, const std::vector<Destination>& tables, Position until) {
  const auto start = Clock::now();
  while (true) {
    uint64_t round = 0;
    {
      const std::lock_guard lock(mutex_);
      round = rounds_;
    }
    auto backlogs = store_.Backlogs(context);
    if (!backlogs) return std::move(backlogs).error();
    const bool waits = std::any_of(backlogs->begin(), backlogs->end(), [&](const Backlog& backlog) {
      return backlog.oldest > 0 && backlog.oldest <= until &&
             std::find(tables.begin(), tables.end(), backlog.to) != tables.end();
    });
    if (!waits) return Ok();
    if (context.Cancelled()) return MakeError(ErrorCode::kCancelled, "cancelled while buffered rows were flushed");
    if (context.deadline.Expired()) return MakeError(ErrorCode::kTimeout, "buffered rows are not stored yet");
    if (auto failed = FailedSince(tables, start)) return *std::move(failed);
    Want(tables, until);
    std::unique_lock lock(mutex_);
    round_done_.wait_for(lock, context.stop, context.deadline.Remaining(), [&] { return rounds_ != round; });
  }
}

void Orchestrator::Want(const std::vector<Destination>& tables, Position until) {
  Start();
  const std::lock_guard lock(mutex_);
  for (const Destination& table : tables) wanted_[table] = std::max(wanted_[table], until);
  woken_ = true;
  wake_.notify_one();
}

std::optional<Error> Orchestrator::FailedSince(const std::vector<Destination>& tables, Clock::time_point start) const {
  const std::lock_guard lock(mutex_);
  for (const Destination& table : tables) {
    const auto trouble = troubles_.find(table);
    if (trouble != troubles_.end() && trouble->second.at >= start) return trouble->second.error;
  }
  return std::nullopt;
}

std::map<Destination, Error> Orchestrator::Troubles() const {
  std::lock_guard lock(mutex_);
  std::map<Destination, Error> troubles;
  for (const auto& [to, trouble] : troubles_) troubles.emplace(to, trouble.error);
  return troubles;
}

void Orchestrator::Run(const std::stop_token& stop) {
  auto swept = Clock::now();
  while (!stop.stop_requested()) {
    const RequestContext context = RequestContext::For("flush", options_.flush_time, stop);
    const milliseconds pause = Round(context);
    {
      const std::lock_guard lock(mutex_);
      ++rounds_;
    }
    round_done_.notify_all();
    Sleep(stop, pause);
    if (Clock::now() - swept < kSweepEvery) continue;
    swept = Clock::now();
    if (Status done = store_.Sweep(context); !done) log::Warning("buffer: " + done.error().message);
  }
}

/// How long there is nothing to do after it.
milliseconds Orchestrator::Round(const RequestContext& context) {
  {
    const std::lock_guard lock(mutex_);
    accepted_ = 0;
    woken_ = false;
    sleeping_ = true;  // a write that comes from here on calls for a look of its own
  }
  auto backlogs = store_.Backlogs(context);
  if (!backlogs) {
    if (!context.Cancelled()) log::Warning(store_.Name() + ": " + backlogs.error().message);
    return kLongestBackoff / 5;
  }
  milliseconds pause = options_.max_wait;  // others may write into the same store
  const std::vector<Task> due = Due(*backlogs, pause);
  if (due.empty()) return pause;
  return FlushAll(context, due) ? milliseconds(0) : kLook;
}

std::vector<Orchestrator::Task> Orchestrator::Due(const std::vector<Backlog>& backlogs, milliseconds& pause) {
  const std::lock_guard lock(mutex_);
  const auto wanted = std::exchange(wanted_, {});
  uint64_t most = 0;  // rows that wait for one table
  std::vector<Task> due;
  for (const Backlog& backlog : backlogs) {
    if (backlog.oldest == 0) continue;
    sleeping_ = false;  // the time of the next look is known
    milliseconds left = options_.max_wait - AgeOf(backlog.oldest);
    const BatchLimits& batch = options_.flush.batch;
    if (backlog.sealed || backlog.rows >= batch.rows || backlog.bytes >= batch.bytes) left = milliseconds(0);
    if (const auto trouble = troubles_.find(backlog.to); trouble != troubles_.end()) {
      left = std::max(left, std::chrono::ceil<milliseconds>(trouble->second.next - Clock::now()));
    }
    if (const auto asked = wanted.find(backlog.to); asked != wanted.end() && asked->second >= backlog.oldest) {
      left = milliseconds(0);
    }
    if (left <= milliseconds(0))
      due.push_back({backlog.to, backlog.newest});
    else
      pause = std::min(pause, left);
    if (left > milliseconds(0)) most = std::max(most, backlog.rows);
  }
  accepted_ += most;
  return due;
}

/// False when another process has the lease.
bool Orchestrator::FlushAll(const RequestContext& context, const std::vector<Task>& tasks) {
  auto lease = store_.TryLease(context);
  if (!lease) log::Warning(store_.Name() + ": " + lease.error().message);
  if (!lease || *lease == nullptr) return false;
  std::map<std::string, std::vector<Task>> datasets;
  for (const Task& task : tasks) datasets[task.to.dataset].push_back(task);
  std::vector<std::jthread> others;
  for (auto of = std::next(datasets.begin()); of != datasets.end(); ++of) {
    others.emplace_back([&, of] { FlushDataset(context, **lease, of->second); });
  }
  FlushDataset(context, **lease, datasets.begin()->second);
  return true;
}

/// As many tables side by side as one dataset may have.
void Orchestrator::FlushDataset(const RequestContext& context, Lease& lease, const std::vector<Task>& tasks) {
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < tasks.size(); i = next++) FlushTable(context, lease, tasks[i]);
  };
  std::vector<std::jthread> others;
  for (size_t i = 1; i < std::min(options_.flushes_per_dataset, tasks.size()); ++i) others.emplace_back(work);
  work();
}

void Orchestrator::FlushTable(const RequestContext& context, Lease& lease, const Task& task) {
  while (!context.Cancelled() && lease.Renew()) {
    RequestContext own = context;
    own.deadline = Deadline::After(options_.flush_time);
    const auto start = Clock::now();
    const auto flushed = flusher_.FlushOne(own, task.to);
    if (flushed && !*flushed) return;
    Note(task.to, flushed, Clock::now() - start);
    if (!flushed || (*flushed)->batch.last >= task.until) return;
  }
}

void Orchestrator::Note(const Destination& to, const Result<std::optional<Flushed>>& flushed,
                        std::chrono::nanoseconds took) {
  if (options_.on_flush) options_.on_flush(to, flushed, took);
  std::lock_guard lock(mutex_);
  if (flushed) {
    if (troubles_.erase(to) > 0) log::Info("buffered rows of " + to.FullName() + " are stored again");
    return;
  }
  const Error& error = flushed.error();
  if (error.code == ErrorCode::kCancelled) return;
  Trouble& trouble = troubles_[to];
  const bool news = trouble.error.message != error.message;
  trouble.error = error;
  trouble.at = Clock::now();
  trouble.next = trouble.at + Backoff(++trouble.failures);
  if (news) log::Error("buffered rows of " + to.FullName() + " cannot be stored now; they wait: " + error.message);
}

void Orchestrator::Sleep(const std::stop_token& stop, milliseconds time) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop, time, [this] { return woken_; });
}

}  // namespace chimera::ingest
