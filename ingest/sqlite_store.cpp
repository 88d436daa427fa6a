#include "ingest/sqlite_store.h"

#include <mutex>
#include <utility>

#include "ingest/commit_group.h"
#include "ingest/sqlite_batches.h"
#include "ingest/sqlite_file.h"
#include "ingest/sqlite_schema.h"
#include "ingest/sqlite_writes.h"

namespace chimera::ingest {
namespace {

using sqlite::Connection;

constexpr size_t kIdleReaders = 4;
constexpr uint64_t kSmall = 1'000;  // bytes that a change writes besides rows

// Connections to read with: a reader waits for no writer, and has one of its own.
class Readers {
 public:
  explicit Readers(std::string path) : path_(std::move(path)) {}

  Result<std::unique_ptr<Connection>> Take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return sqlite::OpenReader(path_);
    auto reader = std::move(idle_.back());
    idle_.pop_back();
    return reader;
  }
  void Return(std::unique_ptr<Connection> reader) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kIdleReaders) idle_.push_back(std::move(reader));
  }

 private:
  const std::string path_;
  std::mutex mutex_;  ///< guards what follows
  std::vector<std::unique_ptr<Connection>> idle_;
};

Status CheckTime(const RequestContext& context) {
  if (context.Cancelled()) return MakeError(ErrorCode::kCancelled, "the call was withdrawn");
  if (context.deadline.Expired()) return MakeError(ErrorCode::kTimeout, "no time was left to read the buffer");
  return Ok();
}

uint64_t SizeOf(const std::vector<Slice>& slices) {
  uint64_t bytes = kSmall;
  for (const Slice& slice : slices) bytes += slice.body.size();
  return bytes;
}

class SqliteStore : public Store {
 public:
  SqliteStore(SqliteOptions options, std::unique_ptr<Connection> writer)
      : options_(std::move(options)),
        guard_(options_.path),
        readers_(options_.path),
        writer_(std::move(writer), [this] { return guard_.Intact(); }) {}

  Result<Accepted> Append(const RequestContext& context, const Write& write) override {
    return Changed<Accepted>(context, SizeOf(write.slices),
                             [&](Connection& db) { return sqlite::AppendWrite(db, write, Now(), options_.limits); });
  }

  Result<std::optional<Accepted>> Find(const RequestContext& context, const Write& write) override {
    return Seen<std::optional<Accepted>>(context, [&](Connection& db) { return sqlite::FindWrite(db, write); });
  }

  Status Freeze(const RequestContext& context, bool frozen) override {
    return writer_.Commit(context, kSmall, [&](Connection& db) { return sqlite::SetFrozen(db, frozen); });
  }
  Result<bool> IsFrozen(const RequestContext& context) override { return Seen<bool>(context, &sqlite::ReadFrozen); }

  Result<std::vector<Backlog>> Backlogs(const RequestContext& context) override {
    return Seen<std::vector<Backlog>>(context, &sqlite::ReadBacklogs);
  }

  Result<std::vector<Entry>> Read(const RequestContext& context, const Destination& to, Position after, Position until,
                                  const BatchLimits& limits) override {
    using Entries = std::vector<Entry>;
    return Seen<Entries>(context, [&](Connection& db) -> Result<Entries> {
      const auto destination = sqlite::FindDestination(db, to);
      if (!destination) return destination.error();
      if (!*destination) return Entries();
      const auto span = sqlite::Fit(db, **destination, after, until, limits);
      if (!span) return span.error();
      return sqlite::ReadSpan(db, **destination, *span);
    });
  }

  Result<std::unique_ptr<Lease>> TryLease(const RequestContext&) override {
    return sqlite::TryFileLease(options_.path + ".lease");
  }

  Result<std::optional<Batch>> Seal(const RequestContext& context, const Destination& to,
                                    const BatchLimits& limits) override {
    return Changed<std::optional<Batch>>(context, kSmall,
                                         [&](Connection& db) { return sqlite::SealBatch(db, to, limits); });
  }

  Status Unseal(const RequestContext& context, const Batch& batch) override {
    return writer_.Commit(context, kSmall, [&](Connection& db) { return sqlite::UnsealBatch(db, batch); });
  }

