#include "ingest/flusher.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "clickhouse/deduplication.h"
#include "clickhouse/stored_rows.h"
#include "sql/lexer.h"

namespace chimera::ingest {
namespace {

constexpr BatchLimits kAll{std::numeric_limits<uint64_t>::max(), std::numeric_limits<uint64_t>::max()};

constexpr char kColumns[] =
    "SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {table:String} "
    "AND default_kind NOT IN ('MATERIALIZED', 'ALIAS')";

/// The rows of one partition.
struct Part {
  uint64_t rows = 0;
  std::string body;
};

std::map<std::optional<int64_t>, Part> ByDay(const std::vector<Entry>& entries) {
  std::map<std::optional<int64_t>, Part> days;
  for (const Entry& entry : entries) {
    Part& part = days[entry.slice.day];
    part.rows += entry.slice.rows;
    part.body += entry.slice.body;
  }
  return days;
}

std::string SchemaVersion(const LiveColumns& columns) {
  std::string text;
  for (const auto& [name, type] : columns) text += name + " " + type + "\n";
  return Sha256Hex(text).substr(0, 16);
}

/// The database could not read or take a value: the same rows would be refused again. Of these codes only those that
/// the reader of the rows or a constraint throws, before anything of the block is stored: a view behind the table may
/// throw them, too, when the table has the rows already. (Codes: src/Common/ErrorCodes.cpp.)
bool RefusesRows(const Error& error) {
  constexpr int kViolatedConstraint = 469;
  constexpr std::array kUnreadable = {6, 16, 25, 26, 27, 33, 38, 41, 53, 69, 70, 72, 117, 321, 349, 376, 407, 691};
  if (error.database_code == kViolatedConstraint) return true;
  return std::find(kUnreadable.begin(), kUnreadable.end(), error.database_code) != kUnreadable.end() &&
         error.message.find("InputFormat") != std::string::npos;
}

}  // namespace

/// One batch on its way.
class Flusher::Work {
 public:
  Work(Flusher& flusher, const RequestContext& context, Batch batch)
      : flusher_(flusher),
        context_(context),
        batch_(std::move(batch)),
        in_doubt_(batch_.resumed && batch_.checked) {}  // nothing is inserted before it is checked

  /// kConflict, with Halves(): to be sealed again in smaller pieces.
  Status Run() {
    Tell(Step::kSealed);
    if (Status read = Read(); !read) return read;
    if (Status shaped = Fit(); !shaped) return shaped;
    if (Status ready = flusher_.PrepareManifests(context_, batch_.to.database); !ready) return ready;
    for (const auto& [day, part] : ByDay(entries_)) {
      if (Status stored = StoreDay(day, part); !stored || halves_) return stored;
    }
    return Finish();
  }

  bool Halves() const { return halves_; }
  Flushed Done() const { return {batch_, stored_rows_, dead_}; }

 private:
  Status Read() {
    auto entries = flusher_.store_.Read(context_, batch_.to, batch_.first - 1, batch_.last, kAll);
    if (!entries) return std::move(entries).error();
    entries_ = *std::move(entries);
    return Ok();
  }

  /// A batch that was checked before is only measured: its rows are fixed.
  Status Fit() {
    const bool evolves = !batch_.checked && flusher_.options_.evolves(batch_.to);
    auto shaped = ShapeBy(false, evolves);
    if (shaped && (!shaped->added.empty() || !shaped->dead.empty())) shaped = ShapeBy(true, evolves);
    if (!shaped) return std::move(shaped).error();
    Tell(Step::kShaped);
    columns_ = shaped->columns;
    if (batch_.checked) return Ok();
    if (Status added = AddColumns(*shaped); !added) return added;
    dead_ = shaped->dead.size();
    if (dead_ > 0) log::Warning(Buried(shaped->dead));
    if (Status checked = flusher_.store_.Check(context_, batch_, shaped->kept, shaped->dead); !checked) return checked;
    entries_ = std::move(shaped->kept);
    Tell(Step::kChecked);
    return Ok();
  }

