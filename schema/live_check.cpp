#include "schema/live_check.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "schema/live_tables.h"
#include "schema/migrator.h"
#include "schema/scratch_database.h"
#include "schema/type_name.h"
#include "sql/lexer.h"

namespace chimera::schema {
namespace {

constexpr uint64_t kMaxRows = 100'000;
constexpr uint64_t kMaxBytes = 64u << 20;

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
    for (const auto step : {&LiveCheck::Migrate, &LiveCheck::CheckDeclarations, &LiveCheck::CheckAnalyses,
                            &LiveCheck::LoadSample, &LiveCheck::CheckAnalyses, &LiveCheck::CheckForeignSql}) {
      if (Status status = (this->*step)(); !status) return status.error();
      if (!migrated_) break;  // everything else would fail for that
    }
    FindLines(reading_.files, mistakes_);
    return std::move(mistakes_);
  }

 private:
  Status Migrate();
  Status CheckDeclarations();
  Status CheckAnalyses();
  Status CheckAnalysis(const AnalysisTool& tool);
  Status CheckNote(const AnalysisTool& tool);
  void CheckResult(const AnalysisTool& tool, const clickhouse::Rows& rows, const Spot& spot);
  Status LoadSample();
  Status CheckForeignSql();
  Status CheckPanels(const Json& value, const std::string& pointer, const Spot& spot);
  Status CheckParses(const std::string& sql, const Spot& spot);

  Spot At(std::string file) { return {mistakes_, std::move(file)}; }
  Result<clickhouse::Rows> Read(std::string sql, std::vector<clickhouse::Parameter> parameters) {
    clickhouse::Query query;
    query.sql = std::move(sql);
    query.parameters = std::move(parameters);
    query.database = dataset_.database;
    query.max_rows = kMaxRows;
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

Status LiveCheck::CheckDeclarations() {
  const Result<LiveTables> live = LiveTables::Read(context_, client_, dataset_.database);
  if (!live) return live.error();
  CheckTables(dataset_, *live, mistakes_);
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

Result<std::vector<Mistake>> CheckLive(const RequestContext& context, clickhouse::Client& client,
                                       const Reading& reading) {
  const ScratchDatabase scratch(client, "check");
  return LiveCheck(context, client, reading, scratch.Name()).Run();
}

}  // namespace chimera::schema
