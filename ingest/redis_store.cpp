#include "ingest/redis_store.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "ingest/diverted_day.h"
#include "ingest/redis_answers.h"
#include "ingest/redis_client.h"
#include "ingest/redis_lease.h"
#include "ingest/redis_records.h"
#include "ingest/redis_warnings.h"

namespace chimera::ingest {
namespace {

constexpr size_t kIdentityDigits = 32;
constexpr size_t kContentDigits = 16;
constexpr size_t kBatchIdBytes = 16;
constexpr size_t kCallNameBytes = 16;
constexpr size_t kAppendNameBytes = 4;  // kept with each identity, and compared with one other only
constexpr size_t kIdsAtOnce = 500;
constexpr uint64_t kFirstRead = 16;
constexpr uint64_t kMostRead = 4096;
constexpr uint64_t kReadBytes = 4'000'000;  // of one reply, about
constexpr uint64_t kLettersAtOnce = 1000;

std::string Hash(const std::string& text, size_t digits) {
  return Sha256Hex(text).substr(0, digits);
}

std::string Microseconds(std::chrono::seconds time) {
  return std::to_string(std::chrono::microseconds(time).count());
}

Error Unexpected(const std::string& name) {
  return MakeError(ErrorCode::kUnavailable,
                   name + " holds something under the buffer's keys that the buffer did not write",
                   "give the buffer a prefix of its own");
}

class RedisStore : public Store {
 public:
  explicit RedisStore(RedisOptions options)
      : limits_(options.limits), client_(std::make_shared<RedisClient>(std::move(options))) {}

  Result<Accepted> Append(const RequestContext& context, const Write& write) override;
  Result<std::optional<Accepted>> Find(const RequestContext& context, const Write& write) override;
  Status Freeze(const RequestContext& context, bool frozen) override {
    return DoneOf(client_->Run(context, scripts_->freeze, {frozen ? "1" : "0"}));
  }
  Result<bool> IsFrozen(const RequestContext& context) override;
  Result<std::vector<Backlog>> Backlogs(const RequestContext& context) override;
  Result<std::vector<Entry>> Read(const RequestContext& context, const Destination& to, Position after, Position until,
                                  const BatchLimits& limits) override;
  Result<std::unique_ptr<Lease>> TryLease(const RequestContext& context) override {
    return LeaseHolder::Take(holder_, client_, scripts_, context);
  }
  Result<std::optional<Batch>> Seal(const RequestContext& context, const Destination& to,
                                    const BatchLimits& limits) override;
  Status Unseal(const RequestContext& context, const Batch& batch) override {
    return DoneOf(client_->Run(context, scripts_->unseal, CallOn(batch)));
  }
  Status Check(const RequestContext& context, const Batch& batch, const std::vector<Entry>& kept,
               const std::vector<DeadLetter>& dead) override;
  Status Divert(const RequestContext& context, const Batch& batch, std::optional<int64_t> day,
                const std::string& reason) override;
  Status Finish(const RequestContext& context, const Batch& batch) override {
    return DoneOf(client_->Run(context, scripts_->finish, CallOn(batch)));
  }
  Result<std::vector<DeadLetter>> DeadLetters(const RequestContext& context, const std::optional<Destination>& to,
                                              uint64_t after, uint64_t limit) override;
  Result<uint64_t> TakeDeadLetters(const RequestContext& context, const std::vector<uint64_t>& ids,
                                   bool discard) override;
  /// Identities expire by themselves.
  Status Sweep(const RequestContext&) override { return Ok(); }
  std::string Name() const override { return client_->Name(); }
  std::vector<std::string> Warnings(const RequestContext& context) override { return RedisWarnings(*client_, context); }

 private:
  Arguments CallOn(const Batch& batch) const {
    return {holder_->Token(), TableKey(batch.to), batch.id, RandomHex(kCallNameBytes)};
  }
  Status Replace(const RequestContext& context, const Batch& batch, const std::string& how,
                 const std::vector<Entry>& kept, const std::vector<DeadLetter>& dead);
  std::string Clock() const;

  struct Chunk {
    std::vector<KeptWrite> writes;
    bool is_last = false;
  };
  Result<Chunk> ReadChunk(const RequestContext& context, const Destination& to, Position after, Position until,
                          uint64_t count);
  Result<std::vector<DeadLetter>> ReadLetters(const RequestContext& context, uint64_t after, uint64_t count);
  std::string Key(std::string_view name) const { return "{" + client_->Options().prefix + "}:" + std::string(name); }

