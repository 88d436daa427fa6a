#include "ingest/sqlite_writes.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace chimera::ingest::sqlite {
namespace {

constexpr std::chrono::seconds kRetryAfter{1};
constexpr int64_t kForgetAtOnce = 5'000;  // some milliseconds

int64_t Signed(uint64_t number) {
  return static_cast<int64_t>(std::min(number, uint64_t{std::numeric_limits<int64_t>::max()}));
}

Change SizeOf(const std::vector<Slice>& slices) {
  Change size{.writes = 1};
  for (const Slice& slice : slices) {
    size.rows += Signed(slice.rows);
    size.bytes += Signed(slice.body.size());
  }
  return size;
}

// Half the room for what there are many of.
std::string Packed(const std::string& hex) {
  std::string bytes(hex.size() / 2, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    uint8_t byte = 0;
    const char* begin = hex.data() + 2 * i;
    if (std::from_chars(begin, begin + 2, byte, 16).ptr != begin + 2) return hex;
    bytes[i] = static_cast<char>(byte);
  }
  return hex.size() % 2 == 0 ? bytes : hex;
}

// Of an identity that was found before.
Result<Accepted> Repeat(Position position, const std::string& content, const Write& write) {
  if (content == Packed(write.content)) return Accepted{position, true};
  return MakeError(ErrorCode::kConflict, "the idempotency key was used for other rows of the same table",
                   "send new rows under a new key, or the same rows under this one");
}

Error Busy(std::string what) {
  Error error = MakeError(ErrorCode::kBusy, "the buffer takes no more: " + std::move(what),
                          "call again with the same rows after retry_after; what was accepted is safe");
  error.retry_after = kRetryAfter;
  return error;
}

Status CheckSize(const Change& size, const StoreLimits& limits) {
  if (Signed(limits.max_rows) >= size.rows && Signed(limits.max_bytes) >= size.bytes) return Ok();
  return MakeError(ErrorCode::kTooLarge,
                   "the write has " + std::to_string(size.rows) + " rows, " + std::to_string(size.bytes) +
                       " bytes; the buffer holds " + std::to_string(limits.max_rows) + " and " +
                       std::to_string(limits.max_bytes),
                   "send fewer rows a call");
}

// What a write meets: one statement for all of it, as a write is short and there are many.
struct Scene {
  struct Size {
    int64_t rows = 0;
    int64_t bytes = 0;
  };
  Position last = 0;  // that was given
  Size waiting;
  Size dead;
  bool frozen = false;
  std::optional<int64_t> oldest;       // of all tables
  std::optional<int64_t> destination;  // absent for a new table
  bool waits = false;                  // something of the same table
  std::optional<Position> before;      // of the same identity
  std::string content;                 // of the same identity
};

Result<Scene> Look(Connection& db, const Write& write) {
  Statement row = db.Query(
      "SELECT last, buffer.rows, buffer.bytes, dead.rows, dead.bytes, frozen, "
      "(SELECT oldest FROM destination WHERE oldest > 0 ORDER BY oldest LIMIT 1), d.id, d.oldest, i.position, "
      "i.content "
      "FROM buffer JOIN dead USING (one) LEFT JOIN destination d ON d.dataset = ? AND d.db = ? AND d.name = ? "
      "LEFT JOIN identity i ON i.destination = d.id AND i.name = ? WHERE one = 1",
      write.to.dataset, write.to.database, write.to.table, Blob{Packed(write.identity)});
  const auto found = row.Next();
  if (!found) return found.error();
  if (!*found) return MakeError(ErrorCode::kInternal, "the buffer's file has lost its totals");
  return Scene{.last = row.Integer(0),
               .waiting = {row.Integer(1), row.Integer(2)},
               .dead = {row.Integer(3), row.Integer(4)},
               .frozen = row.Integer(5) != 0,
               .oldest = row.MaybeInteger(6),
               .destination = row.MaybeInteger(7),
               .waits = row.Integer(8) != 0,
               .before = row.MaybeInteger(9),
               .content = row.Bytes(10)};
}

// Dead letters take the room of rows that wait: nothing is dropped to make any.
Error NoRoom(const std::string& what, int64_t waiting, int64_t letters, uint64_t most) {
  return Busy(std::to_string(waiting) + " " + what + " wait" +
              (letters > 0 ? ", beside " + std::to_string(letters) + " dead letters" : "") + "; " +
              std::to_string(most) + " may be kept");
}

Status CheckRoom(const Scene& scene, const Change& size, Position now, const StoreLimits& limits) {
  if (scene.frozen) return FrozenError();
  if (scene.waiting.rows + scene.dead.rows + size.rows > Signed(limits.max_rows))
    return NoRoom("rows", scene.waiting.rows, scene.dead.rows, limits.max_rows);
  if (scene.waiting.bytes + scene.dead.bytes + size.bytes > Signed(limits.max_bytes))
    return NoRoom("bytes", scene.waiting.bytes, scene.dead.rows, limits.max_bytes);
  if (scene.oldest && *scene.oldest < now - std::chrono::microseconds(limits.max_age).count())
    return Busy("the oldest write waits for more than " + std::to_string(limits.max_age.count()) + " s");
  return Ok();
}

Result<int64_t> AddDestination(Connection& db, const Destination& to) {
  return db.Number(
      "INSERT INTO destination(dataset, db, name, rows, bytes, writes, dead, oldest, newest, stored) "
      "VALUES (?, ?, ?, 0, 0, 0, 0, 0, 0, 0) RETURNING id",
      to.dataset, to.database, to.table);
}

// `oldest` has an index: it is written when it changes alone.
Status NoteWrite(Connection& db, int64_t destination, Position position, const Change& size, bool first) {
  Status given = db.Run("UPDATE buffer SET last = ?, rows = rows + ?, bytes = bytes + ? WHERE one = 1", position,
                        size.rows, size.bytes);
  if (!given.ok()) return given;
  Status noted =
      db.Run("UPDATE destination SET rows = rows + ?, bytes = bytes + ?, writes = writes + 1, newest = ? WHERE id = ?",
             size.rows, size.bytes, position, destination);
  if (!noted.ok() || !first) return noted;
  return db.Run("UPDATE destination SET oldest = ? WHERE id = ?", position, destination);
}

Status AddSlices(Connection& db, int64_t destination, Position position, const std::vector<Slice>& slices) {
  for (const Slice& slice : slices) {
    if (Status added = AddSlice(db, destination, position, slice); !added.ok()) return added;
  }
  return Ok();
}

Result<Accepted> AppendFirst(Connection& db, const Scene& scene, const Write& write, const Change& size, Position now) {
  const auto destination = scene.destination ? Result<int64_t>(*scene.destination) : AddDestination(db, write.to);
  if (!destination) return destination.error();
  const Position position = std::max(scene.last + 1, now);
  if (Status added = AddSlices(db, *destination, position, write.slices); !added.ok()) return added.error();
  Status named = db.Run("INSERT INTO identity(position, destination, name, content) VALUES (?, ?, ?, ?)", position,
                        *destination, Blob{Packed(write.identity)}, Blob{Packed(write.content)});
  if (!named.ok()) return named.error();
  if (Status noted = NoteWrite(db, *destination, position, size, !scene.waits); !noted.ok()) return noted.error();
  return Accepted{position, false};
}

Backlog BacklogIn(const Statement& row) {
  Backlog backlog;
  backlog.to = {row.Bytes(0), row.Bytes(1), row.Bytes(2)};
  backlog.rows = row.Count(3);
  backlog.bytes = row.Count(4);
  backlog.writes = row.Count(5);
  backlog.dead = row.Count(6);
  backlog.oldest = row.Integer(7);
  backlog.newest = row.Integer(8);
  backlog.stored = row.Integer(9);
  backlog.sealed = row.Integer(10) != 0;
  return backlog;
}

}  // namespace

