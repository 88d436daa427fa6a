// The running buffer of one process: takes writes, and brings what waits into the database when there is enough of it,
// when it is old enough, or when somebody asks. Several processes may share a store; one of them flushes at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ingest/flusher.h"
#include "ingest/write_buffer.h"

namespace chimera::ingest {

struct OrchestratorOptions {
  FlusherOptions flush = {};
  std::chrono::milliseconds max_wait{1000};      ///< that a write waits for others
  size_t flushes_per_dataset = 2;                ///< tables of one dataset that are flushed at once
  std::chrono::milliseconds flush_time{60'000};  ///< for one batch
  /// Hears of every batch: what became of it, how long that took. From any thread; never blocks.
  std::function<void(const Destination&, const Result<std::optional<Flushed>>&, std::chrono::nanoseconds)> on_flush =
      {};
};

class Orchestrator : public WriteBuffer {
 public:
  /// Touches neither store nor database. Both must outlive this.
  Orchestrator(Store& store, clickhouse::Client& client, OrchestratorOptions options);
  /// Stops within the time of a step; what waits stays in the store for the next process.
  ~Orchestrator() override;

  /// From here on, what waits is flushed by a thread of this process. Once; Flush does it, too.
  void Start();

  Result<Accepted> Accept(const RequestContext& context, const Write& write) override;

  Status Flush(const RequestContext& context, const std::vector<Destination>& tables, Position until) override;
  Result<std::vector<Backlog>> Backlogs(const RequestContext& context) override { return store_.Backlogs(context); }
  Result<std::vector<Entry>> Waiting(const RequestContext& context, const Destination& to,
                                     const BatchLimits& limits) override {
    return store_.Read(context, to, 0, std::numeric_limits<Position>::max(), limits);
  }
  std::map<Destination, Error> Troubles() const override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Trouble {
    Error error;
    int failures = 0;
    Clock::time_point at{};    ///< of the latest failure
    Clock::time_point next{};  ///< when to try again
  };
  struct Task {
    Destination to;
    Position until = 0;
  };

  void Run(const std::stop_token& stop);
  std::chrono::milliseconds Round(const RequestContext& context);
  std::vector<Task> Due(const std::vector<Backlog>& backlogs, std::chrono::milliseconds& pause);
  bool FlushAll(const RequestContext& context, const std::vector<Task>& tasks);
  void FlushDataset(const RequestContext& context, Lease& lease, const std::vector<Task>& tasks);
  void FlushTable(const RequestContext& context, Lease& lease, const Task& task);
  void Want(const std::vector<Destination>& tables, Position until);
  std::optional<Error> FailedSince(const std::vector<Destination>& tables, Clock::time_point start) const;
  void Note(const Destination& to, const Result<std::optional<Flushed>>& flushed, std::chrono::nanoseconds took);
  void Sleep(const std::stop_token& stop, std::chrono::milliseconds time);

  Store& store_;
  const OrchestratorOptions options_;
  Flusher flusher_;
  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable_any wake_;
  uint64_t accepted_ = 0;  ///< rows that a table may have, as far as known; too many only cost a look
  bool sleeping_ = false;  ///< nothing waits, as far as known
  bool woken_ = false;
  std::map<Destination, Position> wanted_;  ///< by whoever waits in Flush
  uint64_t rounds_ = 0;
  std::condition_variable_any round_done_;
  std::map<Destination, Trouble> troubles_;
  std::jthread thread_;  ///< last: joined before what it uses goes
};

}  // namespace chimera::ingest