  const StoreLimits limits_;
  const std::shared_ptr<RedisClient> client_;
  const std::shared_ptr<const RedisScripts> scripts_ = std::make_shared<const RedisScripts>();
  const std::shared_ptr<LeaseHolder> holder_ = std::make_shared<LeaseHolder>();
};

/// As the scripts want it: empty for that of Redis.
std::string RedisStore::Clock() const {
  const auto& now = client_->Options().now;
  if (!now) return {};
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(now().time_since_epoch()).count());
}

Result<Accepted> RedisStore::Append(const RequestContext& context, const Write& write) {
  uint64_t rows = 0;
  uint64_t bytes = 0;
  std::string slices;
  for (const Slice& slice : write.slices) {
    rows += slice.rows;
    bytes += slice.body.size();
    slices += PackSlice(slice);
  }
  const std::string to = TableKey(write.to);
  const auto life = std::chrono::milliseconds(limits_.key_life).count();
  auto answer = client_->Run(
      context, scripts_->append,
      {Clock(), to, write.to.dataset, write.to.database, write.to.table, Hash(to + write.identity, kIdentityDigits),
       Hash(write.content, kContentDigits), std::to_string(life), std::to_string(rows), std::to_string(bytes),
       std::move(slices), std::to_string(limits_.max_rows), std::to_string(limits_.max_bytes),
       Microseconds(limits_.max_age), RandomHex(kAppendNameBytes)});
  if (!answer) return std::move(answer).error();
  return AcceptedOf(*answer);
}

Result<std::optional<Accepted>> RedisStore::Find(const RequestContext& context, const Write& write) {
  const auto life = std::chrono::milliseconds(limits_.key_life).count();
  auto answer = client_->Run(context, scripts_->find,
                             {Clock(), Hash(TableKey(write.to) + write.identity, kIdentityDigits),
                              Hash(write.content, kContentDigits), std::to_string(life)});
  if (!answer) return std::move(answer).error();
  if (WordOf(*answer) == "none") return std::optional<Accepted>();
  auto accepted = AcceptedOf(*answer);
  if (!accepted) return std::move(accepted).error();
  return std::optional(*accepted);
}

Result<bool> RedisStore::IsFrozen(const RequestContext& context) {
  auto answer = client_->Run(context, scripts_->freeze, {""});
  if (!answer) return std::move(answer).error();
  return PartOf(*answer, 1) == "1";
}

Result<std::vector<Backlog>> RedisStore::Backlogs(const RequestContext& context) {
  auto answer = client_->Run(context, scripts_->backlogs, {});
  if (!answer) return std::move(answer).error();
  std::vector<Backlog> backlogs;
  for (size_t i = 1; i < (*answer)->elements; ++i) {
    auto backlog = BacklogOf(*(*answer)->element[i]);
    if (!backlog) return Unexpected(Name());
    backlogs.push_back(*std::move(backlog));
  }
  std::sort(backlogs.begin(), backlogs.end(), [](const Backlog& a, const Backlog& b) { return a.to < b.to; });
  return backlogs;
}

Result<std::vector<Entry>> RedisStore::Read(const RequestContext& context, const Destination& to, Position after,
                                            Position until, const BatchLimits& limits) {
  std::vector<Entry> entries;
  uint64_t rows = 0;
  uint64_t bytes = 0;
  for (uint64_t count = kFirstRead; after < until;) {
    auto chunk = ReadChunk(context, to, after, until, count);
    if (!chunk) return std::move(chunk).error();
    uint64_t chunk_bytes = 1;
    for (KeptWrite& write : chunk->writes) {
      const bool fits = rows + write.rows <= limits.rows && bytes + write.bytes <= limits.bytes;
      if (!entries.empty() && !fits) return entries;
      for (Slice& slice : write.slices) entries.push_back({.position = write.position, .slice = std::move(slice)});
      rows += write.rows;
      bytes += write.bytes;
      chunk_bytes += write.bytes;
      after = write.position;
    }
    if (chunk->is_last) break;
    count = std::clamp(count * kReadBytes / chunk_bytes, uint64_t{1}, std::min(count * 16, kMostRead));
  }
  return entries;
}

Result<RedisStore::Chunk> RedisStore::ReadChunk(const RequestContext& context, const Destination& to, Position after,
                                                Position until, uint64_t count) {
  auto answer = client_->Run(context, scripts_->read,
                             {TableKey(to), std::to_string(std::max(after, Position{0}) + 1) + "-0",
                              std::to_string(until) + "-0", std::to_string(count)});
  if (!answer) return std::move(answer).error();
  if (!IsArray(**answer, 3)) return Unexpected(Name());
  auto first = WritesOf(*(*answer)->element[1]);
  auto second = WritesOf(*(*answer)->element[2]);
  if (!first || !second) return Unexpected(Name());
  Chunk chunk{.writes = *std::move(first), .is_last = false};
  if (chunk.writes.size() == count) return chunk;
  chunk.is_last = second->size() < count;
  chunk.writes.insert(chunk.writes.end(), std::move_iterator(second->begin()), std::move_iterator(second->end()));
  return chunk;
}

Result<std::optional<Batch>> RedisStore::Seal(const RequestContext& context, const Destination& to,
                                              const BatchLimits& limits) {
  const std::string id = RandomHex(kBatchIdBytes);
  auto answer =
      client_->Run(context, scripts_->seal,
                   {holder_->Token(), TableKey(to), id, std::to_string(limits.rows), std::to_string(limits.bytes)});
  if (!answer) return std::move(answer).error();
  return BatchOf(*answer, to, id);
}

/// Bodies are sent back only when there are fewer rows than before.
Status RedisStore::Check(const RequestContext& context, const Batch& batch, const std::vector<Entry>& kept,
                         const std::vector<DeadLetter>& dead) {
  const Size size = SizeOf(kept);
  const bool is_same = dead.empty() && size.rows == batch.rows && size.bytes == batch.bytes;
  return Replace(context, batch, is_same ? "same" : "other", kept, dead);
}

/// Nobody but the holder of the lease changes what is read here.
Status RedisStore::Divert(const RequestContext& context, const Batch& batch, std::optional<int64_t> day,
                          const std::string& reason) {
  auto entries = Read(context, batch.to, batch.first - 1, batch.last, {UINT64_MAX, UINT64_MAX});
  if (!entries) return entries.error();
  const auto [kept, dead] = DivertDay(*std::move(entries), day, reason);
  return Replace(context, batch, dead.empty() ? "same" : "divert", kept, dead);
}

Status RedisStore::Replace(const RequestContext& context, const Batch& batch, const std::string& how,
                           const std::vector<Entry>& kept, const std::vector<DeadLetter>& dead) {
  const Size size = SizeOf(kept);
  Arguments arguments = CallOn(batch);
  arguments.insert(arguments.end(), {std::to_string(size.rows), std::to_string(size.bytes), how});
  if (how != "same") {
    AddKept(kept, arguments);
    AddDead(dead, arguments);
  }
  return DoneOf(client_->Run(context, scripts_->check, arguments));
}

Result<std::vector<DeadLetter>> RedisStore::ReadLetters(const RequestContext& context, uint64_t after, uint64_t count) {
  const std::string dead = Key("dead");
  const std::string from = std::to_string(after + 1) + "-0";
  const std::string most = std::to_string(count);
  auto replies = client_->Ask(context, {{"XRANGE", dead, from, "+", "COUNT", most}});
  if (!replies) return std::move(replies).error();
  auto letters = DeadLettersOf(*replies->front());
  if (!letters) return Unexpected(Name());
  return *std::move(letters);
}

Result<std::vector<DeadLetter>> RedisStore::DeadLetters(const RequestContext& context,
                                                        const std::optional<Destination>& to, uint64_t after,
                                                        uint64_t limit) {
  std::vector<DeadLetter> found;
  while (found.size() < limit) {
    auto letters = ReadLetters(context, after, kLettersAtOnce);
    if (!letters) return letters;
    for (DeadLetter& letter : *letters) {
      after = letter.id;
      if (found.size() < limit && (!to || letter.to == *to)) found.push_back(std::move(letter));
    }
    if (letters->size() < kLettersAtOnce) break;
  }
  return found;
}

/// Sent once: a second time could not tell how many the first one took.
Result<uint64_t> RedisStore::TakeDeadLetters(const RequestContext& context, const std::vector<uint64_t>& ids,
                                             bool discard) {
  uint64_t taken = 0;
  for (size_t begin = 0; begin < ids.size(); begin += kIdsAtOnce) {
    Arguments arguments{Clock(), discard ? "discard" : "write"};
    const size_t end = std::min(ids.size(), begin + kIdsAtOnce);
    for (size_t i = begin; i < end; ++i) arguments.push_back(std::to_string(ids[i]));
    auto answer = client_->Run(context, scripts_->take_dead, arguments, Repeat::kNever);
    if (!answer) return std::move(answer).error();
    taken += NumberIn(*answer, 1);
  }
  return taken;
}

}  // namespace

std::unique_ptr<Store> CreateRedisStore(RedisOptions options) {
  return std::make_unique<RedisStore>(std::move(options));
}

}  // namespace chimera::ingest