Result<std::optional<int64_t>> FindDestination(Connection& db, const Destination& to) {
  Statement found = db.Query("SELECT id FROM destination WHERE dataset = ? AND db = ? AND name = ?", to.dataset,
                             to.database, to.table);
  const auto row = found.Next();
  if (!row) return row.error();
  return *row ? std::optional(found.Integer(0)) : std::nullopt;
}

Result<Accepted> AppendWrite(Connection& db, const Write& write, Position now, const StoreLimits& limits) {
  const auto scene = Look(db, write);
  if (!scene) return scene.error();
  if (scene->before) return Repeat(*scene->before, scene->content, write);
  const Change size = SizeOf(write.slices);
  if (Status fits = CheckSize(size, limits); !fits.ok()) return fits.error();
  if (Status room = CheckRoom(*scene, size, now, limits); !room.ok()) return room.error();
  return AppendFirst(db, *scene, write, size, now);
}

Result<std::optional<Accepted>> FindWrite(Connection& db, const Write& write) {
  const auto scene = Look(db, write);
  if (!scene) return scene.error();
  if (!scene->before) return std::optional<Accepted>();
  const auto repeat = Repeat(*scene->before, scene->content, write);
  if (!repeat) return repeat.error();
  return std::optional<Accepted>(*repeat);
}

