// The tool `query`: one SELECT-like statement with bound parameters, its rows passed on as the server printed them.
#include <algorithm>

#include "base/text.h"
#include "schema/placeholders.h"
#include "sql/read_gate.h"
#include "tools/answer.h"
#include "tools/catalog.h"
#include "tools/catalogue_secrets.h"
#include "tools/parameter_value.h"
#include "tools/privacy.h"
#include "tools/table_query.h"
#include "tools/toolset.h"

namespace chimera::tools {
namespace {

constexpr std::string_view kName = "query";

Json InputSchema(std::chrono::seconds default_timeout) {
  Json properties = Json::parse(R"json({
    "sql": {"type": "string", "minLength": 1,
      "description": "one statement without FORMAT, e.g. SELECT count() FROM bench_runs WHERE ts >= {since:DateTime}"},
    "params": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "array", "null"]},
      "description": "values of {name:Type} placeholders, e.g. {\"since\": \"2025-11-01\"}"},
    "max_rows": {"type": "integer", "minimum": 1, "maximum": 100000, "default": 500},
    "max_bytes": {"type": "integer", "minimum": 1024, "maximum": 33554432, "default": 65536, "description": "of row text"},
    "timeout_seconds": {"type": "integer", "minimum": 1, "maximum": 3600}
  })json");
  properties["timeout_seconds"]["default"] = default_timeout.count();
  return ArgumentsSchema(std::move(properties), {"sql"});
}

Json OutputSchema() {
  Json properties = RowsProperties();
  properties["truncation_note"] = Json{{"type", "string"}};
  properties["statistics"] = StatisticsSchema();
  properties["query_id"] = {{"type", "string"}};
  return ObjectSchema(std::move(properties));
}

mcp::ToolDefinition Define(std::chrono::seconds default_timeout) {
  return {
      std::string(kName),
      "Query with SQL",
      "Runs one ClickHouse statement that reads (SELECT, WITH, EXPLAIN, SHOW, DESCRIBE, EXISTS) and returns rows as "
      "arrays. "
      "Without SQL: query.aggregate for grouped figures, query.trend for a metric over time, query.correlation for "
      "two. "
      "describe.table tells the columns. Stops at max_rows or max_bytes and says so. 64-bit integers and decimals are "
      "strings, times UTC.",
      InputSchema(default_timeout),
      OutputSchema(),
      {}};
}

// The values of a call, matched with the placeholders of its SQL.
class ParameterBinder {
 public:
  ParameterBinder(const Json& values, Problems& problems) : values_(values), problems_(problems) {}

  void Bind(const schema::Placeholder& placeholder) {
    const std::string& name = placeholder.name;
    const std::string& type = placeholder.type;
    const std::string path = "params." + name;
    const bool first = std::find(names_.begin(), names_.end(), name) == names_.end();
    if (first) names_.push_back(name);
    if (!values_.contains(name)) {
      if (first)
        problems_.Add(path, "is required: the SQL has {" + name + ":" + type + "}", nullptr,
                      "send params: {\"" + name + "\": …}");
      return;
    }
    const auto parameter = BindParameter(name, type, values_[name], path);
    if (!parameter) return problems_.Add(path, parameter.error(), values_[name]);
    if (first) return parameters_.push_back(*parameter);
    if (Known(name) != nullptr && Known(name)->value != parameter->value) {
      problems_.Add(path, "is read as another value by {" + name + ":" + type + "}", values_[name],
                    "give each type a placeholder of its own");
    }
  }

  void RefuseUnused() {
    for (const auto& [name, value] : values_.items()) {
      if (std::find(names_.begin(), names_.end(), name) != names_.end()) continue;
      const std::string near = DidYouMean(name, names_);
      problems_.Add("params." + name, "has no placeholder in the SQL", value,
                    near.empty() ? "write {" + name + ":Type} into the SQL" : near);
    }
  }

  std::vector<clickhouse::Parameter> Take() { return std::move(parameters_); }

 private:
  const clickhouse::Parameter* Known(const std::string& name) const {
    const auto found =
        std::find_if(parameters_.begin(), parameters_.end(), [&](const auto& known) { return known.name == name; });
    return found == parameters_.end() ? nullptr : &*found;
  }

  const Json& values_;
  Problems& problems_;
  std::vector<std::string> names_;
  std::vector<clickhouse::Parameter> parameters_;
};

