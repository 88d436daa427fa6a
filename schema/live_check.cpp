#include "schema/live_check.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "schema/migrator.h"
#include "schema/scratch_database.h"
#include "schema/type_name.h"
#include "sql/lexer.h"

namespace chimera::schema {
namespace {

constexpr char kColumns[] =
    "SELECT table, name, type, default_kind FROM system.columns WHERE database = {database:String} "
    "ORDER BY table, position";
constexpr char kTables[] =
    "SELECT name, engine, partition_key, toInt64OrZero(extract(engine_full, "
    "'non_replicated_deduplication_window = (\\\\d+)')) > 0 FROM system.tables WHERE database = {database:String}";
constexpr uint64_t kMaxFacts = 100'000;
constexpr uint64_t kMaxBytes = 64u << 20;
constexpr std::array<std::string_view, 9> kDayOrLonger = {"toDate",           "toYYYYMMDD",    "toMonday",
                                                          "toStartOfWeek",    "toYYYYMM",      "toStartOfMonth",
                                                          "toStartOfQuarter", "toStartOfYear", "toYear"};

struct LiveColumn {
  std::string table, name, type, default_kind;
};
struct LiveTable {
  std::string name, engine, partition_key;
  bool remembers = false;  ///< has a deduplication window
};

std::string WithoutSpaces(std::string type) {
  std::erase(type, ' ');
  return type;
}

/// Errors that say nothing of the files.
bool IsOfServer(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout || code == ErrorCode::kCancelled ||
         code == ErrorCode::kBusy || code == ErrorCode::kAccessDenied;
}

std::string SampleOf(const AnalysisParameter& parameter) {
  const Result<TypeKind> kind = KindOfType(parameter.type);
  if (kind && *kind == TypeKind::kUuid) return "00000000-0000-0000-0000-000000000000";
  if (kind && *kind == TypeKind::kTime)
    return parameter.type.starts_with("DateTime") ? "2025-01-31 12:00:00" : "2025-01-31";
  if (kind && *kind == TypeKind::kNumber && parameter.min) return ToText(Json(*parameter.min));
  return "1";
}

clickhouse::Parameter ValueOf(const AnalysisParameter& parameter) {
  if (parameter.fallback && parameter.fallback->is_string()) return {parameter.name, *parameter.fallback};
  if (parameter.fallback) return {parameter.name, ToText(*parameter.fallback)};
  if (!parameter.allowed.empty()) return {parameter.name, parameter.allowed.front()};
  if (parameter.optional) return {parameter.name, "", true};
  return {parameter.name, SampleOf(parameter)};
}

/// What stands for a dashboard's variable where no quotes are around it: `${agent}`, `[[agent]]`.
std::string WithoutVariables(const std::string& sql) {
  std::string out;
  for (size_t i = 0; i < sql.size();) {
    const bool braces = sql.compare(i, 2, "${") == 0, brackets = sql.compare(i, 2, "[[") == 0;
    const size_t end = braces ? sql.find('}', i) : brackets ? sql.find("]]", i) : std::string::npos;
    if (end == std::string::npos) {
      out += sql[i++];
    } else {
      out += '1';
      i = end + (braces ? 1 : 2);
    }
  }
  return out;
}

class LiveCheck {
 public:
  LiveCheck(const RequestContext& context, clickhouse::Client& client, const Reading& reading, std::string database)
      : context_(context), client_(client), reading_(reading), dataset_(reading.dataset) {
    dataset_.database = std::move(database);
  }

  Result<std::vector<Mistake>> Run() {
    for (const auto step :
         {&LiveCheck::Migrate, &LiveCheck::ReadLive, &LiveCheck::CheckInserts, &LiveCheck::CheckExpectations,
          &LiveCheck::CheckAnalyses, &LiveCheck::LoadSample, &LiveCheck::CheckAnalyses, &LiveCheck::CheckForeignSql}) {
      if (Status status = (this->*step)(); !status) return status.error();
      if (!migrated_) break;  // everything else would fail for that
    }
    FindLines(reading_.files, mistakes_);
    return std::move(mistakes_);
  }

 private:
  Status Migrate();
  Status ReadLive();
  Status CheckInserts();
  void CheckInsert(const InsertTool& tool);
  void CheckTable(const InsertTool& tool, const LiveTable& table, const Spot& spot);
  Status CheckExpectations();
  Status CheckAnalyses();
  Status CheckAnalysis(const AnalysisTool& tool);
  Status CheckNote(const AnalysisTool& tool);
  void CheckResult(const AnalysisTool& tool, const clickhouse::Rows& rows, const Spot& spot);
  Status LoadSample();
  Status CheckForeignSql();
  Status CheckPanels(const Json& value, const std::string& pointer, const Spot& spot);
  Status CheckParses(const std::string& sql, const Spot& spot);

