// Tells callers how far their statements on one host have come: asks system.processes about those that run for a while,
// from a thread and a connection of its own, so that no statement waits for it. Best effort: what the account may not
// see is not told, and a failure is a line of the debug log.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/deadline.h"
#include "base/request_context.h"
#include "clickhouse/connection.h"

namespace chimera::clickhouse {

class ProgressWatcher {
 public:
  using Tell = std::function<void(const Progress&)>;

  struct Options {
    Endpoint endpoint;
    std::vector<Header> headers;                    ///< of the account whose statements are watched
    std::string query_id_sql = "query_id";          ///< what in system.processes holds a statement's id
    std::chrono::milliseconds idle_lifetime{8000};  ///< of the connection, once there is nothing to watch
    /// A statement is first looked for at this age: most are over by then and cost nothing.
    std::chrono::milliseconds first_look{200};
    std::chrono::milliseconds pause{400};  ///< between two looks
  };

  /// Costs nothing before the first statement: thread and connection are made for that.
  explicit ProgressWatcher(Options options);
  /// Every watch must be gone. Breaks off a look that is under way.
  ~ProgressWatcher();

  struct Statement;
  /// A statement is watched for as long as this lives; afterwards its `tell` is not called any more. Destroying it
  /// never waits for the network.
  class [[nodiscard]] Watch {
   public:
    Watch(ProgressWatcher& watcher, std::shared_ptr<Statement> statement);
    Watch(Watch&& other) noexcept = default;
    Watch& operator=(Watch&&) = delete;
    ~Watch();

   private:
    ProgressWatcher* watcher_;
    std::shared_ptr<Statement> statement_;
  };

  /// Calls `tell`, which must not block, from another thread whenever more rows have been read: `done` is their number,
  /// `total` ClickHouse's guess. Never blocks. Thread-safe.
  Watch Begin(std::string query_id, Tell tell);

 private:
  using Batch = std::vector<std::shared_ptr<Statement>>;

  void Run(const std::stop_token& stop);
  void Wait(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  Batch TakeDue();
  bool Look(const Batch& batch, const std::stop_token& stop);
  bool Ask(const Batch& batch, const std::stop_token& stop, std::string& answer);
  void End(const std::shared_ptr<Statement>& statement);

  const Options options_;
  std::unique_ptr<Connection> connection_;  ///< of the thread
  std::mutex mutex_;                        ///< guards everything below
  std::condition_variable_any changed_;
  Batch statements_;
  bool begun_ = false;  ///< there is one that the thread has not noticed yet
  std::jthread thread_;
};

/// "12.4M rows, 310 MB read".
std::string ProgressText(uint64_t rows, uint64_t bytes);

}  // namespace chimera::clickhouse