std::string TruncationNote(const clickhouse::Rows& rows, const clickhouse::Query& query) {
  const std::string at = "cut after " + std::to_string(rows.row_count) + " rows: there are more than ";
  const std::string narrow = "; filter, aggregate, select fewer columns, or raise ";
  if (rows.truncated_by_bytes)
    return at + "fit max_bytes = " + std::to_string(query.max_bytes) + narrow + "max_bytes (at most 33554432)";
  return at + "max_rows = " + std::to_string(query.max_rows) + narrow + "max_rows (at most 100000)";
}

Answer AnswerOf(const clickhouse::Rows& rows, const clickhouse::Query& query) {
  ObjectText object;
  AddRows(object, rows);
  Answer answer;
  answer.row_count = rows.row_count;
  answer.summary = rows.row_count == 1 ? "1 row" : std::to_string(rows.row_count) + " rows";
  if (rows.truncated) {
    const std::string note = TruncationNote(rows, query);
    object.Add("truncation_note", note);
    answer.summary += ", " + note;
  }
  if (rows.invalid_utf8) answer.summary += "; some strings are not UTF-8, � stands for their bytes: select hex(column)";
  AddNotes(object, rows);
  object.Add("statistics", StatisticsJson(rows.statistics)).Add("query_id", rows.query_id);
  answer.summary += "." + NoteText(rows);
  answer.structured_json = object.Take();
  return answer;
}

class QueryTool final : public JsonTool {
 public:
  QueryTool(clickhouse::Client& client, Catalog& catalog, const ToolsetOptions& options)
      : JsonTool(Define(options.default_timeout)),
        client_(client),
        catalog_(catalog),
        reads_(options.reads),
        privacy_(options.privacy) {}

  bool TakesTimeout() const override { return true; }

 private:
  Result<Answer> RunChecked(const RequestContext& context, const Json& arguments) override {
    auto prepared = Prepare(context, arguments);
    if (!prepared) return prepared.error();
    const clickhouse::Query& query = prepared->query;
    RequestContext limited = context;
    limited.deadline =
        context.deadline.Earlier(Deadline::After(std::chrono::seconds(arguments["timeout_seconds"].get<int>())));
    auto rows = client_.Read(limited, query);
    if (!rows) return catalog_.Explain(context, rows.error(), query.sql);
    if (privacy_ != nullptr) {
      if (Status shown = privacy_->Protect(prepared->protected_names, *rows); !shown) return shown.error();
    }
    if (prepared->tells_of_database) HideSecrets(*rows);
    return AnswerOf(*rows, query);
  }

  struct Prepared {
    clickhouse::Query query;
    std::vector<std::string> protected_names;
    bool tells_of_database = false;
  };

  Result<Prepared> Prepare(const RequestContext& context, const Json& arguments) const {
    sql::ReadPolicy reads = reads_;
    if (privacy_ != nullptr) reads.protected_columns = privacy_->Protects(context);
    auto statement = sql::CheckRead(arguments["sql"].get_ref<const std::string&>(), reads);
    if (!statement) return statement.error();
    const auto placeholders = schema::FindPlaceholders(statement->text);
    if (!placeholders) return placeholders.error();
    Problems problems;
    const Json values = arguments.value("params", Json::object());
    ParameterBinder binder(values, problems);
    for (const auto& placeholder : *placeholders) binder.Bind(placeholder);
    binder.RefuseUnused();
    if (!problems.Empty()) return problems.ToError(std::string(kName));
    Prepared prepared;
    prepared.protected_names = std::move(statement->protected_names);
    prepared.tells_of_database = TellsOfDatabase(statement->kind, statement->text);
    clickhouse::Query& query = prepared.query;
    query.parameters = binder.Take();
    query.sql = std::move(statement->text);
    for (auto& [name, value] : statement->settings) query.settings.push_back({name, value});
    query.max_rows = arguments["max_rows"].get<uint64_t>();
    query.max_bytes = arguments["max_bytes"].get<uint64_t>();
    return prepared;
  }

  clickhouse::Client& client_;
  Catalog& catalog_;
  const sql::ReadPolicy reads_;
  const std::shared_ptr<const Privacy> privacy_;  ///< null: nothing is protected
};

}  // namespace

std::unique_ptr<Tool> CreateQueryTool(clickhouse::Client& client, Catalog& catalog, const ToolsetOptions& options) {
  return std::make_unique<QueryTool>(client, catalog, options);
}

}  // namespace chimera::tools
