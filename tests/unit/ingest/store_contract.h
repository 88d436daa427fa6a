// What ingest/store.h promises, as tests that every store has to pass:
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(StoreKind{"Sqlite", FreshSqlite}), StoreKindName);
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/store.h"

namespace chimera::ingest {

using WallClock = std::function<std::chrono::system_clock::time_point()>;
/// Opens one buffer as a process of its own would: each call makes another store over the same writes. The buffer lives
/// as long as a copy of this.
using OpenStore = std::function<std::unique_ptr<Store>(const StoreLimits&, WallClock)>;

struct StoreKind {
  std::string name;
  std::function<OpenStore()> fresh;  ///< a new, empty buffer; an empty function where there can be none: skipped
};
inline void PrintTo(const StoreKind& kind, std::ostream* out) {
  *out << kind.name;
}
inline std::string StoreKindName(const testing::TestParamInfo<StoreKind>& kind) {
  return kind.param.name;
}

/// 21 November 2026, 18:30 UTC.
inline constexpr Position kStart = 1'795'285'800'000'000;

class StoreContract : public testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override;

  /// The clock of all stores of a test; it stands still.
  void SetClock(Position microseconds) { now_ = microseconds; }
  void PassTime(std::chrono::microseconds time) { now_ += time.count(); }

  std::unique_ptr<Store> Open(const StoreLimits& limits = {}) { return OpenFrom(open_, limits); }
  std::unique_ptr<Store> OpenFrom(const OpenStore& open, const StoreLimits& limits = {});

  RequestContext context_ = RequestContext::For("test", std::chrono::seconds(30), {});
  std::unique_ptr<Store> store_;  ///< with the default limits
  const Destination events_{"timestore", "app", "events"};
  const Destination other_{"timestore", "app", "other"};

  /// A write under a name of its own: one slice of `rows` rows.
  Write NewWrite(const Destination& to, uint64_t rows = 1);
  /// A write of these bodies, each a slice of one row and a day of its own from 20,000 on.
  Write WriteOf(const Destination& to, const std::vector<std::string>& bodies);

  /// Appends to `store_`, which must take it.
  Position Append(const Write& write) { return Append(*store_, write); }
  Position Append(Store& store, const Write& write);
  /// All that waits, or what fits.
  std::vector<Entry> Read(const Destination& to, Position after = 0, const BatchLimits& limits = kAll);
  std::vector<Entry> Read(Store& store, const Destination& to, Position after, Position until,
                          const BatchLimits& limits);
  std::vector<std::string> Bodies(const Destination& to);
  std::optional<Batch> Seal(const Destination& to, const BatchLimits& limits = {}) { return Seal(*store_, to, limits); }
  std::optional<Batch> Seal(Store& store, const Destination& to, const BatchLimits& limits = {});
  /// Of `to`; one of zeros where it is unknown.
  Backlog BacklogOf(const Destination& to);
  /// A letter about `row` of the batch.
  DeadLetter Letter(const Batch& batch, Position position, std::string row);
  std::vector<DeadLetter> Letters(const std::optional<Destination>& to = {}, uint64_t after = 0, uint64_t limit = 100);
  /// Appends a write of one row to `to`, which goes to the dead letters at once. Its letter.
  DeadLetter Bury(const Destination& to, const std::string& row);

  static constexpr BatchLimits kAll{1'000'000'000, 1'000'000'000'000};
  static constexpr Position kEver = INT64_MAX;

 private:
  OpenStore open_;
  std::atomic<Position> now_ = kStart;
  int writes_ = 0;
};

std::vector<Position> PositionsOf(const std::vector<Entry>& entries);

}  // namespace chimera::ingest
