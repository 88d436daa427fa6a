#include "ingest/sqlite_schema.h"

#include <thread>

namespace chimera::ingest::sqlite {
namespace {

constexpr int64_t kApplication = 0x43684d42;  // "ChMB", for file(1)
constexpr int64_t kVersion = 1;
constexpr std::chrono::milliseconds kPoll{5};

// Totals are kept beside what they sum up, in the same transaction, so that nobody has to count.
constexpr const char* kTables = R"sql(
  CREATE TABLE buffer(
    one INTEGER PRIMARY KEY CHECK (one = 1),
    last INTEGER NOT NULL,    -- position that was given
    rows INTEGER NOT NULL,    -- that wait, of all tables
    bytes INTEGER NOT NULL,
    frozen INTEGER NOT NULL   -- 1: takes no new writes
  ) STRICT;
  INSERT INTO buffer VALUES (1, 0, 0, 0, 0);

  CREATE TABLE destination(
    id INTEGER PRIMARY KEY,
    dataset TEXT NOT NULL, db TEXT NOT NULL, name TEXT NOT NULL,
    rows INTEGER NOT NULL, bytes INTEGER NOT NULL, writes INTEGER NOT NULL, dead INTEGER NOT NULL,
    oldest INTEGER NOT NULL, newest INTEGER NOT NULL, stored INTEGER NOT NULL,
    UNIQUE (dataset, db, name)
  ) STRICT;
  CREATE INDEX destination_by_age ON destination(oldest) WHERE oldest > 0;

