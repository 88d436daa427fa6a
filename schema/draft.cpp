#include "schema/draft.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

#include "base/text.h"
#include "schema/draft_columns.h"
#include "schema/live_tables.h"
#include "schema/read_all.h"
#include "schema/tool_files.h"
#include "sql/lexer.h"

namespace chimera::schema {
namespace {

constexpr char kTable[] =
    "SELECT engine, partition_key, sorting_key, comment, extract(engine_full, "
    "'non_replicated_deduplication_window = (\\d+)') FROM system.tables WHERE database = {database:String} AND name = "
    "{table:String}";
constexpr char kColumns[] =
    "SELECT name, type, default_kind, default_expression, comment FROM system.columns WHERE database = "
    "{database:String} AND table = {table:String} ORDER BY position";
constexpr std::array<std::string_view, 6> kTimeNames = {"ts", "time", "timestamp", "event_time", "created_at", "date"};
constexpr size_t kMeans = 3;         // of a first analysis
constexpr size_t kMaxName = 64 - 7;  // "_by_day"
constexpr double kRowsForUnique = 100;

std::string Printed(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

class Drafter {
 public:
  Drafter(const RequestContext& context, clickhouse::Client& client, std::string database, std::string table)
      : context_(context), client_(client), database_(std::move(database)), table_(std::move(table)) {
    from_ = sql::QuoteIdentifier(database_) + "." + sql::QuoteIdentifier(table_);
  }

  Result<Draft> Write() {
    for (const auto step : {&Drafter::ReadTable, &Drafter::ReadColumns, &Drafter::WriteMigration, &Drafter::WriteInsert,
                            &Drafter::WriteManifest}) {
      if (Status status = (this->*step)(); !status) return status.error();
    }
    WriteAnalysis();
    WriteGlossary();
    return std::move(draft_);
  }

 private:
  Status ReadTable();
  Status ReadColumns();
  Status WriteMigration();
  Status WriteInsert();
  Status WriteManifest();
  void WriteAnalysis();
  void WriteGlossary();

  const DraftColumn* Time() const;
  std::string PartitionColumn() const;
  Result<Json> Unique();
  std::string Alias(std::string name) const;
  std::string MeansSql(Json& declared) const;
  Result<Json> Read(std::string sql) {
    return ReadAll(
        context_, client_,
        {.sql = std::move(sql), .parameters = {{"database", database_}, {"table", table_}}, .database = "system"});
  }
  std::string Holds() const {
    if (comment_.empty()) return "Rows of " + table_ + ".";
    return comment_.ends_with('.') ? comment_ : comment_ + ".";
  }

  const RequestContext& context_;
  clickhouse::Client& client_;
  const std::string database_, table_;
  std::string from_, engine_, partition_key_, sorting_key_, comment_, window_;
  std::vector<DraftColumn> columns_;
  Draft draft_;
};

Status Drafter::ReadTable() {
  const auto rows = Read(kTable);
  if (!rows) return rows.error();
  const std::string name = database_ + "." + table_;
  if (rows->empty()) return MakeError(ErrorCode::kUnknownTable, "there is no table " + name);
  const Json row = rows->at(0);
  engine_ = row.at(0);
  partition_key_ = row.at(1);
  sorting_key_ = row.at(2);
  comment_ = row.at(3);
  window_ = row.at(4);
  if (!engine_.ends_with("MergeTree"))
    return MakeError(ErrorCode::kInvalidArgument, name + " is no MergeTree table, but " + engine_,
                     "name the table that holds its rows");
  if (IsIdentifier(table_) && IsIdentifier(database_)) return Ok();
  return MakeError(ErrorCode::kInvalidArgument, "a dataset cannot name " + name,
                   "its tables and database have names of letters, digits and underscores");
}

Status Drafter::ReadColumns() {
  const auto rows = Read(kColumns);
  if (!rows) return rows.error();
  for (const Json& row : *rows) {
    DraftColumn column{row.at(0), row.at(1), row.at(2), row.at(3), row.at(4), {}};
    if (const Result<TypeKind> kind = KindOfType(column.type)) column.kind = *kind;
    columns_.push_back(std::move(column));
  }
  return Ok();
}

Status Drafter::WriteMigration() {
  const auto rows = Read("SHOW CREATE TABLE " + from_);
  if (!rows) return rows.error();
  const std::string create = rows->at(0).at(0);
  Result<std::string> migration = MigrationOf(create, table_);
  if (!migration) return migration.error();
  const bool replicated = engine_.starts_with("Replicated") || engine_.starts_with("Shared");
  const bool forgets = window_.empty() || window_ == "0";
  // The statement above leaves a table alone that is there.
  if (forgets && !replicated)
    *migration += "\nALTER TABLE " + table_ + " MODIFY SETTING non_replicated_deduplication_window = 10000;\n";
  draft_.files["migrations/0001_" + table_.substr(0, kMaxName) + ".sql"] = std::move(*migration);
  return Ok();
}

/// The column whose day decides about the partition; empty when there is none.
std::string Drafter::PartitionColumn() const {
  for (const DraftColumn& column : columns_) {
    if (KeepsDaysTogether(partition_key_, column.name)) return column.name;
  }
  return {};
}

const DraftColumn* Drafter::Time() const {
  const auto usable = [](const DraftColumn& it) { return it.kind == TypeKind::kTime && IsIdentifier(it.name); };
  const auto named = [&](std::string_view name) -> const DraftColumn* {
    for (const DraftColumn& it : columns_) {
      if (usable(it) && it.name == name) return &it;
    }
    return nullptr;
  };
  if (const DraftColumn* it = named(PartitionColumn())) return it;
  for (const std::string_view name : kTimeNames) {
    if (const DraftColumn* it = named(name)) return it;
  }
  const auto first = std::find_if(columns_.begin(), columns_.end(), usable);
  return first == columns_.end() ? nullptr : &*first;
}

Status Drafter::WriteInsert() {
  Json columns = Json::array();
  std::string left_out;
  const std::string partition = PartitionColumn();
  bool sendable = false, has_partition = partition.empty();
  for (const DraftColumn& column : columns_) {
    const std::string reason = NotInsertable(column);
    if (!reason.empty()) {
      left_out += (left_out.empty() ? "" : ", ") + column.name;
      draft_.notes.push_back("column `" + column.name + "` is not in the insert tool: " + reason);
      continue;
    }
    Result<Json> declared = DeclareColumn(context_, client_, column, from_);
    if (!declared) return declared.error();
    if (column.name == partition) declared->erase("computed");
    sendable = sendable || !declared->contains("computed");
    has_partition = has_partition || column.name == partition;
    columns.push_back(std::move(*declared));
  }
  if (!sendable || !has_partition) {
    draft_.notes.push_back("there is no insert tool: none of the columns that it needs can be sent");
    return Ok();
  }
  std::string description =
      Holds() + " Bounds (min, max) are guesses: ten times what the table held when this was written.";
  if (!left_out.empty()) description += " Not stored by this tool: " + left_out + ".";
  Json tool = {{"title", "Insert " + Words(table_)}, {"description", description}, {"table", table_}};
  if (!partition.empty()) tool["partition_column"] = partition;
  tool["columns"] = std::move(columns);
  draft_.files["tools/insert." + table_ + ".json"] = Printed(tool);
  return Ok();
}

/// The sorting key, if it is columns and no two of a million rows are alike in it; otherwise null.
Result<Json> Drafter::Unique() {
  Json names = Json::array();
  std::istringstream key(sorting_key_);
  for (std::string name; std::getline(key, name, ',');) {
    const std::string column(Trim(name));
    if (!IsIdentifier(column)) return Json();
    names.push_back(column);
  }
  if (names.empty()) return Json();
  const auto rows = Read("SELECT toFloat64(count()), toFloat64(uniqExact(" + sorting_key_ + ")) FROM (SELECT " +
                         sorting_key_ + " FROM " + from_ + " LIMIT 1000000)");
  if (!rows) return rows.error();
  const Json row = rows->at(0);
  return row.at(0) == row.at(1) && row.at(0).get<double>() >= kRowsForUnique ? names : Json();
}

Status Drafter::WriteManifest() {
  Json expected = Json::object();
  const DraftColumn* time = Time();
  if (time) expected["time"] = time->name;
  Result<Json> unique = Unique();
  if (!unique) return unique.error();
  if (!unique->is_null()) expected["unique"] = *unique;
  Json manifest = {{"title", Words(table_)}, {"description", Holds()}, {"database", database_}};
  if (!expected.empty()) manifest["tables"] = {{table_, expected}};
  draft_.files["dataset.json"] = Printed(manifest);
  return Ok();
}

/// A name that no column has, because an alias loses against a column.
std::string Drafter::Alias(std::string name) const {
  while (std::any_of(columns_.begin(), columns_.end(), [&](const auto& it) { return it.name == name; })) name += "_";
  return name;
}

/// Means of the first few numbers, a line each.
std::string Drafter::MeansSql(Json& declared) const {
  std::string sql;
  size_t count = 0;
  for (const DraftColumn& column : columns_) {
    if (column.kind != TypeKind::kNumber || !NotInsertable(column).empty() || column.name.size() > kMaxName) continue;
    if (column.name == "id" || column.name.ends_with("_id") || ++count > kMeans) continue;
    const std::string mean = "toFloat64(avg(" + column.name + "))", alias = Alias("mean_" + column.name);
    sql += ",\n    if(isFinite(" + mean + "), " + mean + ", NULL) AS " + alias;
    declared.push_back({{"name", alias}, {"type", "Nullable(Float64)"}, {"description", "Mean of " + column.name}});
  }
  return sql;
}

void Drafter::WriteAnalysis() {
  const DraftColumn* time = Time();
  Json columns = Json::array(), parameters = Json::array();
  const std::string rows = Alias("rows_found"),
                    name = "get." + table_.substr(0, kMaxName) + (time ? "_by_day" : "_size");
  std::string sql = "SELECT\n";
  std::string day;
  if (time) {
    const bool has_clock = time->type.find("DateTime") != std::string::npos;
    day = "CAST(assumeNotNull(toDate(" + time->name + (has_clock ? ", 'UTC'" : "") + ")), 'Date')";
    sql += "    " + day + " AS " + Alias("day") + ",\n";
    columns.push_back({{"name", Alias("day")}, {"type", "Date"}, {"description", "UTC day of " + time->name}});
    parameters.push_back({{"name", "days"},
                          {"type", "UInt16"},
                          {"description", "Length of the window in UTC days, today included"},
                          {"default", 7},
                          {"min", 1},
                          {"max", 3650}});
  }
  columns.push_back({{"name", rows}, {"type", "Float64"}, {"description", "Number of rows"}});
  sql += "    toFloat64(count()) AS " + rows + MeansSql(columns) + "\nFROM " + table_ + "\n";
  if (time)
    sql += "WHERE " + time->name + " IS NOT NULL AND " + day + " > toDate(now('UTC')) - {days:UInt16}\nGROUP BY " +
           Alias("day") + "\nORDER BY " + Alias("day") + "\n";
  const std::string what = time ? "by day" : "in all";
  draft_.files["tools/" + name + ".json"] = Printed(
      {{"title", Words(table_) + " " + what},
       {"description", "How many rows are in " + table_ + " " + what + ", and the means of some of its numbers? " +
                           (time ? "Returns one row a day that has any; an empty window has none."
                                 : "Returns one row; over an empty table its means are null.")},
       {"result", time ? "rows" : "row"},
       {"parameters", parameters},
       {"columns", columns}});
  draft_.files["tools/" + name + ".sql"] = sql;
  if (!time) return;
  draft_.files["tools/" + name + ".note.sql"] =
      "SELECT concat('No row in the window; ', if(count() = 0, 'the table is empty.', 'the newest is of ' || "
      "toString(max(" +
      day + ")) || '.'))\nFROM " + table_ + "\n";
}

void Drafter::WriteGlossary() {
  Json glossary = Json::object();
  for (const DraftColumn& column : columns_) {
    if (!column.comment.empty()) glossary[column.name] = column.comment;
  }
  if (!glossary.empty()) draft_.files["glossary.json"] = Printed(glossary);
}

}  // namespace

Result<Draft> DraftDataset(const RequestContext& context, clickhouse::Client& client, const std::string& database,
                           const std::string& table) {
  return Drafter(context, client, database, table).Write();
}

}  // namespace chimera::schema
