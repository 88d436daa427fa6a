// Tells those who listen when the schema of a table changes: while somebody watches, it compares the tables'
// definitions every few seconds. Asks the database nothing while nobody does.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "clickhouse/client.h"
#include "mcp/announcer.h"
#include "schema/dataset.h"

namespace chimera::guide {

struct WatchOptions {
  std::chrono::milliseconds every{2000};  ///< between two looks
  std::chrono::milliseconds look{5000};   ///< how long one may take
};

/// Owns one thread. A table that appears or disappears has changed; a dataset has when one of its tables has. A look
/// that fails is tried again at the next turn, and nothing is announced for it. A watched resource is compared from
/// the first look after the subscription on, which follows at once.
class SchemaWatch {
 public:
  /// All must outlive this.
  SchemaWatch(mcp::Announcer& announcer, clickhouse::Client& client, const std::vector<schema::Dataset>& datasets,
              WatchOptions options = {});
  ~SchemaWatch();

  SchemaWatch(const SchemaWatch&) = delete;
  SchemaWatch& operator=(const SchemaWatch&) = delete;

 private:
  using Definitions = std::map<std::string, std::string>;  ///< by URI; "" when there is no such table

  void Run(const std::stop_token& stop);
  void Look(const std::set<std::string>& uris, const std::stop_token& stop);
  /// False when the database did not answer.
  bool ReadDefinitions(const std::set<std::string>& uris, const std::stop_token& stop, Definitions& definitions);

  mcp::Announcer& announcer_;
  clickhouse::Client& client_;
  const std::vector<schema::Dataset>& datasets_;
  const WatchOptions options_;
  Definitions known_;  ///< of the thread alone
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool poked_ = false;   ///< guarded by mutex_: what is watched has changed
  std::jthread thread_;  ///< last: uses the rest
};

}  // namespace chimera::guide