  Result<Shaped> ShapeBy(bool anew, bool evolves) {
    auto live = flusher_.Columns(context_, batch_.to, anew);
    if (!live) return std::move(live).error();
    schema_ = SchemaVersion(*live);
    return Shape(batch_, entries_, *live, evolves);
  }

  Status AddColumns(const Shaped& shaped) {
    if (shaped.added.empty()) return Ok();
    std::string changes;
    for (const auto& [name, type] : shaped.added) {
      changes +=
          (changes.empty() ? "" : ", ") + ("ADD COLUMN IF NOT EXISTS " + sql::QuoteIdentifier(name) + " " + type);
    }
    Status added = flusher_.client_.Execute(
        context_, "ALTER TABLE " + sql::QuoteIdentifier(batch_.to.table) + " " + changes, batch_.to.database);
    if (!added) return added;
    log::Info(batch_.to.FullName() + " has grown: " + changes);
    Tell(Step::kColumnsAdded);
    auto live = flusher_.Columns(context_, batch_.to, true);
    if (!live) return std::move(live).error();
    schema_ = SchemaVersion(*live);
    return Ok();
  }

  std::string Buried(const std::vector<DeadLetter>& dead) const {
    return "batch " + batch_.id + " of " + batch_.to.FullName() + ": " + std::to_string(dead.size()) +
           " rows are dead letters (chimera-mcp ingest dead-letter), the first because of " + dead.front().reason;
  }

  Status StoreDay(std::optional<int64_t> day, const Part& part) {
    const Manifest manifest{.batch = batch_,
                            .day = day,
                            .rows = part.rows,
                            .bytes = part.body.size(),
                            .token = Sha256Hex(batch_.id + "|" + PartitionText(day)),
                            .schema = schema_};
    if (in_doubt_) {
      auto there = flusher_.manifests_.Has(context_, manifest);
      if (!there) return std::move(there).error();
      if (*there) return NoteStored(manifest);
    }
    if (Status inserted = Insert(manifest, part.body); !inserted) return Refused(manifest, std::move(inserted).error());
    Tell(Step::kInserted);
    if (Status recorded = flusher_.manifests_.Add(context_, manifest); !recorded) return recorded;
    Tell(Step::kRecorded);
    return NoteStored(manifest);
  }

  Status NoteStored(const Manifest& manifest) {
    stored_rows_ += manifest.rows;
    last_day_ = manifest.day;
    any_stored_ = true;
    return Ok();
  }

  Status Insert(const Manifest& manifest, const std::string& body) {
    auto written = clickhouse::WriteOnce(context_, flusher_.client_,
                                         {.database = batch_.to.database,
                                          .table = batch_.to.table,
                                          .columns = columns_,
                                          .body = body,
                                          .deduplication_token = manifest.token,
                                          .repeated = in_doubt_},
                                         {.name = "batch " + batch_.id + " of " + batch_.to.FullName()});
    if (!written) return std::move(written).error();
    return Ok();
  }

  Status Refused(const Manifest& manifest, Error error) {
    flusher_.Forget(batch_.to);
    if (RefusesRows(error)) {
      halves_ = !any_stored_ && !in_doubt_ && batch_.first != batch_.last;
      return halves_ ? Ok() : Divert(manifest, "refused_by_database: " + error.message);
    }
    if (!in_doubt_ || error.unsent) return error;
    auto recognises = clickhouse::AskDeduplication(
        batch_.to.database, batch_.to.table,
        [this](const clickhouse::Query& query) { return flusher_.client_.Read(context_, query); });
    if (!recognises || *recognises != clickhouse::Deduplication::kNone) return error;
    return Divert(manifest, "unknown_outcome: these rows may or may not be in " + batch_.to.FullName() +
                                ", which does not recognise rows that it has already; count them there, then replay or "
                                "discard them");
  }

  /// The rows of one partition become dead letters.
  Status Divert(const Manifest& manifest, const std::string& reason) {
    log::Warning("batch " + batch_.id + " of " + batch_.to.FullName() + ": " + std::to_string(manifest.rows) +
                 " rows are dead letters (chimera-mcp ingest dead-letter) because of " + reason);
    dead_ += manifest.rows;
    return flusher_.store_.Divert(context_, batch_, manifest.day, reason);
  }