  Spot At(std::string file) { return {mistakes_, std::move(file)}; }
  const LiveColumn* Column(std::string_view table, std::string_view name) const;
  const LiveTable* Table(std::string_view name) const;
  Result<clickhouse::Rows> Read(std::string sql, std::vector<clickhouse::Parameter> parameters) {
    clickhouse::Query query;
    query.sql = std::move(sql);
    query.parameters = std::move(parameters);
    query.database = dataset_.database;
    query.max_rows = kMaxFacts;
    query.max_bytes = kMaxBytes;
    return client_.Read(context_, query);
  }
  /// Runs a declared statement; what the database says against it is a mistake at that place of `file`.
  Result<std::optional<clickhouse::Rows>> Try(const std::string& sql, const AnalysisTool& tool, const Spot& spot);
  /// The database's own words, without the name of the scratch database.
  std::string Words(const Error& error) const;

  const RequestContext& context_;
  clickhouse::Client& client_;
  const Reading& reading_;
  Dataset dataset_;
  std::vector<Mistake> mistakes_;
  std::vector<LiveColumn> columns_;
  std::vector<LiveTable> tables_;
  bool migrated_ = true;
  bool loaded_ = false;  ///< the sample data is there
};

std::string LiveCheck::Words(const Error& error) const {
  std::string text = error.message;
  for (size_t at = 0; (at = text.find(dataset_.database, at)) != std::string::npos;) {
    text.replace(at, dataset_.database.size(), reading_.dataset.database);
    at += reading_.dataset.database.size();
  }
  return text;
}

const LiveColumn* LiveCheck::Column(std::string_view table, std::string_view name) const {
  const auto found = std::find_if(columns_.begin(), columns_.end(),
                                  [&](const auto& it) { return it.table == table && it.name == name; });
  return found == columns_.end() ? nullptr : &*found;
}

const LiveTable* LiveCheck::Table(std::string_view name) const {
  const auto found = std::find_if(tables_.begin(), tables_.end(), [&](const auto& it) { return it.name == name; });
  return found == tables_.end() ? nullptr : &*found;
}

// One version more at a time, so that a failure belongs to a file.
Status LiveCheck::Migrate() {
  Dataset fresh = dataset_;
  fresh.migrations.clear();
  for (const Migration& migration : dataset_.migrations) {
    fresh.migrations.push_back(migration);
    const Result<std::vector<int>> applied = ApplyMigrations(context_, client_, fresh);
    if (applied) continue;
    if (IsOfServer(applied.error().code)) return applied.error();
    const auto is_it = [&](const auto& file) {
      return file.first.starts_with("migrations/") && file.second == migration.sql;
    };
    const auto file = std::find_if(reading_.files.begin(), reading_.files.end(), is_it);
    At(file == reading_.files.end() ? "migrations/" : file->first)
        .Fail(Words(applied.error()), applied.error().hint, applied.error().position);
    migrated_ = false;
    return Ok();
  }
  return Ok();
}

Status LiveCheck::ReadLive() {
  const auto columns = Read(kColumns, {{"database", dataset_.database}});
  if (!columns) return columns.error();
  for (const Json& row : columns->Parsed()) columns_.push_back({row.at(0), row.at(1), row.at(2), row.at(3)});
  const auto tables = Read(kTables, {{"database", dataset_.database}});
  if (!tables) return tables.error();
  for (const Json& row : tables->Parsed()) tables_.push_back({row.at(0), row.at(1), row.at(2), row.at(3) == 1});
  return Ok();
}

Status LiveCheck::CheckInserts() {
  for (const InsertTool& tool : dataset_.inserts) CheckInsert(tool);
  return Ok();
}

void LiveCheck::CheckInsert(const InsertTool& tool) {
  const Spot spot = At("tools/" + tool.name + ".json");
  const LiveTable* table = Table(tool.table);
  if (!table) return spot.At("", "/table").Fail("no migration creates the table `" + tool.table + "`");
  for (size_t i = 0; i < tool.columns.size(); ++i) {
    const InsertColumn& column = tool.columns[i];
    const Spot here = spot.Item("columns", i);
    const LiveColumn* live = Column(tool.table, column.name);
    if (!live) {
      here.Fail("the table " + tool.table + " has no column `" + column.name + "`");
      continue;
    }
    if (WithoutSpaces(live->type) != WithoutSpaces(column.type))
      here.At("columns[" + std::to_string(i) + "]", "/type")
          .Fail("`" + column.name + "` is declared " + column.type + ", in the table it is " + live->type);
    if (column.computed && live->default_kind != "DEFAULT")
      here.Fail("`" + column.name + "` is computed, but the table has no DEFAULT for it");
    if (live->default_kind == "MATERIALIZED" || live->default_kind == "ALIAS")
      here.Fail("`" + column.name + "` is " + live->default_kind + " in the table: nobody can insert it",
                "leave it out");
  }
  CheckTable(tool, *table, spot);
}

void LiveCheck::CheckTable(const InsertTool& tool, const LiveTable& table, const Spot& spot) {
  const Spot here = spot.At("", "/table");
  if (!table.engine.ends_with("MergeTree"))
    return here.Fail("the engine of " + tool.table + " is " + table.engine +
                     ": an insert that is repeated is stored twice");
  if (!table.remembers) {
    here.Fail(
        "the table " + tool.table + " keeps no window of deduplication tokens: a batch sent again is stored twice",
        "in a migration: SETTINGS non_replicated_deduplication_window = 10000");
  }
  const std::string key = table.partition_key;
  if (!tool.partition_column.empty()) {
    if (key.empty() || KeepsDaysTogether(key, tool.partition_column)) return;
    return spot.At("", "/partition_column")
        .Fail("a day of `" + tool.partition_column + "` does not lie in one partition of " + tool.table +
                  ", which is by " + key,
              "partition it by toDate, toYYYYMMDD or toYYYYMM of that column");
  }
  for (const LiveColumn& column : columns_) {
    if (column.table != tool.table || !KeepsDaysTogether(key, column.name)) continue;
    here.Fail("the table " + tool.table + " is partitioned by " + key + ", and no partition_column says so",
              "\"partition_column\": \"" + column.name + "\"");
  }
}

Status LiveCheck::CheckExpectations() {
  for (const TableExpectation& expected : dataset_.tables) {
    const Spot spot = At("dataset.json").At("tables." + expected.name, "/tables" + PointerTo(expected.name));
    if (!Table(expected.name)) {
      spot.Fail("no migration creates this table");
      continue;
    }
    const LiveColumn* time = Column(expected.name, expected.time);
    if (!expected.time.empty() && !time)
      spot.At("tables." + expected.name, "/time").Fail("there is no column `" + expected.time + "`");
    if (time && time->type.find("Date") == std::string::npos)
      spot.At("tables." + expected.name, "/time").Fail("`" + expected.time + "` is no time, but " + time->type);
    for (const std::string& name : expected.unique) {
      if (!Column(expected.name, name))
        spot.At("tables." + expected.name, "/unique").Fail("there is no column `" + name + "`");
    }
  }
  return Ok();
}

Status LiveCheck::CheckAnalyses() {
  for (const AnalysisTool& tool : dataset_.analyses) {
    if (Status status = CheckAnalysis(tool); !status) return status;
    if (Status status = CheckNote(tool); !status) return status;
  }
  return Ok();
}

Result<std::optional<clickhouse::Rows>> LiveCheck::Try(const std::string& sql, const AnalysisTool& tool,
                                                       const Spot& spot) {
  std::vector<clickhouse::Parameter> parameters;
  for (const AnalysisParameter& parameter : tool.parameters) parameters.push_back(ValueOf(parameter));
  Result<clickhouse::Rows> rows = Read(sql, std::move(parameters));
  if (rows) return std::optional(std::move(*rows));
  if (IsOfServer(rows.error().code)) return rows.error();
  std::optional<size_t> offset;
  const auto file = reading_.files.find(spot.File());
  const size_t statement = file == reading_.files.end() ? std::string::npos : file->second.find(sql);
  if (statement != std::string::npos) offset = statement + rows.error().position.value_or(0);
  spot.Fail(Words(rows.error()), rows.error().hint, offset);
  return std::optional<clickhouse::Rows>();
}

Status LiveCheck::CheckAnalysis(const AnalysisTool& tool) {
  const std::string sql = "tools/" + tool.name + ".sql";
  const auto failed = [&](const Mistake& mistake) { return mistake.file.starts_with("tools/" + tool.name + "."); };
  if (std::any_of(mistakes_.begin(), mistakes_.end(), failed)) return Ok();  // said before the sample data
  const auto rows = Try(tool.sql, tool, At(sql));
  if (!rows) return rows.error();
  if (!*rows) return Ok();
  if (tool.single_row && (**rows).row_count != 1) {
    At(sql).Fail("yields " + std::to_string((**rows).row_count) + " rows " +
                 (loaded_ ? "over the sample data" : "over empty tables") + ", where \"result\": \"row\" promises one");
  }
  CheckResult(tool, **rows, At("tools/" + tool.name + ".json"));
  return Ok();
}

void LiveCheck::CheckResult(const AnalysisTool& tool, const clickhouse::Rows& rows, const Spot& spot) {
  if (rows.columns.size() != tool.columns.size()) {
    spot.At("", "/columns")
        .Fail("declares " + std::to_string(tool.columns.size()) + " columns, the SQL yields " +
              std::to_string(rows.columns.size()));
  }
  for (size_t i = 0; i < std::min(rows.columns.size(), tool.columns.size()); ++i) {
    const Spot here = spot.Item("columns", i);
    const clickhouse::Column& is = rows.columns[i];
    const ResultColumn& declared = tool.columns[i];
    if (is.name != declared.name) {
      here.Fail("`" + declared.name + "` is declared, the SQL yields `" + is.name + "` here");
    } else if (WithoutSpaces(is.type) != WithoutSpaces(declared.type)) {
      here.At("columns[" + std::to_string(i) + "]", "/type")
          .Fail("`" + declared.name + "` is declared " + declared.type + ", the SQL yields " + is.type);
    }
  }
}

Status LiveCheck::CheckNote(const AnalysisTool& tool) {
  if (tool.note_sql.empty()) return Ok();
  const Spot spot = At("tools/" + tool.name + ".note.sql");
  const auto said = [&](const Mistake& mistake) { return mistake.file == spot.File(); };
  if (std::any_of(mistakes_.begin(), mistakes_.end(), said)) return Ok();
  const auto rows = Try(tool.note_sql, tool, spot);
  if (!rows) return rows.error();
  if (!*rows) return Ok();
  const clickhouse::Rows& note = **rows;
  const bool text = note.columns.size() == 1 && note.columns[0].type.find("String") != std::string::npos;
  if (note.row_count != 1 || !text) spot.Fail("must yield one row with one text");
  return Ok();
}

Status LiveCheck::LoadSample() {
  if (dataset_.demo_sql.empty()) return Ok();
  const Status loaded = LoadDemo(context_, client_, dataset_);
  loaded_ = loaded.ok();
  if (loaded) return Ok();
  if (IsOfServer(loaded.error().code)) return loaded;
  At("demo/demo.sql").Fail(Words(loaded.error()), loaded.error().hint, loaded.error().position);
  return Ok();
}

// Alerts and dashboards are run by other programs, against the real database: here their SQL is only parsed.
Status LiveCheck::CheckForeignSql() {
  for (const auto& [file, text] : reading_.files) {
    if (!file.starts_with("alerts/") && !file.starts_with("dashboards/")) continue;
    const Result<Json> json = file.ends_with(".json") ? ParseJson(text) : Json();
    if (json) {
      if (Status status = CheckPanels(*json, "", At(file)); !status) return status;
    }
    if (!file.ends_with(".sql")) continue;
    if (Status status = CheckParses(text, At(file)); !status) return status;
  }
  return Ok();
}

Status LiveCheck::CheckPanels(const Json& value, const std::string& pointer, const Spot& spot) {
  if (!value.is_structured()) return Ok();
  for (const auto& [key, item] : value.items()) {
    const std::string inner = pointer + PointerTo(key);
    const bool sql = value.is_object() && key == "rawSql" && item.is_string();
    Status status = sql ? CheckParses(item, spot.At("", inner)) : CheckPanels(item, inner, spot);
    if (!status) return status;
  }
  return Ok();
}

Status LiveCheck::CheckParses(const std::string& sql, const Spot& spot) {
  const Result<std::vector<std::string>> statements = sql::SplitStatements(WithoutVariables(sql));
  if (!statements || statements->empty()) return Ok();  // said by the reader of files
  const auto tree = Read("EXPLAIN AST " + statements->front(), {});
  if (tree) return Ok();
  if (IsOfServer(tree.error().code)) return tree.error();
  spot.Fail(Words(tree.error()), tree.error().hint);
  return Ok();
}

}  // namespace

bool KeepsDaysTogether(std::string_view partition_key, std::string_view column) {
  const auto is_it = [&](std::string_view function) {
    return partition_key == std::string(function) + "(" + std::string(column) + ")";
  };
  return std::any_of(kDayOrLonger.begin(), kDayOrLonger.end(), is_it);
}

Result<std::vector<Mistake>> CheckLive(const RequestContext& context, clickhouse::Client& client,
                                       const Reading& reading) {
  const ScratchDatabase scratch(client, "check");
  return LiveCheck(context, client, reading, scratch.Name()).Run();
}

}  // namespace chimera::schema