  Status Check(const RequestContext& context, const Batch& batch, const std::vector<Entry>& kept,
               const std::vector<DeadLetter>& dead) override {
    return writer_.Commit(context, batch.bytes,
                          [&](Connection& db) { return sqlite::CheckBatch(db, batch, kept, dead); });
  }

  Status Divert(const RequestContext& context, const Batch& batch, std::optional<int64_t> day,
                const std::string& reason) override {
    return writer_.Commit(context, batch.bytes,
                          [&](Connection& db) { return sqlite::DivertDay(db, batch, day, reason); });
  }

  Status Finish(const RequestContext& context, const Batch& batch) override {
    return writer_.Commit(context, kSmall, [&](Connection& db) { return sqlite::FinishBatch(db, batch); });
  }

  Result<std::vector<DeadLetter>> DeadLetters(const RequestContext& context, const std::optional<Destination>& to,
                                              uint64_t after, uint64_t limit) override {
    return Seen<std::vector<DeadLetter>>(context,
                                         [&](Connection& db) { return sqlite::ReadLetters(db, to, after, limit); });
  }

  Result<uint64_t> TakeDeadLetters(const RequestContext& context, const std::vector<uint64_t>& ids,
                                   bool discard) override {
    return Changed<uint64_t>(context, ids.size() * kSmall,
                             [&](Connection& db) { return sqlite::TakeLetters(db, ids, discard, Now()); });
  }

  Status Sweep(const RequestContext& context) override {
    const Position until = Now() - std::chrono::microseconds(options_.limits.key_life).count();
    for (;;) {
      const auto forgotten =
          Changed<uint64_t>(context, kSmall, [&](Connection& db) { return sqlite::ForgetIdentities(db, until); });
      if (!forgotten) return forgotten.error();
      if (*forgotten == 0) return Ok();
    }
  }

  std::string Name() const override { return "the file " + options_.path; }

  std::vector<std::string> Warnings(const RequestContext&) override {
    std::vector<std::string> warnings = sqlite::DiskWarnings(options_.path, options_.limits.max_bytes);
    if (!options_.fsync)
      warnings.emplace_back("CHIMERA_BUFFER_FSYNC is off: what was answered may be lost with the host");
    return warnings;
  }

 private:
  Position Now() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(options_.now().time_since_epoch()).count();
  }

  // What `change` returns, once it is safe.
  template <typename T, typename Make>
  Result<T> Changed(const RequestContext& context, uint64_t bytes, const Make& make) {
    std::optional<T> value;
    Status made = writer_.Commit(context, bytes, [&](Connection& db) -> Status {
      Result<T> result = make(db);
      if (!result) return std::move(result).error();
      value = *std::move(result);
      return Ok();
    });
    if (!made.ok()) return std::move(made).error();
    return *std::move(value);
  }

  // What `look` sees, all of it at one moment.
  template <typename T, typename Look>
  Result<T> Seen(const RequestContext& context, const Look& look) {
    if (Status time = CheckTime(context); !time.ok()) return time.error();
    if (Status intact = guard_.Intact(); !intact.ok()) return intact.error();
    auto reader = readers_.Take();
    if (!reader) return reader.error();
    Result<T> seen = LookOnce<T>(context, **reader, look);
    if (seen.ok()) readers_.Return(*std::move(reader));
    return seen;
  }

  template <typename T, typename Look>
  static Result<T> LookOnce(const RequestContext& context, Connection& reader, const Look& look) {
    const sqlite::Patience patience(reader, context);
    if (Status begun = reader.Run("BEGIN"); !begun.ok()) return begun.error();
    Result<T> seen = look(reader);
    if (Status ended = reader.Run("COMMIT"); seen.ok() && !ended.ok()) return ended.error();
    return seen;
  }

  const SqliteOptions options_;
  const sqlite::FileGuard guard_;
  Readers readers_;
  sqlite::CommitGroup writer_;
};

}  // namespace

Result<std::unique_ptr<Store>> OpenSqliteStore(const RequestContext& context, const SqliteOptions& options) {
  auto path = sqlite::PrepareFile(options.path);
  if (!path) return path.error();
  SqliteOptions resolved = options;
  resolved.path = *std::move(path);
  auto writer = sqlite::OpenWriter(context, resolved.path, resolved.fsync);
  if (!writer) return writer.error();
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(std::move(resolved), *std::move(writer)));
}

}  // namespace chimera::ingest
