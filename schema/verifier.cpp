#include "schema/verifier.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.h"
#include "schema/read_all.h"
#include "schema/type_name.h"
#include "sql/lexer.h"

namespace chimera::schema {
namespace {

constexpr size_t kFixedColumns = 3;  // of the check's result: rows, newest, lag

constexpr char kLiveTables[] =
    "SELECT name, engine, toFloat64(ifNull(total_bytes, 0)) FROM system.tables WHERE database = {database:String}";
constexpr char kSizes[] =
    "SELECT table, toFloat64(sum(data_compressed_bytes)), toFloat64(sum(data_uncompressed_bytes)) FROM system.parts "
    "WHERE database = {database:String} AND active GROUP BY table";

struct Rule {
  std::string column;
  std::string condition;
};

/// A declared table: what an insert tool says of its columns, and what is expected of its rows.
struct Declared {
  std::vector<Rule> rules;
  TableExpectation expected;
};

std::string ListOf(const std::vector<std::string>& values) {
  std::string list;
  for (const auto& value : values) list += (list.empty() ? "" : ", ") + sql::QuoteString(value);
  return list;
}

std::string Columns(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + sql::QuoteIdentifier(name);
  return list;
}

std::string RangeViolation(const std::string& name, const InsertColumn& column) {
  std::string sound;
  if (column.min) sound += name + " >= " + ToText(Json(*column.min));
  if (column.max) sound += (sound.empty() ? "" : " AND ") + name + " <= " + ToText(Json(*column.max));
  return sound.empty() ? "" : "NOT (" + sound + ")";  // so that NaN is no sound value
}

std::string FormatViolation(const std::string& name, const InsertColumn& column) {
  if (column.format == "non-empty") return "empty(" + name + ")";
  if (column.format == "commit") return "NOT match(toString(" + name + "), '^[0-9a-f]{40}$')";
  if (column.format == "hex") return "NOT match(toString(" + name + "), '^0x([0-9a-f]{2})*$')";
  if (column.format == "json") return "NOT isValidJSON(toString(" + name + "))";
  return "";
}

std::map<std::string, Declared> DeclaredTables(const Dataset& dataset) {
  std::map<std::string, Declared> tables;
  for (const auto& insert : dataset.inserts) {
    for (const auto& column : insert.columns) {
      std::string condition = ViolationOf(column);
      if (!condition.empty()) tables[insert.table].rules.push_back({column.name, std::move(condition)});
    }
    tables[insert.table].expected.name = insert.table;
  }
  for (const auto& expected : dataset.tables) tables[expected.name].expected = expected;
  return tables;
}

class Verification {
 public:
  Verification(const RequestContext& context, clickhouse::Client& client, const Dataset& dataset)
      : context_(context), client_(client), dataset_(dataset) {}

  Result<std::vector<TableCheck>> Run() {
    if (Status status = ReadLive(); !status) return status.error();
    std::vector<TableCheck> checks;
    for (const auto& [name, declared] : DeclaredTables(dataset_)) {
      Result<TableCheck> check = Check(name, declared);
      if (!check) return check.error();
      checks.push_back(std::move(*check));
    }
    return checks;
  }

 private:
  struct Live {
    std::string engine;
    uint64_t stored = 0;
    uint64_t raw = 0;
  };

  Result<Json> Read(const std::string& sql) {
    return ReadAll(context_, client_,
                   {.sql = sql, .parameters = {{"database", dataset_.database}}, .database = dataset_.database});
  }

  Status ReadLive() {
    const Result<Json> tables = Read(kLiveTables);
    if (!tables) return tables.error();
    for (const Json& row : *tables) live_[row.at(0).get<std::string>()] = {row.at(1).get<std::string>()};
    const Result<Json> sizes = Read(kSizes);
    if (!sizes) return sizes.error();
    for (const Json& row : *sizes) {
      Live& live = live_[row.at(0).get<std::string>()];
      live.stored = static_cast<uint64_t>(row.at(1).get<double>());
      live.raw = static_cast<uint64_t>(row.at(2).get<double>());
    }
    return Ok();
  }

  /// Replacing tables are read as they will be once everything is merged.
  std::string From(const std::string& table) const {
    const bool replacing = live_.at(table).engine.find("Replacing") != std::string::npos;
    return " FROM " + sql::QuoteIdentifier(table) + (replacing ? " FINAL" : "");
  }

  Result<TableCheck> Check(const std::string& name, const Declared& declared);
  Status CountDuplicates(const Declared& declared, TableCheck& check);
  void Judge(const Declared& declared, const Json& row, TableCheck& check) const;

