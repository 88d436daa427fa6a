#include "tools/table_query.h"

#include <algorithm>
#include <array>

#include "base/schema_check.h"
#include "base/text.h"
#include "sql/lexer.h"
#include "tools/answer.h"
#include "tools/parameter_value.h"
#include "tools/type_name.h"

namespace chimera::tools {
namespace {

constexpr std::array<std::string_view, 3> kTimeNames = {"ts", "timestamp", "hour"};

std::string Sql(const TableColumn& column) {
  return "t." + sql::QuoteIdentifier(column.name);
}

bool IsDay(const TableColumn& column) {
  return TypeFamily(BareType(column.type)).starts_with("Date") &&
         !TypeFamily(BareType(column.type)).starts_with("DateTime");
}

// Named as times are named, else the only one, else the only one of a key.
std::vector<const TableColumn*> Likely(const Table& table, const std::vector<const TableColumn*>& times) {
  for (const auto name : kTimeNames) {
    for (const TableColumn* time : times) {
      if (time->name == name) return {time};
    }
  }
  for (const std::string* key : {&table.sorting_key, &table.partition_key}) {
    std::vector<const TableColumn*> in_key;
    for (const TableColumn* time : times) {
      if (key->find(time->name) != std::string::npos) in_key.push_back(time);
    }
    if (times.size() > 1 && !in_key.empty()) return in_key;
  }
  return times;
}

std::string Names(const std::vector<const TableColumn*>& columns) {
  std::vector<std::string> names;
  for (const TableColumn* column : columns) names.push_back("`" + column->name + "`");
  return Join(names, ", ");
}

bool IsText(const TableColumn& column) {
  const std::string_view family = TypeFamily(BareType(column.type));
  return family == "String" || family == "FixedString";
}

bool HoldsSeveralValues(const TableColumn& column) {
  constexpr std::array<std::string_view, 7> kFamilies = {"Array", "Map",     "Tuple",  "Nested",
                                                         "JSON",  "Variant", "Dynamic"};
  return std::find(kFamilies.begin(), kFamilies.end(), TypeFamily(column.type)) != kFamilies.end();
}

}  // namespace

void Problems::Add(std::string path, std::string message, const Json& value, std::string hint) {
  list_.push_back({std::move(path), std::move(message), value.is_null() ? "" : Excerpt(value), std::move(hint)});
}

void Problems::Add(const std::string& path, const Error& error, const Json& value) {
  if (error.code == ErrorCode::kUnknownColumn) ++unknown_columns_;
  if (error.problems.empty()) return Add(path, error.message, value, error.hint);
  list_.insert(list_.end(), error.problems.begin(), error.problems.end());
}

Error Problems::ToError(const std::string& tool) const {
  Error error = InvalidArguments(tool, list_);
  if (unknown_columns_ != list_.size()) return error;
  error.code = ErrorCode::kUnknownColumn;
  error.message = list_.front().message;
  return error;
}

std::string Bindings::Bind(std::string_view type, const Json& value, const std::string& path, Problems& problems) {
  const std::string name = "p" + std::to_string(parameters_.size() + 1);
  auto parameter = BindParameter(name, type, value, path);
  if (!parameter) {
    problems.Add(path, parameter.error(), value);
    return "NULL";
  }
  parameters_.push_back(*std::move(parameter));
  values_[name] = value;
  return "{" + name + ":" + std::string(type) + "}";
}

TableQuery::TableQuery(const Table& table, Bindings& bindings, Problems& problems, std::string path)
    : table_(table), bindings_(bindings), problems_(problems), path_(std::move(path)) {}

std::string TableQuery::Column(const std::string& name, const std::string& path) {
  const auto column = Catalog::FindColumn(table_, name);
  if (column) return Sql(**column);
  problems_.Add(path, column.error(), name);
  return "NULL";
}

const TableColumn* TableQuery::TimeColumn(const Json& arguments) {
  const std::string path = path_ + "time_column";
  std::vector<const TableColumn*> times;
  for (const auto& column : table_.columns) {
    if (IsTimeType(column.type)) times.push_back(&column);
  }
  if (!arguments.contains("time_column")) {
    const auto likely = Likely(table_, times);
    if (likely.size() == 1) return likely[0];
    problems_.Add(
        path,
        times.empty() ? table_.FullName() + " has no date or time column" : "is required for " + table_.FullName(),
        nullptr, times.empty() ? "use query.aggregate without a time, or `query`" : "one of " + Names(times));
    return nullptr;
  }
  const auto column = Catalog::FindColumn(table_, arguments["time_column"].get<std::string>());
  if (column && IsTimeType((*column)->type)) return *column;
  if (!column) problems_.Add(path, column.error(), arguments["time_column"]);
  if (column)
    problems_.Add(path, "is " + (*column)->type + ", not a date or time", arguments["time_column"],
                  times.empty() ? "" : "one of " + Names(times));
  return nullptr;
}

std::string TableQuery::BucketSql(const TableColumn& time, Bucket bucket) {
  const bool day = IsDay(time);
  if (day && bucket < Bucket::kDay) {
    problems_.Add("bucket", "is shorter than a day, but " + time.name + " holds dates", std::string(Name(bucket)),
                  "use day, week or month");
  }
  const std::string argument = Sql(time) + (day ? "" : ", 'UTC'");
  switch (bucket) {
    case Bucket::kMinute:
      return "toStartOfMinute(" + argument + ")";
    case Bucket::kHour:
      return "toStartOfHour(" + argument + ")";
    case Bucket::kDay:
      return day ? Sql(time) : "toDate(" + argument + ")";
    case Bucket::kWeek:
      return "toMonday(" + argument + ")";
    case Bucket::kMonth:
      break;
  }
  return "toStartOfMonth(" + argument + ")";
}

void TableQuery::Restrict(const TableColumn& time, const TimeWindow& window) {
  const auto bound = [&](Instant at) {
    if (!IsDay(time)) return bindings_.Bind("DateTime64(3, 'UTC')", IsoTime(at), "since", problems_);
    return bindings_.Bind("Date32", PlainTime(at, 0).substr(0, 10), "since", problems_);
  };
  if (window.since) conditions_.push_back(Sql(time) + " >= " + bound(*window.since));
  // A day that `until` cuts is kept whole.
  const bool cuts_day = window.until && IsDay(time) && *window.until != BucketStart(*window.until, Bucket::kDay);
  if (window.until) conditions_.push_back(Sql(time) + (cuts_day ? " <= " : " < ") + bound(*window.until));
}

void TableQuery::Filter(const Json& arguments) {
  if (!arguments.contains("filters")) return;
  for (size_t i = 0; i < arguments["filters"].size(); ++i) {
    AddFilter(arguments["filters"][i], path_ + "filters[" + std::to_string(i) + "]");
  }
}

void TableQuery::AddFilter(const Json& filter, const std::string& path) {
  const auto column = Catalog::FindColumn(table_, filter["column"].get<std::string>());
  if (!column) return problems_.Add(path + ".column", column.error(), filter["column"]);
  const std::string op = filter["op"];
  if (op == "is_null" || op == "is_not_null") {
    conditions_.push_back(Sql(**column) + (op == "is_null" ? " IS NULL" : " IS NOT NULL"));
  } else if (!filter.contains("value") || filter["value"].is_null()) {
    problems_.Add(path + ".value", "is required for " + op, nullptr, "for NULL use is_null or is_not_null");
  } else if (HoldsSeveralValues(**column)) {
    problems_.Add(path + ".column", "is " + (*column)->type + ", which filters cannot compare", filter["column"],
                  "use `query`");
  } else {
    conditions_.push_back(Comparison(**column, op, filter["value"], path + ".value"));
  }
}

std::string TableQuery::Comparison(const TableColumn& column, const std::string& op, const Json& value,
                                   const std::string& path) {
  if (op == "like") {
    const std::string text = IsText(column) ? Sql(column) : "toString(" + Sql(column) + ")";
    return text + " LIKE " + bindings_.Bind("String", value, path, problems_);
  }
  if (op == "between") {
    if (value.is_array() && value.size() == 2) {
      const std::string from = BindAs(column, value[0], path + "[0]"), to = BindAs(column, value[1], path + "[1]");
      return Sql(column) + " BETWEEN " + from + " AND " + to;
    }
    problems_.Add(path, "must be a list of two values for between", value, "[from, to], both included");
    return {};
  }
  if (op != "in" && op != "not_in") return Sql(column) + " " + op + " " + BindAs(column, value, path);
  if (!value.is_array() || value.empty()) {
    problems_.Add(path, "must be a list of values for " + op, value, "for example [\"a\", \"b\"]");
    return {};
  }
  const std::string type = "Array(" + std::string(BareType(column.type)) + ")";
  return Sql(column) + (op == "in" ? " IN " : " NOT IN ") + bindings_.Bind(type, value, path, problems_);
}

std::string TableQuery::BindAs(const TableColumn& column, const Json& value, const std::string& path) {
  return bindings_.Bind(BareType(column.type), value, path, problems_);
}

std::string TableQuery::From() const {
  return table_.QuotedName() + " AS t" + (table_.NeedsFinal() ? " FINAL" : "");
}

std::string TableQuery::Where() const {
  return conditions_.empty() ? "" : "\nWHERE " + Join(conditions_, "\n  AND ");
}

Json FiltersSchema() {
  static const Json schema = Json::parse(R"({
    "type": "array", "maxItems": 50,
    "items": {"type": "object", "properties": {
        "column": {"type": "string"},
        "op": {"type": "string", "enum": ["=", "!=", "<", "<=", ">", ">=", "in", "not_in", "like", "between", "is_null", "is_not_null"]},
        "value": {"description": "list for in and not_in, [from, to] for between"}},
      "required": ["column", "op"], "additionalProperties": false}})");
  return schema;
}

Json TimeColumnSchema() {
  return Typed("string", "default: the main one");
}
Json SinceSchema() {
  return Typed("string", "UTC, e.g. 2025-11-20T13:00:00Z or 2025-11-20");
}
Json UntilSchema() {
  return Typed("string", "excluded; a bare date is included");
}

Json BucketSchema() {
  return {{"type", "string"}, {"enum", {"minute", "hour", "day", "week", "month"}}};
}

std::string NewestRow(const RequestContext& context, clickhouse::Client& client, const Table& table,
                      const TableColumn& time) {
  clickhouse::Query query;
  const std::string newest_sql = "maxOrNull(" + Sql(time) + ")";
  query.sql = "SELECT " + (IsDay(time) ? newest_sql : "toTimeZone(" + newest_sql + ", 'UTC')") + " FROM " +
              table.QuotedName() + " AS t";
  const auto rows = client.Read(context, query);
  if (!rows || rows->row_count != 1) return {};
  const Json newest = rows->Parsed()[0][0];
  if (!newest.is_string()) return table.FullName() + " is empty";
  return "the newest row of " + table.FullName() + " is of " + newest.get<std::string>();
}

}  // namespace chimera::tools