  Status Finish() {
    const Manifest last{.batch = batch_, .day = last_day_, .token = {}, .schema = schema_};
    if (Status promoted = flusher_.manifests_.Promote(context_, last); !promoted) return promoted;
    Tell(Step::kPromoted);
    if (Status finished = flusher_.store_.Finish(context_, batch_); !finished) return finished;
    Tell(Step::kFinished);
    return Ok();
  }

  void Tell(Step step) const {
    if (flusher_.options_.on_step) flusher_.options_.on_step(step, batch_);
  }

  Flusher& flusher_;
  const RequestContext& context_;
  const Batch batch_;
  const bool in_doubt_;  ///< parts of it may be stored
  std::vector<Entry> entries_;
  std::vector<std::string> columns_;
  std::string schema_;
  std::optional<int64_t> last_day_;
  uint64_t stored_rows_ = 0;
  uint64_t dead_ = 0;
  bool any_stored_ = false;
  bool halves_ = false;
};

Flusher::Flusher(Store& store, clickhouse::Client& client, FlusherOptions options)
    : store_(store), client_(client), options_(std::move(options)), manifests_(client) {}

Result<std::optional<Flushed>> Flusher::FlushOne(const RequestContext& context, const Destination& to) {
  BatchLimits limits = options_.batch;
  while (true) {
    auto batch = store_.Seal(context, to, limits);
    if (!batch) return std::move(batch).error();
    if (!*batch) return std::optional<Flushed>();
    Work work(*this, context, **batch);
    if (Status done = work.Run(); !done) {
      Forget(to);
      return std::move(done).error();
    }
    if (!work.Halves()) return std::optional(work.Done());
    if (Status undone = store_.Unseal(context, **batch); !undone) return std::move(undone).error();
    limits = {std::max<uint64_t>((*batch)->rows / 2, 1), std::max<uint64_t>((*batch)->bytes / 2, 1)};
  }
}

Result<LiveColumns> Flusher::Columns(const RequestContext& context, const Destination& to, bool anew) {
  if (!anew) {
    std::lock_guard lock(mutex_);
    if (const auto known = columns_.find(to); known != columns_.end()) return known->second;
  }
  auto columns = AskColumns(context, to);
  if (columns && columns->empty()) {
    if (Status created = Create(context, to); !created) return std::move(created).error();
    columns = AskColumns(context, to);
  }
  if (!columns) return columns;
  std::lock_guard lock(mutex_);
  return columns_[to] = *std::move(columns);
}

Result<LiveColumns> Flusher::AskColumns(const RequestContext& context, const Destination& to) {
  clickhouse::Query query{.sql = kColumns, .parameters = {{"database", to.database}, {"table", to.table}}};
  query.max_rows = 100'000;
  query.max_bytes = 64'000'000;
  auto rows = client_.Read(context, query);
  if (!rows) return std::move(rows).error();
  LiveColumns columns;
  for (const Json& row : rows->Parsed()) columns[row.at(0).get<std::string>()] = row.at(1).get<std::string>();
  return columns;
}

Status Flusher::Create(const RequestContext& context, const Destination& to) {
  const std::vector<std::string> statements = options_.creates(to);
  if (statements.empty()) {
    return MakeError(ErrorCode::kUnknownTable,
                     "there is no table " + to.FullName() + ", or the account may not see it; its buffered rows wait",
                     "The dataset's tables are made by `chimera-mcp schema apply`.");
  }
  for (const std::string& statement : statements) {
    if (Status made = client_.Execute(context, statement, ""); !made) return made;
  }
  return Ok();
}

Status Flusher::PrepareManifests(const RequestContext& context, const std::string& database) {
  {
    std::lock_guard lock(mutex_);
    if (prepared_.contains(database)) return Ok();
  }
  if (Status ready = manifests_.Prepare(context, database); !ready) return ready;
  std::lock_guard lock(mutex_);
  prepared_.insert(database);
  return Ok();
}

void Flusher::Forget(const Destination& to) {
  std::lock_guard lock(mutex_);
  columns_.erase(to);
  prepared_.erase(to.database);
}

}  // namespace chimera::ingest
