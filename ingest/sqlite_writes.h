// Writes in the tables of the buffer's file: what a call adds, what waits, and the totals beside them. All of this runs
// within the caller's transaction.
#pragma once

#include <optional>
#include <vector>

#include "ingest/sqlite.h"
#include "ingest/store.h"

namespace chimera::ingest::sqlite {

/// Absent for a table that is not known.
Result<std::optional<int64_t>> FindDestination(Connection& db, const Destination& to);

/// As Store::Append. `now`: by the clock, microseconds since 1970.
Result<Accepted> AppendWrite(Connection& db, const Write& write, Position now, const StoreLimits& limits);
/// As Store::Find.
Result<std::optional<Accepted>> FindWrite(Connection& db, const Write& write);
/// As Store::Freeze and IsFrozen.
Status SetFrozen(Connection& db, bool frozen);
Result<bool> ReadFrozen(Connection& db);
/// A write without an identity and whatever waits already. Its position.
Result<Position> AddWrite(Connection& db, int64_t destination, const std::vector<Slice>& slices, Position now);
Status AddSlice(Connection& db, int64_t destination, Position position, const Slice& slice);

/// How totals of a table change, and with them the sums of all.
struct Change {
  int64_t rows = 0;
  int64_t bytes = 0;
  int64_t writes = 0;
  int64_t dead = 0;
};
Status AddTotals(Connection& db, int64_t destination, const Change& change);
Status RefreshOldest(Connection& db, int64_t destination);

/// Consecutive writes.
struct Span {
  Position first = 0;
  Position last = 0;
  uint64_t rows = 0;
  uint64_t bytes = 0;
  uint64_t writes = 0;  ///< 0: nothing waits
};
/// What waits behind `after`, up to and with `until`, as Store::Read takes it.
Result<Span> Fit(Connection& db, int64_t destination, Position after, Position until, const BatchLimits& limits);
Result<std::vector<Entry>> ReadSpan(Connection& db, int64_t destination, const Span& span);

Result<std::vector<Backlog>> ReadBacklogs(Connection& db);

/// Forgets some identities of writes before `until`. How many; 0: there are no more.
Result<uint64_t> ForgetIdentities(Connection& db, Position until);

}  // namespace chimera::ingest::sqlite