  CREATE TABLE slice(
    id INTEGER PRIMARY KEY,
    destination INTEGER NOT NULL, position INTEGER NOT NULL, day INTEGER, rows INTEGER NOT NULL, body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX slice_in_order ON slice(destination, position);

  CREATE TABLE identity(
    position INTEGER PRIMARY KEY,  -- of the write: how old it is
    destination INTEGER NOT NULL, name BLOB NOT NULL, content BLOB NOT NULL,
    UNIQUE (destination, name)
  ) STRICT;

  CREATE TABLE batch(
    destination INTEGER PRIMARY KEY,
    id TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    rows INTEGER NOT NULL, bytes INTEGER NOT NULL, writes INTEGER NOT NULL, checked INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE letter(
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice
    destination INTEGER NOT NULL, position INTEGER NOT NULL, day INTEGER,
    batch TEXT NOT NULL, row BLOB NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX letter_in_order ON letter(destination);
)sql";

// What dead letters take, counted by the file itself: also when a version writes that does not know of it, and in a
// file that such a version has made.
constexpr const char* kDeadTotals = R"sql(
  CREATE TABLE IF NOT EXISTS dead(
    one INTEGER PRIMARY KEY CHECK (one = 1),
    rows INTEGER NOT NULL, bytes INTEGER NOT NULL
  ) STRICT;
  INSERT OR IGNORE INTO dead SELECT 1, count(*), ifnull(sum(length(row)), 0) FROM letter
    WHERE NOT EXISTS (SELECT 1 FROM dead);
  CREATE TRIGGER IF NOT EXISTS letter_added AFTER INSERT ON letter
    BEGIN UPDATE dead SET rows = rows + 1, bytes = bytes + length(new.row) WHERE one = 1; END;
  CREATE TRIGGER IF NOT EXISTS letter_taken AFTER DELETE ON letter
    BEGIN UPDATE dead SET rows = rows - 1, bytes = bytes - length(old.row) WHERE one = 1; END;
)sql";

Error OfSomethingElse(const std::string& path) {
  return MakeError(ErrorCode::kConflict, path + " is no buffer of chimera-mcp", "name another file, or a new one");
}

struct Stamp {
  int64_t application = 0;
  int64_t version = 0;
  int64_t tables = 0;
};

Result<Stamp> ReadStamp(Connection& db, const std::string& path) {
  const auto application = db.Number("PRAGMA application_id");
  const auto version = db.Number("PRAGMA user_version");
  const auto tables = db.Number("SELECT count(*) FROM sqlite_schema");
  for (const auto* number : {&application, &version, &tables}) {
    if (number->ok()) continue;
    return db.IsNoDatabase() ? OfSomethingElse(path) : number->error();
  }
  return Stamp{*application, *version, *tables};
}

// Whether the tables are there.
Result<bool> Recognise(Connection& db, const std::string& path) {
  const auto stamp = ReadStamp(db, path);
  if (!stamp) return stamp.error();
  if (stamp->application == 0 && stamp->version == 0 && stamp->tables == 0) return false;
  if (stamp->application != kApplication) return OfSomethingElse(path);
  if (stamp->version > kVersion)
    return MakeError(ErrorCode::kConflict, path + " was written by a newer version of chimera-mcp",
                     "start that version, or name another file");
  return true;
}

// Before anything is changed. At one moment: another process may be making the tables.
Status CheckFile(Connection& db, const std::string& path) {
  if (Status begun = db.Run("BEGIN"); !begun.ok()) return begun;
  const auto there = Recognise(db, path);
  (void)db.Run("ROLLBACK");
  return there.ok() ? Ok() : Status(there.error());
}

Status TurnOnLog(Connection& db, const std::string& path) {
  Statement turn = db.Query("PRAGMA journal_mode = WAL");
  const auto row = turn.Next();
  if (!row) return row.error();
  if (*row && turn.Bytes(0) == "wal") return Ok();
  return MakeError(ErrorCode::kIoError, "the disk of " + path + " cannot hold a write-ahead log",
                   "name a file on a local disk");
}

// Two who turn it on at once disturb each other, and SQLite does not always wait then.
Status TurnOnLog(const RequestContext& context, Connection& db, const std::string& path) {
  for (;;) {
    Status turned = TurnOnLog(db, path);
    const bool busy = !turned.ok() && turned.error().code == ErrorCode::kTimeout;
    if (!busy || context.deadline.Expired()) return turned;
    std::this_thread::sleep_for(kPoll);
  }
}

Status MakeTables(Connection& db, const std::string& path) {
  if (Status begun = db.Run("BEGIN IMMEDIATE"); !begun.ok()) return begun;
  const auto there = Recognise(db, path);  // others may have been faster
  Status made = there.ok() ? Ok() : Status(there.error());
  if (there.ok() && !*there)
    made = db.RunScript(std::string(kTables) + "PRAGMA application_id = " + std::to_string(kApplication) +
                        "; PRAGMA user_version = " + std::to_string(kVersion));
  if (made.ok()) made = db.RunScript(kDeadTotals);
  if (made.ok()) made = db.Run("COMMIT");
  if (db.InTransaction()) (void)db.Run("ROLLBACK");
  return made;
}

}  // namespace

Result<std::unique_ptr<Connection>> OpenWriter(const RequestContext& context, const std::string& path, bool fsync) {
  auto db = Connection::Open(path);
  if (!db) return db;
  const Patience patience(**db, context);
  if (Status known = CheckFile(**db, path); !known.ok()) return known.error();
  if (Status on = TurnOnLog(context, **db, path); !on.ok()) return on.error();
  // The log is given back to the disk after large writes; otherwise SQLite starts it anew each 4 MB.
  const std::string script =
      std::string("PRAGMA synchronous = ") + (fsync ? "FULL" : "NORMAL") + "; PRAGMA journal_size_limit = 8388608";
  if (Status set = (*db)->RunScript(script); !set.ok()) return set.error();
  if (Status made = MakeTables(**db, path); !made.ok()) return made.error();
  return db;
}

Result<std::unique_ptr<Connection>> OpenReader(const std::string& path) {
  auto db = Connection::Open(path);
  if (!db) return db;
  if (Status set = (*db)->RunScript("PRAGMA query_only = 1"); !set.ok()) return set.error();
  return db;
}

}  // namespace chimera::ingest::sqlite
