// The tool `query.aggregate`: grouped figures of one table, without SQL from the caller.
#include <algorithm>

#include "base/text.h"
#include "sql/lexer.h"
#include "tools/aggregate_function.h"
#include "tools/answer.h"
#include "tools/table_query.h"
#include "tools/toolset.h"

namespace chimera::tools {
namespace {

constexpr std::string_view kName = "query.aggregate";
constexpr uint64_t kMaxBytes = 1 << 20;

Json InputSchema() {
  Json properties = Json::parse(R"({
    "table": {"type": "string", "description": "[database.]table"},
    "metrics": {"type": "array", "minItems": 1, "maxItems": 20, "items": {"type": "object", "properties": {
        "function": {"type": "string"},
        "column": {"type": "string", "description": "not for count"},
        "as": {"type": "string", "minLength": 1, "maxLength": 64, "description": "result name; default e.g. p95_latency_ms"},
        "level": {"type": "number", "minimum": 0, "maximum": 1, "description": "of quantile, e.g. 0.95"}},
      "required": ["function"], "additionalProperties": false}},
    "group_by": {"type": "array", "maxItems": 10, "items": {"type": "string"}}
  })");
  properties["metrics"]["items"]["properties"]["function"]["enum"] = AggregateNames();
  properties["filters"] = FiltersSchema();
  properties["time_column"] = TimeColumnSchema();
  properties["since"] = SinceSchema();
  properties["until"] = UntilSchema();
  properties["bucket"] = BucketSchema();
  properties["order_by"] = Json::parse(R"({"type": "array", "maxItems": 10, "items": {"type": "object", "properties": {
      "by": {"type": "string", "description": "result name"},
      "direction": {"type": "string", "enum": ["asc", "desc"], "default": "asc"}},
    "required": ["by"], "additionalProperties": false},
    "description": "default: bucket, else largest first metric"})");
  properties["limit"] = {{"type", "integer"}, {"minimum", 1}, {"maximum", 10000}, {"default", 100}};
  properties["approximate"] = Typed("boolean", "faster: uniq and quantiles about 1 % off");
  return ArgumentsSchema(std::move(properties), {"table", "metrics"});
}

Json OutputSchema() {
  Json properties = {{"sql", {{"type", "string"}}}, {"params", {{"type", "object"}}}};
  properties.update(RowsProperties());
  properties["note"] = {{"type", "string"}};
  properties["statistics"] = StatisticsSchema();
  return ObjectSchema(std::move(properties));
}

mcp::ToolDefinition Define() {
  return {
      std::string(kName),
      "Aggregate a table",
      "Counts, sums, averages, percentiles and distinct counts of one table by columns and time buckets, without SQL. "
      "Prefer "
      "it to `query` for these: names are checked, doubled rows removed (FINAL). For slope over time use query.trend. "
      "Returns rows and the SQL.",
      InputSchema(),
      OutputSchema(),
      {}};
}

struct Output {
  std::string name;
  std::string sql;
};

std::string DefaultName(const Json& metric) {
  std::string name = metric["function"];
  if (metric.contains("level") && name == "quantile") name += ToText(metric["level"]);
  const std::string column = metric.value("column", "");
  return column.empty() ? name : name + "_" + column;
}

// One call on its way to SQL: groups first, then metrics.
class Aggregation {
 public:
  Aggregation(const Table& table, const Json& arguments) : query_(table, bindings_, problems_), arguments_(arguments) {
    AddTime();
    AddGroups();
    AddMetrics();
    query_.Filter(arguments);
    CheckNames();
    order_ = Order();
  }

  Problems& Wrong() { return problems_; }
  const Bindings& Bound() const { return bindings_; }
  /// The column that buckets and windows use; nullptr without them.
  const TableColumn* Time() const { return time_; }

  // One row more than the limit, so that the database can stop early and `truncated` is still exact.
  std::string Sql() const {
    std::string sql = "SELECT " + Join(Selected(), ", ") + "\nFROM " + query_.From() + query_.Where();
    std::vector<std::string> groups;
    for (size_t i = 0; i < group_count_; ++i) groups.push_back(outputs_[i].sql);
    if (!groups.empty()) sql += "\nGROUP BY " + Join(groups, ", ");
    if (!order_.empty()) sql += "\nORDER BY " + Join(order_, ", ");
    return sql + "\nLIMIT " + std::to_string(arguments_["limit"].get<uint64_t>() + 1);
  }

 private:
  void AddTime() {
    const bool windowed = arguments_.contains("since") || arguments_.contains("until");
    if (!windowed && !arguments_.contains("bucket")) return;
    time_ = query_.TimeColumn(arguments_);
    const Bucket bucket = BucketFromName(arguments_.value("bucket", "day"));
    const TimeWindow window = ParseWindow(arguments_, std::chrono::system_clock::now(), bucket, 0, problems_.List());
    if (time_ == nullptr) return;
    query_.Restrict(*time_, window);
    if (arguments_.contains("bucket")) outputs_.push_back({"bucket", query_.BucketSql(*time_, bucket)});
  }

  void AddGroups() {
    const Json groups = arguments_.value("group_by", Json::array());
    for (size_t i = 0; i < groups.size(); ++i) {
      outputs_.push_back({groups[i], query_.Column(groups[i], "group_by[" + std::to_string(i) + "]")});
    }
    group_count_ = outputs_.size();
  }