Status SetFrozen(Connection& db, bool frozen) {
  return db.Run("UPDATE buffer SET frozen = ?", frozen);
}

Result<bool> ReadFrozen(Connection& db) {
  const auto frozen = db.Number("SELECT frozen FROM buffer");
  if (!frozen) return frozen.error();
  return *frozen != 0;
}

Result<Position> AddWrite(Connection& db, int64_t destination, const std::vector<Slice>& slices, Position now) {
  const auto last = db.Number("SELECT last FROM buffer");
  if (!last) return last;
  const auto oldest = db.Number("SELECT oldest FROM destination WHERE id = ?", destination);
  if (!oldest) return oldest;
  const Position position = std::max(*last + 1, now);
  if (Status added = AddSlices(db, destination, position, slices); !added.ok()) return added.error();
  Status noted = NoteWrite(db, destination, position, SizeOf(slices), *oldest == 0);
  if (!noted.ok()) return noted.error();
  return position;
}

Status AddSlice(Connection& db, int64_t destination, Position position, const Slice& slice) {
  return db.Run("INSERT INTO slice(destination, position, day, rows, body) VALUES (?, ?, ?, ?, ?)", destination,
                position, slice.day, slice.rows, Blob{slice.body});
}

Status AddTotals(Connection& db, int64_t destination, const Change& change) {
  Status added = db.Run(
      "UPDATE destination SET rows = rows + ?, bytes = bytes + ?, writes = writes + ?, "
      "dead = dead + ? WHERE id = ?",
      change.rows, change.bytes, change.writes, change.dead, destination);
  if (!added.ok()) return added;
  return db.Run("UPDATE buffer SET rows = rows + ?, bytes = bytes + ? WHERE one = 1", change.rows, change.bytes);
}

Status RefreshOldest(Connection& db, int64_t destination) {
  return db.Run(
      "UPDATE destination SET oldest = ifnull((SELECT min(position) FROM slice WHERE destination = ?1), 0) "
      "WHERE id = ?1",
      destination);
}

Result<Span> Fit(Connection& db, int64_t destination, Position after, Position until, const BatchLimits& limits) {
  Span span;
  Statement write = db.Query(
      "SELECT position, sum(rows), sum(length(body)) FROM slice WHERE destination = ? AND "
      "position > ? AND position <= ? GROUP BY position ORDER BY position",
      destination, after, until);
  for (;;) {
    const auto more = write.Next();
    if (!more) return more.error();
    if (!*more) return span;
    const uint64_t rows = span.rows + write.Count(1);
    const uint64_t bytes = span.bytes + write.Count(2);
    if (span.writes > 0 && (rows > limits.rows || bytes > limits.bytes)) return span;
    if (span.writes == 0) span.first = write.Integer(0);
    span = {span.first, write.Integer(0), rows, bytes, span.writes + 1};
  }
}

Result<std::vector<Entry>> ReadSpan(Connection& db, int64_t destination, const Span& span) {
  std::vector<Entry> entries;
  if (span.writes == 0) return entries;
  Statement slice = db.Query(
      "SELECT position, day, rows, body FROM slice WHERE destination = ? AND "
      "position BETWEEN ? AND ? ORDER BY position, id",
      destination, span.first, span.last);
  for (;;) {
    const auto more = slice.Next();
    if (!more) return more.error();
    if (!*more) return entries;
    entries.push_back({slice.Integer(0), {slice.MaybeInteger(1), slice.Count(2), slice.Bytes(3)}});
  }
}

Result<std::vector<Backlog>> ReadBacklogs(Connection& db) {
  std::vector<Backlog> backlogs;
  Statement row = db.Query(
      "SELECT dataset, db, name, d.rows, d.bytes, d.writes, dead, oldest, newest, stored, "
      "batch.id IS NOT NULL FROM destination d LEFT JOIN batch ON batch.destination = d.id "
      "ORDER BY dataset, db, name");
  for (;;) {
    const auto more = row.Next();
    if (!more) return more.error();
    if (!*more) return backlogs;
    backlogs.push_back(BacklogIn(row));
  }
}

Result<uint64_t> ForgetIdentities(Connection& db, Position until) {
  Status forgotten = db.Run(
      "DELETE FROM identity WHERE position IN "
      "(SELECT position FROM identity WHERE position < ? ORDER BY position LIMIT ?)",
      until, kForgetAtOnce);
  if (!forgotten.ok()) return forgotten.error();
  return db.Changes();
}

}  // namespace chimera::ingest::sqlite
