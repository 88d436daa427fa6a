#include "ingest/sqlite_batches.h"

#include <limits>
#include <set>

#include "base/text.h"
#include "ingest/diverted_day.h"
#include "ingest/sqlite_writes.h"

namespace chimera::ingest::sqlite {
namespace {

constexpr Position kEver = std::numeric_limits<Position>::max();
constexpr size_t kIdBytes = 16;

int64_t Signed(uint64_t number) {
  return static_cast<int64_t>(number);
}

/// A row of the table `batch`.
struct Sealed {
  int64_t destination = 0;
  std::string id;
  Span span;
  bool checked = false;
};

Result<std::optional<Sealed>> FindSealed(Connection& db, int64_t destination) {
  Statement row =
      db.Query("SELECT id, first, last, rows, bytes, writes, checked FROM batch WHERE destination = ?", destination);
  const auto found = row.Next();
  if (!found) return found.error();
  if (!*found) return std::optional<Sealed>();
  const Span span{row.Integer(1), row.Integer(2), row.Count(3), row.Count(4), row.Count(5)};
  return std::optional(Sealed{destination, row.Bytes(0), span, row.Integer(6) != 0});
}

// The batch as it is here. kConflict where it is not the sealed one.
Result<Sealed> SealedAs(Connection& db, const Batch& batch) {
  const auto destination = FindDestination(db, batch.to);
  if (!destination) return destination.error();
  const auto sealed = *destination ? FindSealed(db, **destination) : std::optional<Sealed>();
  if (!sealed) return sealed.error();
  if (*sealed && (*sealed)->id == batch.id) return **sealed;
  return MakeError(ErrorCode::kConflict,
                   "the batch " + batch.id + " is not sealed any more: somebody else carried it on",
                   "seal again and go on with what that returns");
}

Batch BatchOf(const Destination& to, const Sealed& sealed, bool resumed) {
  Batch batch;
  batch.id = sealed.id;
  batch.to = to;
  batch.first = sealed.span.first;
  batch.last = sealed.span.last;
  batch.rows = sealed.span.rows;
  batch.bytes = sealed.span.bytes;
  batch.checked = sealed.checked;
  batch.resumed = resumed;
  return batch;
}

Result<std::optional<Batch>> SealNew(Connection& db, const Destination& to, int64_t destination,
                                     const BatchLimits& limits) {
  const auto span = Fit(db, destination, 0, kEver, limits);
  if (!span) return span.error();
  if (span->writes == 0) return std::optional<Batch>();
  const Sealed sealed{destination, RandomHex(kIdBytes), *span, false};
  Status inserted = db.Run(
      "INSERT INTO batch(destination, id, first, last, rows, bytes, writes, checked) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
      destination, sealed.id, span->first, span->last, span->rows, span->bytes, span->writes);
  if (!inserted.ok()) return inserted.error();
  return std::optional(BatchOf(to, sealed, false));
}

Status DeleteSlices(Connection& db, const Sealed& sealed) {
  return db.Run("DELETE FROM slice WHERE destination = ? AND position BETWEEN ? AND ?", sealed.destination,
                sealed.span.first, sealed.span.last);
}

// kInternal for one that is not of the batch.
Result<Span> SpanOf(const std::vector<Entry>& kept, const Span& all) {
  Span span{all.first, all.last, 0, 0, 0};
  std::set<Position> positions;
  for (const Entry& entry : kept) {
    if (entry.position < all.first || entry.position > all.last)
      return MakeError(ErrorCode::kInternal, "a slice is kept for a batch that it was not in");
    if (entry.slice.rows == 0) continue;
    span.rows += entry.slice.rows;
    span.bytes += entry.slice.body.size();
    positions.insert(entry.position);
  }
  span.writes = positions.size();
  return span;
}

Status ReplaceSlices(Connection& db, const Sealed& sealed, const std::vector<Entry>& kept) {
  if (Status deleted = DeleteSlices(db, sealed); !deleted.ok()) return deleted;
  for (const Entry& entry : kept) {
    if (entry.slice.rows == 0) continue;
    if (Status added = AddSlice(db, sealed.destination, entry.position, entry.slice); !added.ok()) return added;
  }
  return RefreshOldest(db, sealed.destination);
}

Status AddLetters(Connection& db, const Sealed& sealed, const std::vector<DeadLetter>& dead) {
  for (const DeadLetter& letter : dead) {
    const int64_t at = std::chrono::duration_cast<std::chrono::microseconds>(letter.at.time_since_epoch()).count();
    Status added = db.Run(
        "INSERT INTO letter(destination, position, day, batch, row, reason, at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        sealed.destination, letter.position, letter.day, sealed.id, Blob{letter.row}, letter.reason, at);
    if (!added.ok()) return added;
  }
  return Ok();
}

Change Between(const Span& before, const Span& after, size_t dead) {
  return {Signed(after.rows - before.rows), Signed(after.bytes - before.bytes), Signed(after.writes - before.writes),
          Signed(dead)};
}

constexpr const char* kLetters =
    "SELECT letter.id, dataset, db, name, position, day, batch, row, reason, at FROM letter "
    "JOIN destination ON destination.id = letter.destination WHERE letter.id > ? ORDER BY letter.id LIMIT ?";
constexpr const char* kLettersOfOne =
    "SELECT letter.id, dataset, db, name, position, day, batch, row, reason, at FROM letter "
    "JOIN destination ON destination.id = letter.destination WHERE letter.id > ? AND letter.destination = ? "
    "ORDER BY letter.id LIMIT ?";

DeadLetter LetterIn(const Statement& row) {
  DeadLetter letter;
  letter.id = row.Count(0);
  letter.to = {row.Bytes(1), row.Bytes(2), row.Bytes(3)};
  letter.position = row.Integer(4);
  letter.day = row.MaybeInteger(5);
  letter.batch = row.Bytes(6);
  letter.row = row.Bytes(7);
  letter.reason = row.Bytes(8);
  letter.at = std::chrono::system_clock::time_point(std::chrono::microseconds(row.Integer(9)));
  return letter;
}

Result<std::vector<DeadLetter>> AllLetters(Statement row) {
  std::vector<DeadLetter> letters;
  for (;;) {
    const auto more = row.Next();
    if (!more) return more.error();
    if (!*more) return letters;
    letters.push_back(LetterIn(row));
  }
}

// Checks the batch, or changes what was left of it then.
Status Replace(Connection& db, const Sealed& sealed, const std::vector<Entry>& kept,
               const std::vector<DeadLetter>& dead) {
  const auto span = SpanOf(kept, sealed.span);
  if (!span) return span.error();
  // Mostly every row is kept: then nothing is written a second time.
  const bool all = span->rows == sealed.span.rows && span->bytes == sealed.span.bytes;
  if (Status replaced = all ? Ok() : ReplaceSlices(db, sealed, kept); !replaced.ok()) return replaced;
  if (Status added = AddLetters(db, sealed, dead); !added.ok()) return added;
  Status totals = AddTotals(db, sealed.destination, Between(sealed.span, *span, dead.size()));
  if (!totals.ok()) return totals;
  return db.Run("UPDATE batch SET checked = 1, rows = ?, bytes = ?, writes = ? WHERE destination = ?", span->rows,
                span->bytes, span->writes, sealed.destination);
}

/// A letter that is deleted.
struct Taken {
  int64_t destination = 0;
  Slice slice;
};

Result<std::optional<Taken>> DeleteLetter(Connection& db, uint64_t id) {
  Statement letter = db.Query("DELETE FROM letter WHERE id = ? RETURNING destination, day, row", id);
  const auto found = letter.Next();
  if (!found) return found.error();
  if (!*found) return std::optional<Taken>();
  return std::optional(Taken{letter.Integer(0), {letter.MaybeInteger(1), 1, letter.Bytes(2) + "\n"}});
}

}  // namespace

Result<std::optional<Batch>> SealBatch(Connection& db, const Destination& to, const BatchLimits& limits) {
  const auto destination = FindDestination(db, to);
  if (!destination) return destination.error();
  if (!*destination) return std::optional<Batch>();
  const auto sealed = FindSealed(db, **destination);
  if (!sealed) return sealed.error();
  if (*sealed) return std::optional(BatchOf(to, **sealed, true));
  return SealNew(db, to, **destination, limits);
}

Status UnsealBatch(Connection& db, const Batch& batch) {
  const auto sealed = SealedAs(db, batch);
  if (!sealed) return sealed.error();
  return db.Run("DELETE FROM batch WHERE destination = ?", sealed->destination);
}

Status CheckBatch(Connection& db, const Batch& batch, const std::vector<Entry>& kept,
                  const std::vector<DeadLetter>& dead) {
  const auto sealed = SealedAs(db, batch);
  if (!sealed) return sealed.error();
  return sealed->checked ? Ok() : Replace(db, *sealed, kept, dead);
}

Status DivertDay(Connection& db, const Batch& batch, std::optional<int64_t> day, const std::string& reason) {
  const auto sealed = SealedAs(db, batch);
  if (!sealed) return sealed.error();
  auto entries = ReadSpan(db, sealed->destination, sealed->span);
  if (!entries) return entries.error();
  const auto [kept, dead] = ingest::DivertDay(*std::move(entries), day, reason);
  return dead.empty() ? Ok() : Replace(db, *sealed, kept, dead);
}

Status FinishBatch(Connection& db, const Batch& batch) {
  const auto sealed = SealedAs(db, batch);
  if (!sealed) return sealed.error();
  const int64_t destination = sealed->destination;
  if (Status deleted = DeleteSlices(db, *sealed); !deleted.ok()) return deleted;
  if (Status totals = AddTotals(db, destination, Between(sealed->span, {}, 0)); !totals.ok()) return totals;
  if (Status oldest = RefreshOldest(db, destination); !oldest.ok()) return oldest;
  Status stored = db.Run("UPDATE destination SET stored = ? WHERE id = ?", sealed->span.last, destination);
  if (!stored.ok()) return stored;
  return db.Run("DELETE FROM batch WHERE destination = ?", destination);
}

Result<std::vector<DeadLetter>> ReadLetters(Connection& db, const std::optional<Destination>& to, uint64_t after,
                                            uint64_t limit) {
  if (!to) return AllLetters(db.Query(kLetters, after, limit));
  const auto destination = FindDestination(db, *to);
  if (!destination) return destination.error();
  if (!*destination) return std::vector<DeadLetter>();
  return AllLetters(db.Query(kLettersOfOne, after, **destination, limit));
}

Result<uint64_t> TakeLetters(Connection& db, const std::vector<uint64_t>& ids, bool discard, Position now) {
  uint64_t count = 0;
  for (const uint64_t id : ids) {
    const auto taken = DeleteLetter(db, id);
    if (!taken) return taken.error();
    if (!*taken) continue;
    const auto& [destination, slice] = **taken;
    if (Status less = AddTotals(db, destination, {.dead = -1}); !less.ok()) return less.error();
    if (!discard) {
      if (const auto added = AddWrite(db, destination, {slice}, now); !added) return added.error();
    }
    ++count;
  }
  return count;
}

}  // namespace chimera::ingest::sqlite
