// The hot buffer's durable half: writes that were acknowledged and are not in ClickHouse yet. sqlite_store.h keeps them
// in a file for the processes of one host, redis_store.h in Redis for several hosts. Knows nothing of ClickHouse.
//
// A write lives through these states, each of which survives a kill of every process: pending → sealed into a batch
// (its rows are fixed) → checked (rows that cannot be stored were taken out) → stored → finished, which is gone from
// here. There is one sealed batch a table at most; whoever holds the lease carries it on where another one has died.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"

namespace chimera::ingest {

/// When the buffer took a write: microseconds since 1970, in UTC. Unique in a buffer and growing with every write, also
/// when the clock goes back; a new buffer goes on where an old one was. 0: before all writes.
using Position = int64_t;

/// The table that rows go to.
struct Destination {
  std::string dataset;   ///< for people, limits and manifests
  std::string database;  ///< never empty
  std::string table;
  auto operator<=>(const Destination&) const = default;
  std::string FullName() const { return database + "." + table; }  ///< for people
};

/// Rows of one partition: JSON objects, each ended by a line feed.
struct Slice {
  std::optional<int64_t> day;  ///< days since 1970 in UTC; absent for a table without partitions by day
  uint64_t rows = 0;
  std::string body;
};

/// What one call writes: all of it or nothing.
struct Write {
  Destination to;
  /// Names this write: a second one of the same name to the same destination is a repeat. SHA-256 as hex.
  std::string identity;
  std::string content;        ///< SHA-256 as hex of what the caller sent; a repeat with another one is a conflict
  std::vector<Slice> slices;  ///< at least one, none without rows, no day twice
};

struct Accepted {
  Position position = 0;  ///< of a repeat: that of the first time
  bool repeated = false;  ///< nothing was added
};

/// A slice as it is kept.
struct Entry {
  Position position = 0;
  Slice slice;
};

/// Consecutive writes of one table, which are stored together. `id` never changes its meaning: the same slices, in the
/// same order; the tokens of the inserts come from it.
struct Batch {
  std::string id;  ///< 32 hex digits
  Destination to;
  Position first = 0;
  Position last = 0;
  uint64_t rows = 0;
  uint64_t bytes = 0;
  bool checked = false;  ///< Check was called
  bool resumed = false;  ///< sealed by an earlier call: parts of it may be stored
};

struct BatchLimits {
  uint64_t rows = 10'000;
  uint64_t bytes = 16'000'000;
};

/// A row that could not be stored, and why.
struct DeadLetter {
  uint64_t id = 0;  ///< given by the store
  Destination to;
  Position position = 0;  ///< of the write that it came with
  std::optional<int64_t> day;
  std::string batch;   ///< id
  std::string row;     ///< one JSON object, without a line feed
  std::string reason;  ///< a stable code, a colon, a sentence with what to do
  std::chrono::system_clock::time_point at;
};

/// What is kept of one table. A table is known from its first write on.
struct Backlog {
  Destination to;
  uint64_t rows = 0;  ///< pending and sealed
  uint64_t bytes = 0;
  uint64_t writes = 0;
  uint64_t dead = 0;    ///< dead letters
  Position oldest = 0;  ///< of those that wait; 0: none waits
  Position newest = 0;  ///< of all that ever were accepted
  Position stored = 0;  ///< this and everything before it is in the database, or a dead letter
  bool sealed = false;  ///< a batch is on its way
};

/// While it lives, nobody else seals, checks or finishes. Released by its end, also when the process is killed.
class Lease {
 public:
  virtual ~Lease() = default;
  /// Asks for more time, where a lease has any; false when somebody else has taken it: stop then.
  virtual bool Renew() = 0;
};

/// What a frozen store answers.
Error FrozenError();

struct StoreLimits {
  uint64_t max_rows = 1'000'000;  ///< that wait or are dead letters, of all tables together
  uint64_t max_bytes = 512'000'000;
  std::chrono::seconds max_age{86'400};   ///< of the oldest one that waits
  std::chrono::seconds key_life{86'400};  ///< how long a repeat is recognised after its first time
};

/// All calls are thread-safe and block: until the write is safe, the read done, the context's deadline. What goes wrong
/// with the store itself is kIoError (a file) or kUnavailable (a server).
class Store {
 public:
  virtual ~Store() = default;

  /// Safe when it returns: it survives the death of this process and, as far as the store is set up for it, of the
  /// host. Writes of several threads are made safe together. kBusy with `retry_after` when it would go over a limit,
  /// kTooLarge when it would do so alone; a repeat needs no room. kConflict for an identity that came with other
  /// content.
  virtual Result<Accepted> Append(const RequestContext& context, const Write& write) = 0;

  /// What Append would say of a repeat; empty for a write that is not known. kConflict as there.
  virtual Result<std::optional<Accepted>> Find(const RequestContext& context, const Write& write) = 0;

  /// While it is frozen, by all who share it, Append refuses what is not known: kBusy with `retry_after`. Outlives
  /// every process. What waits is stored as ever.
  virtual Status Freeze(const RequestContext& context, bool frozen) = 0;
  virtual Result<bool> IsFrozen(const RequestContext& context) = 0;

  /// By destination.
  virtual Result<std::vector<Backlog>> Backlogs(const RequestContext& context) = 0;

  /// What waits for `to` behind `after`, up to and with `until`, in order: whole writes, the first one in any case,
  /// then as many as fit `limits`.
  virtual Result<std::vector<Entry>> Read(const RequestContext& context, const Destination& to, Position after,
                                          Position until, const BatchLimits& limits) = 0;

  /// Null when somebody else has it. Does not wait for him.
  virtual Result<std::unique_ptr<Lease>> TryLease(const RequestContext& context) = 0;

  // With the lease. kConflict for a batch that is not the table's sealed one (any more).

  /// The table's sealed batch; if there is none, the oldest writes that wait become one, as Read takes them. Empty when
  /// nothing waits.
  virtual Result<std::optional<Batch>> Seal(const RequestContext& context, const Destination& to,
                                            const BatchLimits& limits) = 0;
  /// Undoes Seal. Requires that nothing of the batch may have been stored.
  virtual Status Unseal(const RequestContext& context, const Batch& batch) = 0;
  /// Replaces the slices of the batch by `kept` (a part of them, of the same positions and days; slices without rows
  /// may be left out), adds `dead`, and marks the batch as checked: all at once. Of a checked batch: changes nothing.
  virtual Status Check(const RequestContext& context, const Batch& batch, const std::vector<Entry>& kept,
                       const std::vector<DeadLetter>& dead) = 0;
  /// Makes dead letters of all rows that the checked batch still has for `day`, for `reason`: the database refuses
  /// them. A day without rows changes nothing.
  virtual Status Divert(const RequestContext& context, const Batch& batch, std::optional<int64_t> day,
                        const std::string& reason) = 0;
  /// The batch is stored: forgets its rows, moves `stored` on.
  virtual Status Finish(const RequestContext& context, const Batch& batch) = 0;

  /// The dead letters of `to`, or of all tables, by id, behind `after`.
  virtual Result<std::vector<DeadLetter>> DeadLetters(const RequestContext& context,
                                                      const std::optional<Destination>& to, uint64_t after,
                                                      uint64_t limit) = 0;
  /// Makes a write of each of these letters again, or with `discard` drops them; those that are gone are skipped. How
  /// many. Needs no room: a letter has it already.
  virtual Result<uint64_t> TakeDeadLetters(const RequestContext& context, const std::vector<uint64_t>& ids,
                                           bool discard) = 0;

  /// Forgets identities that are older than their life. Now and then.
  virtual Status Sweep(const RequestContext& context) = 0;

  /// For people: "the file /var/lib/…", "redis://host:6379/0".
  virtual std::string Name() const = 0;
  /// What an operator should know of how safe it is; empty: nothing. Asks the store.
  virtual std::vector<std::string> Warnings(const RequestContext& context) = 0;
};

}  // namespace chimera::ingest
