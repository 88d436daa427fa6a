// Carries batches from the buffer into the database: seals one, fits its rows to the table, inserts them by partition,
// records them, finishes. Every step can be cut off and is taken up where it stopped, with the same tokens.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "clickhouse/client.h"
#include "ingest/manifest.h"
#include "ingest/row_shape.h"
#include "ingest/store.h"

namespace chimera::ingest {

/// What has just been done for a batch.
enum class Step { kSealed, kShaped, kColumnsAdded, kChecked, kInserted, kRecorded, kPromoted, kFinished };

struct FlusherOptions {
  BatchLimits batch;
  /// Whether a table may get columns for fields that it does not know.
  std::function<bool(const Destination&)> evolves = [](const Destination&) { return false; };
  /// The statements that make a missing table, with full names; none: it is nobody's here to make.
  std::function<std::vector<std::string>(const Destination&)> creates = [](const Destination&) {
    return std::vector<std::string>();
  };
  std::function<void(Step, const Batch&)> on_step = {};  ///< for tests: where the world may stop
};

struct Flushed {
  Batch batch;
  uint64_t rows = 0;  ///< in the database
  uint64_t dead = 0;  ///< dead letters
};

/// Thread-safe for different destinations.
class Flusher {
 public:
  /// Both must outlive this. The client's account inserts, reads system.columns, and adds columns where tables evolve.
  Flusher(Store& store, clickhouse::Client& client, FlusherOptions options);

  /// The next batch of `to`; empty when nothing waits. Requires the lease. An error leaves the batch sealed, to be
  /// taken up by the next call, here or elsewhere. Rows that the database cannot take become dead letters; a write
  /// whose rows the database refuses is found by halving and taken out alone.
  Result<std::optional<Flushed>> FlushOne(const RequestContext& context, const Destination& to);

 private:
  class Work;

  Result<LiveColumns> Columns(const RequestContext& context, const Destination& to, bool anew);
  Result<LiveColumns> AskColumns(const RequestContext& context, const Destination& to);
  Status Create(const RequestContext& context, const Destination& to);
  Status PrepareManifests(const RequestContext& context, const std::string& database);
  /// The table may have changed: what is known of it is asked again.
  void Forget(const Destination& to);

  Store& store_;
  clickhouse::Client& client_;
  const FlusherOptions options_;
  Manifests manifests_;
  std::mutex mutex_;                            ///< guards what follows
  std::map<Destination, LiveColumns> columns_;  ///< as last seen
  std::set<std::string> prepared_;              ///< databases that have the manifests' tables
};

}  // namespace chimera::ingest