  const RequestContext& context_;
  clickhouse::Client& client_;
  const Dataset& dataset_;
  std::map<std::string, Live> live_;
};

/// One statement: rows, newest row and its age, then of each rule how many rows break it, and an example.
std::string CheckSql(const Declared& declared, const std::string& from) {
  const std::string time = sql::QuoteIdentifier(declared.expected.time);
  std::string sql = "SELECT toFloat64(count())";
  sql += declared.expected.time.empty()
             ? ", NULL, NULL"
             : ", if(count() = 0, NULL, formatDateTime(toDateTime(max(" + time + "), 'UTC'), '%FT%TZ'))" +
                   ", if(count() = 0, NULL, dateDiff('second', toDateTime(max(" + time + "), 'UTC'), now('UTC')))";
  for (const auto& [column, condition] : declared.rules) {
    const std::string name = sql::QuoteIdentifier(column);
    sql += ", toFloat64(countIf(" + condition + ")), anyIf(toString(" + name + "), " + condition + ")";
  }
  return sql + from;
}

void Verification::Judge(const Declared& declared, const Json& row, TableCheck& check) const {
  for (size_t i = 0; i < declared.rules.size(); ++i) {
    const double broken = row.at(kFixedColumns + 2 * i).get<double>();
    if (broken == 0) continue;
    const Json& example = row.at(kFixedColumns + 2 * i + 1);
    check.problems.push_back(declared.rules[i].column + ": " + std::to_string(static_cast<uint64_t>(broken)) +
                             " rows break its declaration, such as " + (example.is_null() ? "NULL" : ToText(example)));
  }
  if (check.duplicates.value_or(0) > 0) {
    check.problems.push_back(std::to_string(*check.duplicates) +
                             " rows repeat the key of another: " + Join(declared.expected.unique, ", "));
  }
  if (!check.late_after_s) return;
  const std::string bound = std::to_string(*check.late_after_s) + " s";
  if (!check.lag_seconds) check.problems.push_back("no rows, though the newest should be at most " + bound + " old");
  if (check.lag_seconds.value_or(0) > *check.late_after_s) {
    check.problems.push_back("late: the newest row is " + std::to_string(*check.lag_seconds) + " s old, the bound is " +
                             bound);
  }
}

Status Verification::CountDuplicates(const Declared& declared, TableCheck& check) {
  if (declared.expected.unique.empty()) return Ok();
  const Result<Json> rows =
      Read("SELECT toFloat64(count() - uniqExact(" + Columns(declared.expected.unique) + "))" + From(check.table));
  if (!rows) return rows.error();
  check.duplicates = static_cast<uint64_t>(rows->at(0).at(0).get<double>());
  return Ok();
}

Result<TableCheck> Verification::Check(const std::string& name, const Declared& declared) {
  TableCheck check;
  check.database = dataset_.database;
  check.table = name;
  if (declared.expected.late_after) check.late_after_s = declared.expected.late_after->count();
  const auto live = live_.find(name);
  if (live == live_.end()) {
    check.problems.emplace_back("the table is missing; run `chimera-mcp schema apply`");
    return check;
  }
  check.stored_bytes = live->second.stored;
  check.raw_bytes = live->second.raw;
  const Result<Json> rows = Read(CheckSql(declared, From(name)));
  if (!rows) return rows.error();
  const Json& row = rows->at(0);
  check.rows = static_cast<uint64_t>(row.at(0).get<double>());
  if (row.at(1).is_string()) check.newest = row.at(1).get<std::string>();
  // dateDiff is an Int64, which arrives as text.
  if (row.at(2).is_string()) check.lag_seconds = std::stoll(row.at(2).get<std::string>());
  if (Status status = CountDuplicates(declared, check); !status) return status.error();
  Judge(declared, row, check);
  return check;
}

}  // namespace

std::string ViolationOf(const InsertColumn& column) {
  const std::string name = sql::QuoteIdentifier(column.name);
  const bool nullable = column.type.find("Nullable(") != std::string::npos;
  std::string broken;
  const auto add = [&](const std::string& condition) {
    if (!condition.empty()) broken += (broken.empty() ? "" : " OR ") + condition;
  };
  add(RangeViolation(name, column));
  if (!column.allowed.empty()) add("toString(" + name + ") NOT IN (" + ListOf(column.allowed) + ")");
  add(FormatViolation(name, column));
  if (nullable && !broken.empty()) broken = "(isNotNull(" + name + ") AND (" + broken + "))";
  if (nullable && !column.fallback) add("isNull(" + name + ")");
  return broken;
}

Result<std::vector<TableCheck>> VerifyRows(const RequestContext& context, clickhouse::Client& client,
                                           const Dataset& dataset) {
  return Verification(context, client, dataset).Run();
}

}  // namespace chimera::schema
