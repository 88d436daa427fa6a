#include "schema/migrator.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/text.h"
#include "schema/own_tables.h"
#include "schema/read_all.h"
#include "sql/lexer.h"

namespace chimera::schema {
namespace {

constexpr char kColumns[] =
    " (version UInt16 COMMENT 'Number of the migration', "
    "name String COMMENT 'Its name', "
    "checksum String COMMENT 'SHA-256 of its text', "
    "applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When its last statement had run') ENGINE = ";
constexpr char kPlainEngine[] = "MergeTree ORDER BY version SETTINGS non_replicated_deduplication_window = 10000";
// One copy of the table, on all servers of all shards.
constexpr char kClusterEngine[] =
    "ReplicatedMergeTree('/clickhouse/tables/{database}/schema_migrations', '{shard}_{replica}') ORDER BY version "
    "SETTINGS replicated_deduplication_window = 10000";
constexpr char kComment[] = " COMMENT 'Applied migrations; written by chimera-mcp schema apply'";

// Grouped: where the deduplication window has passed, two processes can both have recorded a version.
constexpr char kReadApplied[] =
    "SELECT version, name, checksum, formatDateTime(min(applied_at), '%FT%TZ') FROM schema_migrations "
    "GROUP BY version, name, checksum ORDER BY version";

constexpr char kFilledTables[] =
    "SELECT name FROM system.tables WHERE database = {database:String} AND NOT startsWith(name, '.inner') "
    "AND total_rows > 0 ORDER BY name";

// Never dropped: who loads sample data may be an account that drops nothing.
constexpr char kCreateDemoTable[] =
    "CREATE TABLE IF NOT EXISTS demo_loads (state String COMMENT 'begun or done', "
    "at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')) ENGINE = MergeTree ORDER BY at "
    "COMMENT 'Loads of sample data; written by chimera-mcp demo load'";
constexpr char kLastDemoState[] = "SELECT argMax(state, at) FROM demo_loads";

struct Applied {
  int version = 0;
  std::string name;
  std::string checksum;
  std::string applied_at;
};

/// What the database records; empty when the table, or its database, is not there yet.
Result<std::vector<Applied>> ReadApplied(const RequestContext& context, clickhouse::Client& client,
                                         const Dataset& dataset) {
  const Result<Json> rows = ReadAll(context, client, {.sql = kReadApplied, .database = dataset.database});
  if (!rows && rows.error().code == ErrorCode::kUnknownDatabase) return std::vector<Applied>{};
  if (!rows && rows.error().code == ErrorCode::kUnknownTable) return std::vector<Applied>{};
  if (!rows) return rows.error();
  std::vector<Applied> applied;
  for (const Json& row : *rows) {
    applied.push_back({row.at(0).get<int>(), row.at(1).get<std::string>(), row.at(2).get<std::string>(),
                       row.at(3).get<std::string>()});
  }
  return applied;
}

Error Conflict(const Dataset& dataset, const std::string& message, std::string hint) {
  return MakeError(ErrorCode::kConflict, "database " + dataset.database + ": " + message, std::move(hint));
}

/// History is what was declared, from version 1 on, without gaps: what is pending is the rest.
Status CheckHistory(const Dataset& dataset, const std::vector<Applied>& applied) {
  const int newest = dataset.migrations.empty() ? 0 : dataset.migrations.back().version;
  if (!applied.empty() && applied.back().version > newest) {
    return Conflict(dataset,
                    "this binary is older: the database is at version " + std::to_string(applied.back().version) +
                        ", this binary knows " + std::to_string(newest),
                    "run the version of chimera-mcp that migrated it, or a newer one");
  }
  for (size_t i = 0; i < applied.size(); ++i) {
    const std::string version = std::to_string(applied[i].version);
    const size_t expected = i + 1;
    if (applied[i].version != static_cast<int>(expected)) {
      return Conflict(
          dataset,
          "schema_migrations lists version " + version + " where version " + std::to_string(expected) + " is expected",
          "restore that table: every applied version once, from 1, without gaps");
    }
    if (applied[i].checksum == dataset.migrations[i].checksum) continue;
    return Conflict(dataset, "migration " + version + " (" + applied[i].name + ") was edited after it was applied",
                    "restore its text, and put the change into a new migration");
  }
  return Ok();
}

Result<std::vector<Applied>> ReadCheckedHistory(const RequestContext& context, clickhouse::Client& client,
                                                const Dataset& dataset) {
  Result<std::vector<Applied>> applied = ReadApplied(context, client, dataset);
  if (!applied) return applied;
  if (Status status = CheckHistory(dataset, *applied); !status) return status.error();
  return applied;
}

std::string CreateDatabaseSql(const Dataset& dataset, const Layout& layout) {
  return "CREATE DATABASE IF NOT EXISTS " + sql::QuoteIdentifier(dataset.database) + OnCluster(layout);
}

std::string CreateTableSql(const Layout& layout) {
  const char* engine = layout.cluster.empty() ? kPlainEngine : kClusterEngine;
  return "CREATE TABLE IF NOT EXISTS schema_migrations" + OnCluster(layout) + kColumns + engine + kComment;
}

/// What ForLayout has to know; nothing on one server, where statements run as they are.
std::set<std::string> NamesFor(const Dataset& dataset, const Layout& layout) {
  return layout.cluster.empty() ? std::set<std::string>() : CreatedNames(dataset);
}

/// What runs for the statements of `script`, in order.
Result<std::vector<std::string>> ScriptFor(const std::string& script, const Layout& layout,
                                           const std::set<std::string>& created) {
  const Result<std::vector<std::string>> written = sql::SplitStatements(script);
  if (!written) return written.error();
  std::vector<std::string> statements;
  for (const auto& statement : *written) {
    Result<std::vector<std::string>> run = ForLayout(statement, layout, created);
    if (!run) return run.error();
    statements.insert(statements.end(), std::make_move_iterator(run->begin()), std::make_move_iterator(run->end()));
  }
  return statements;
}

/// Where in `script` statement `index` went wrong: at `position` of its text, else at its first word. Nothing where
/// `statements` are not those of the script.
std::optional<size_t> PlaceOf(const std::string& script, const std::vector<std::string>& statements, size_t index,
                              std::optional<size_t> position) {
  size_t at = 0, next = 0;
  for (size_t i = 0; i <= index; ++i) {
    at = script.find(statements[i], next);
    if (at == std::string::npos) return std::nullopt;
    next = at + statements[i].size();
  }
  const auto tokens = sql::Tokenize(statements[index]);
  const size_t first = tokens && !tokens->empty() ? tokens->front().offset : 0;
  return at + position.value_or(first);
}

/// Runs the statements of `script` in order; an error says which one failed, and its `position` where in `script`.
Status RunScript(const RequestContext& context, clickhouse::Client& client, const Dataset& dataset,
                 const std::string& script, const std::string& what, const Layout& layout = {}) {
  const Result<std::vector<std::string>> statements = ScriptFor(script, layout, NamesFor(dataset, layout));
  if (!statements) return statements.error();
  for (size_t i = 0; i < statements->size(); ++i) {
    Status status = client.Execute(context, (*statements)[i], dataset.database);
    if (status) continue;
    status.error().position = PlaceOf(script, *statements, i, status.error().position);
    status.error().message = what + ", statement " + std::to_string(i + 1) + " of " +
                             std::to_string(statements->size()) + ": " + status.error().message;
    return status;
  }
  return Ok();
}

Status CreateDatabase(const RequestContext& context, clickhouse::Client& client, const Dataset& dataset,
                      const Layout& layout) {
  // Sent from `system`, which is always there: the client's own default database may be the one to create.
  const Status created = client.Execute(context, CreateDatabaseSql(dataset, layout), "system");
  if (!created) return created;
  return client.Execute(context, CreateTableSql(layout), dataset.database);
}

Status Apply(const RequestContext& context, clickhouse::Client& client, const Dataset& dataset,
             const Migration& migration, const Layout& layout) {
  const std::string version = std::to_string(migration.version);
  const std::string what = "migration " + version + " (" + migration.name + ")";
  if (Status status = RunScript(context, client, dataset, migration.sql, what, layout); !status) return status;
  const std::string row =
      ToText(Json{{"version", migration.version}, {"name", migration.name}, {"checksum", migration.checksum}});
  clickhouse::Insert insert;
  insert.database = dataset.database;
  insert.table = kHistoryTable;
  insert.columns = {"version", "name", "checksum"};
  insert.body = row;
  insert.deduplication_token = "migration " + version + " " + migration.checksum;
  const Result<clickhouse::Written> written = client.Write(context, insert);
  if (!written) return written.error();
  return Ok();
}

Result<std::vector<std::string>> FilledTables(const RequestContext& context, clickhouse::Client& client,
                                              const Dataset& dataset) {
  const Result<Json> rows =
      ReadAll(context, client,
              {.sql = kFilledTables, .parameters = {{"database", dataset.database}}, .database = dataset.database});
  if (!rows) return rows.error();
  std::vector<std::string> names;
  for (const Json& row : *rows) names.push_back(row.at(0).get<std::string>());
  std::erase_if(names, IsOwnTable);
  return names;
}

/// Whether the last load of sample data was begun and has not ended.
Result<bool> IsLoadOpen(const RequestContext& context, clickhouse::Client& client, const Dataset& dataset) {
  const Result<Json> rows = ReadAll(context, client, {.sql = kLastDemoState, .database = dataset.database});
  if (!rows && rows.error().code == ErrorCode::kUnknownTable) return false;
  if (!rows) return rows.error();
  return !rows->empty() && rows->at(0).at(0) == "begun";
}

Status NoteLoad(const RequestContext& context, clickhouse::Client& client, const Dataset& dataset, const char* state) {
  return client.Execute(context, "INSERT INTO demo_loads (state) VALUES (" + sql::QuoteString(state) + ")",
                        dataset.database);
}

Error HalfLoaded(const Dataset& dataset, const std::vector<std::string>& filled) {
  std::string statements;
  for (const auto& table : filled) {
    statements += "TRUNCATE TABLE " + sql::QuoteIdentifier(dataset.database) + "." + sql::QuoteIdentifier(table) + "; ";
  }
  return MakeError(
      ErrorCode::kBusy,
      "database " + dataset.database +
          ": a load of the sample data was begun and has not ended; these hold a part of it: " + Join(filled, ", "),
      "if it was cut off, and nothing else was stored since, take that part out and load again: " + statements +
          "otherwise wait for its end");
}

/// What keeps sample data out; Ok when nothing does.
Status CheckRoom(const RequestContext& context, clickhouse::Client& client, const Dataset& dataset) {
  const Result<std::vector<std::string>> filled = FilledTables(context, client, dataset);
  if (!filled) return filled.error();
  if (filled->empty()) return Ok();
  const Result<bool> open = IsLoadOpen(context, client, dataset);
  if (!open) return open.error();
  if (*open) return HalfLoaded(dataset, *filled);
  return Conflict(dataset, "sample data goes into empty tables only; these hold rows: " + Join(*filled, ", "),
                  "keep what is there, or, if it may go, drop the database and apply the migrations again");
}

}  // namespace

Result<std::vector<MigrationState>> MigrationStatus(const RequestContext& context, clickhouse::Client& client,
                                                    const Dataset& dataset) {
  const Result<std::vector<Applied>> applied = ReadCheckedHistory(context, client, dataset);
  if (!applied) return applied.error();
  std::vector<MigrationState> states;
  for (size_t i = 0; i < dataset.migrations.size(); ++i) {
    const bool done = i < applied->size();
    states.push_back(
        {dataset.migrations[i].version, dataset.migrations[i].name, done, done ? (*applied)[i].applied_at : ""});
  }
  return states;
}

Result<std::vector<int>> ApplyMigrations(const RequestContext& context, clickhouse::Client& client,
                                         const Dataset& dataset, const Layout& layout) {
  const Result<std::vector<Applied>> applied = ReadCheckedHistory(context, client, dataset);
  if (!applied) return applied.error();
  std::vector<int> versions;
  if (applied->size() == dataset.migrations.size()) return versions;
  if (Status status = CreateDatabase(context, client, dataset, layout); !status) return status.error();
  for (size_t i = applied->size(); i < dataset.migrations.size(); ++i) {
    if (Status status = Apply(context, client, dataset, dataset.migrations[i], layout); !status) return status.error();
    versions.push_back(dataset.migrations[i].version);
  }
  return versions;
}

Result<std::vector<std::string>> MigrationStatements(const Dataset& dataset, const Layout& layout) {
  std::vector<std::string> statements = {CreateDatabaseSql(dataset, layout), CreateTableSql(layout)};
  const std::set<std::string> created = NamesFor(dataset, layout);
  for (const auto& migration : dataset.migrations) {
    Result<std::vector<std::string>> script = ScriptFor(migration.sql, layout, created);
    if (!script) return script.error();
    statements.insert(statements.end(), std::make_move_iterator(script->begin()),
                      std::make_move_iterator(script->end()));
  }
  return statements;
}

Status LoadDemo(const RequestContext& context, clickhouse::Client& client, const Dataset& dataset) {
  if (dataset.demo_sql.empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "dataset " + dataset.name + " has no sample data");
  }
  if (Status room = CheckRoom(context, client, dataset); !room) return room;
  if (Status made = client.Execute(context, kCreateDemoTable, dataset.database); !made) return made;
  if (Status begun = NoteLoad(context, client, dataset, "begun"); !begun) return begun;
  if (Status ran = RunScript(context, client, dataset, dataset.demo_sql, "sample data"); !ran) return ran;
  return NoteLoad(context, client, dataset, "done");
}

}  // namespace chimera::schema