  void AddMetrics() {
    const Json& metrics = arguments_["metrics"];
    for (size_t i = 0; i < metrics.size(); ++i) {
      AggregateCall call(metrics[i]["function"], metrics[i].value("column", ""));
      if (metrics[i].contains("level")) call.level = metrics[i]["level"].get<double>();
      call.approximate = arguments_.value("approximate", false);
      call.may_be_empty = group_count_ == 0;
      const std::string path = "metrics[" + std::to_string(i) + "].";
      outputs_.push_back(
          {metrics[i].value("as", DefaultName(metrics[i])), AggregateSql(query_, call, path, false, problems_)});
    }
  }

  void CheckNames() {
    for (size_t i = 0; i < outputs_.size(); ++i) {
      const auto same = [&](const Output& other) { return other.name == outputs_[i].name; };
      const auto end = outputs_.begin() + static_cast<std::ptrdiff_t>(i);
      if (std::find_if(outputs_.begin(), end, same) == end) continue;
      const bool metric = i >= group_count_;
      problems_.Add(metric ? "metrics[" + std::to_string(i - group_count_) + "].as" : "group_by",
                    "would be the second result column of that name", outputs_[i].name,
                    metric ? "give this metric another `as`" : "name each column once");
    }
  }

  std::vector<std::string> Selected() const {
    std::vector<std::string> selected;
    for (const auto& output : outputs_) selected.push_back(output.sql + " AS " + sql::QuoteIdentifier(output.name));
    return selected;
  }

  // What the caller wants, then every group, so that equal rows keep their order.
  std::vector<std::string> Order() {
    std::vector<std::string> order;
    const Json asked = arguments_.value("order_by", Json::array());
    for (size_t i = 0; i < asked.size(); ++i) {
      const std::string sql = OutputSql(asked[i]["by"], "order_by[" + std::to_string(i) + "].by");
      order.push_back(sql + (asked[i]["direction"] == "desc" ? " DESC" : " ASC"));
    }
    const bool largest_first = asked.empty() && group_count_ > 0 && !arguments_.contains("bucket");
    if (largest_first) order.push_back(outputs_[group_count_].sql + " DESC");
    for (size_t i = 0; i < group_count_; ++i) order.push_back(outputs_[i].sql + " ASC");
    return order;
  }

  std::string OutputSql(const std::string& name, const std::string& path) {
    std::vector<std::string> names;
    for (const auto& output : outputs_) {
      if (output.name == name) return output.sql;
      names.push_back(output.name);
    }
    const std::string near = DidYouMean(name, names);
    problems_.Add(path, "is no column of the result", name, near.empty() ? "one of " + Join(names, ", ") : near);
    return "NULL";
  }

  Bindings bindings_;
  Problems problems_;
  TableQuery query_;
  const Json& arguments_;
  const TableColumn* time_ = nullptr;
  std::vector<Output> outputs_;
  size_t group_count_ = 0;
  std::vector<std::string> order_;
};

std::string Summary(const clickhouse::Rows& rows, uint64_t limit) {
  std::string summary = rows.row_count == 1 ? "1 row" : std::to_string(rows.row_count) + " rows";
  if (!rows.truncated) return summary + ".";
  return summary +
         ", there are more: " + (rows.truncated_by_bytes ? "cut at 1 MiB" : "limit " + std::to_string(limit)) +
         "; narrow the filters, group more coarsely" +
         (rows.truncated_by_bytes ? "." : ", or raise limit (at most 10000).");
}

class AggregateTool final : public JsonTool {
 public:
  AggregateTool(clickhouse::Client& client, Catalog& catalog)
      : JsonTool(Define()), client_(client), catalog_(catalog) {}

 private:
  Result<Answer> RunChecked(const RequestContext& context, const Json& arguments) override {
    const auto table = catalog_.Find(context, arguments["table"].get<std::string>());
    if (!table) return table.error();
    Aggregation aggregation(**table, arguments);
    if (!aggregation.Wrong().Empty()) return aggregation.Wrong().ToError(std::string(kName));
    clickhouse::Query query;
    query.sql = aggregation.Sql();
    query.parameters = aggregation.Bound().Parameters();
    query.max_rows = arguments["limit"].get<uint64_t>();
    query.max_bytes = kMaxBytes;
    const auto rows = client_.Read(context, query);
    if (!rows) return catalog_.Explain(context, rows.error(), query.sql);
    std::string note;
    if (rows->row_count == 0 && aggregation.Time() != nullptr)
      note = NewestRow(context, client_, **table, *aggregation.Time());
    return AnswerOf(*rows, query, aggregation.Bound().Values(), note);
  }

  static Answer AnswerOf(const clickhouse::Rows& rows, const clickhouse::Query& query, const Json& values,
                         const std::string& note) {
    ObjectText object;
    object.Add("sql", query.sql).Add("params", values);
    AddRows(object, rows);
    if (!note.empty()) object.Add("note", note);
    AddNotes(object, rows);
    object.Add("statistics", StatisticsJson(rows.statistics));
    const std::string summary = Summary(rows, query.max_rows) + (note.empty() ? "" : " Note: " + note + ".");
    return {summary + NoteText(rows), object.Take(), rows.row_count};
  }

  clickhouse::Client& client_;
  Catalog& catalog_;
};

}  // namespace

std::unique_ptr<Tool> CreateAggregateTool(clickhouse::Client& client, Catalog& catalog) {
  return std::make_unique<AggregateTool>(client, catalog);
}

}  // namespace chimera::tools
