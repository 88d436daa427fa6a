// The tool `query.trend`: is a metric rising, falling or flat, in all and per group?
#include <algorithm>

#include "base/text.h"
#include "tools/aggregate_function.h"
#include "tools/answer.h"
#include "tools/table_query.h"
#include "tools/toolset.h"
#include "tools/trend.h"

namespace chimera::tools {
namespace {

constexpr std::string_view kName = "query.trend";
constexpr int kDefaultDays = 30;
constexpr uint64_t kMaxRead = 100000;
constexpr uint64_t kMaxBytes = 16 << 20;
constexpr size_t kMaxFilled = 10000;  ///< points of a series with its empty buckets
constexpr size_t kMaxGroups = 20;
constexpr size_t kMaxPoints = 500;  ///< listed, over all groups
constexpr size_t kMaxGroupsInSummary = 5;

Json InputSchema() {
  Json aggregates = AggregateNames();
  aggregates.erase(std::find(aggregates.begin(), aggregates.end(), "quantile"));
  Json bucket = BucketSchema();
  bucket["default"] = "day";
  Json properties = {
      {"table", Typed("string", "[database.]table")},
      {"column", Typed("string", "numeric; not for count")},
      {"aggregate", {{"type", "string"}, {"enum", std::move(aggregates)}, {"default", "avg"}}},
      {"bucket", bucket},
      {"days", {{"type", "integer"}, {"minimum", 1}, {"maximum", 3650}, {"description", "default 30; or since/until"}}},
      {"since", SinceSchema()},
      {"until", UntilSchema()},
      {"group_by",
       {{"type", "array"}, {"maxItems", 5}, {"items", {{"type", "string"}}}, {"description", "a trend for each"}}},
      {"filters", FiltersSchema()},
      {"time_column", TimeColumnSchema()}};
  return ArgumentsSchema(std::move(properties), {"table"});
}

Json OutputSchema() {
  const Json number = {{"type", {"number", "null"}}};
  const Json text = {{"type", "string"}}, count = {{"type", "integer"}}, object = {{"type", "object"}};
  const Json group = ObjectSchema({{"group", object},
                                   {"direction", {{"enum", {"rising", "falling", "flat", "unknown"}}}},
                                   {"slope_per_day", number},
                                   {"r_squared", number},
                                   {"p_value", number},
                                   {"relative_change", Typed({"number", "null"}, "along the line; 0.1 is +10 %")},
                                   {"n", count},
                                   {"outliers", Typed("array", "residuals beyond 1.5 IQR (Tukey)")},
                                   {"points", Typed("array", "[bucket, value]")},
                                   {"points_omitted", count}});
  return ObjectSchema({{"summary", text},
                       {"groups", {{"type", "array"}, {"items", group}}},
                       {"group_count", count},
                       {"groups_truncated", {{"type", "boolean"}}},
                       {"window", object},
                       {"note", text},
                       {"sql", text},
                       {"params", object},
                       {"statistics", StatisticsSchema()}});
}

mcp::ToolDefinition Define() {
  return {
      std::string(kName),
      "Trend of a metric",
      "Is a metric rising, falling or flat (p >= 0.05) over time? Returns slope per day, R², p, relative change, "
      "outliers and "
      "points, for all rows or for the 20 groups with most points. For two metrics use query.correlation, for figures "
      "alone query.aggregate.",
      InputSchema(),
      OutputSchema(),
      {}};
}

struct Series {
  Json group = Json::object();
  std::vector<TrendPoint> points;
  Trend trend;
};

class TrendTool final : public JsonTool {
 public:
  TrendTool(clickhouse::Client& client, Catalog& catalog) : JsonTool(Define()), client_(client), catalog_(catalog) {}

 private:
  struct Call {
    std::shared_ptr<const Table> table;
    const TableColumn* time = nullptr;
    Bucket bucket = Bucket::kDay;
    TimeWindow window;
    Instant now;
    std::vector<std::string> groups;
    bool additive = false;
    std::string_view unit;
    Bindings bindings;
    std::string sql;
  };

  Result<Answer> RunChecked(const RequestContext& context, const Json& arguments) override {
    Call call;
    if (auto prepared = Prepare(context, arguments, call); !prepared) return prepared.error();
    clickhouse::Query query;
    query.sql = call.sql;
    query.parameters = call.bindings.Parameters();
    query.max_rows = kMaxRead;
    query.max_bytes = kMaxBytes;
    const auto rows = client_.Read(context, query);
    if (!rows) return catalog_.Explain(context, rows.error(), query.sql);
    if (rows->truncated) {
      return MakeError(ErrorCode::kTooLarge, "more than " + std::to_string(rows->row_count) + " points",
                       "use a longer bucket, a shorter window or fewer groups");
    }
    return AnswerOf(context, call, *rows);
  }

  Status Prepare(const RequestContext& context, const Json& arguments, Call& call) {
    auto table = catalog_.Find(context, arguments["table"].get<std::string>());
    if (!table) return table.error();
    Problems problems;
    call.table = *table;
    call.now = std::chrono::system_clock::now();
    call.bucket = BucketFromName(arguments["bucket"].get<std::string>());
    call.window = ParseWindow(arguments, call.now, call.bucket, kDefaultDays, problems.List());
    const AggregateCall aggregate(arguments["aggregate"], arguments.value("column", ""));
    call.additive = IsAdditive(aggregate.function);
    call.unit = aggregate.function == "count" || aggregate.function == "uniq" ? "" : UnitOf(aggregate.column);
    Assemble(arguments, aggregate, call, problems);
    if (problems.Empty()) return Ok();
    return problems.ToError(std::string(kName));
  }

  static void Assemble(const Json& arguments, const AggregateCall& aggregate, Call& call, Problems& problems) {
    TableQuery query(*call.table, call.bindings, problems);
    const std::string value = AggregateSql(query, aggregate, "", true, problems);
    std::vector<std::string> groups;
    for (const auto& group : arguments.value("group_by", Json::array())) {
      call.groups.push_back(group);
      groups.push_back(query.Column(group, "group_by[" + std::to_string(groups.size()) + "]"));
    }
    query.Filter(arguments);
    call.time = query.TimeColumn(arguments);
    if (call.time == nullptr) return;
    query.Restrict(*call.time, call.window);
    groups.push_back(query.BucketSql(*call.time, call.bucket));
    const std::string keys = Join(groups, ", ");
    call.sql = "SELECT toFloat64(" + value + ") AS value, " + keys + "\nFROM " + query.From() + query.Where() +
               "\nGROUP BY " + keys + "\nORDER BY " + keys;
  }

  // Rows are [value, group…, bucket], sorted by group and bucket.
  static std::vector<Series> SeriesOf(const Call& call, const Json& rows) {
    std::vector<Series> all;
    const size_t bucket = call.groups.size() + 1;
    for (const auto& row : rows) {
      if (!row[0].is_number() || !row[bucket].is_string()) continue;  // NULL or NaN: no data
      Json group = Json::object();
      for (size_t i = 0; i < call.groups.size(); ++i) group[call.groups[i]] = row[i + 1];
      if (all.empty() || all.back().group != group) all.push_back({std::move(group), {}, {}});
      const std::string at = row[bucket];
      all.back().points.push_back({at, row[0], call.additive && IsPartial(call, at)});
    }
    for (Series& series : all) {
      if (call.additive) series.points = WithZeros(std::move(series.points), call.bucket, kMaxFilled);
      series.trend = TrendOf(series.points);
    }
    return all;
  }

  // The window, or the present, ends or begins inside the bucket.
  static bool IsPartial(const Call& call, const std::string& bucket) {
    const auto start = ParseTime(bucket);
    if (!start) return false;
    const Instant end = std::min(call.window.until.value_or(call.now), call.now);
    return NextBucket(start->at, call.bucket) > end || (call.window.since && start->at < *call.window.since);
  }

  Answer AnswerOf(const RequestContext& context, const Call& call, const clickhouse::Rows& rows) {
    std::vector<Series> all = SeriesOf(call, rows.Parsed());
    const size_t group_count = all.size();
    const auto more_points = [](const Series& a, const Series& b) { return a.points.size() > b.points.size(); };
    if (group_count > kMaxGroups) std::stable_sort(all.begin(), all.end(), more_points);
    all.resize(std::min(group_count, kMaxGroups));
    const std::string note = all.empty() ? NewestRow(context, client_, *call.table, *call.time) : PartialNote(all);
    const std::string finding = Summary(call, all, group_count);
    ObjectText object;
    object.Add("summary", finding).Add("groups", GroupsJson(all)).Add("group_count", group_count);
    object.Add("groups_truncated", group_count > kMaxGroups).Add("window", call.window.ToJson());
    if (!note.empty()) object.Add("note", note);
    object.Add("sql", call.sql).Add("params", call.bindings.Values());
    object.Add("statistics", StatisticsJson(rows.statistics));
    return {finding + (note.empty() ? "" : " Note: " + note + "."), object.Take(),
            std::min<uint64_t>(rows.row_count, kMaxPoints)};
  }

  static Json GroupsJson(const std::vector<Series>& all) {
    Json groups = Json::array();
    for (const Series& series : all) {
      Json group = {{"group", series.group}};
      group.update(TrendJson(series.trend, series.points, kMaxPoints / all.size()));
      groups.push_back(std::move(group));
    }
    return groups;
  }

  static std::string PartialNote(const std::vector<Series>& all) {
    const bool partial = std::any_of(all.begin(), all.end(), [](const Series& series) {
      return std::any_of(series.points.begin(), series.points.end(),
                         [](const TrendPoint& point) { return point.partial; });
    });
    return partial ? "buckets that the window or the present cuts are listed but not fitted" : "";
  }

  static std::string Summary(const Call& call, const std::vector<Series>& all, size_t group_count) {
    if (all.empty()) return "No data in the window.";
    std::vector<std::string> lines;
    for (const Series& series : all) {
      if (lines.size() == kMaxGroupsInSummary) break;
      lines.push_back((call.groups.empty() ? "" : GroupName(series.group) + ": ") + InWords(series.trend, call.unit));
    }
    std::string summary = Join(lines, "; ");
    if (group_count > kMaxGroups) {
      return summary + "; … (" + std::to_string(group_count) +
             " groups, the 20 with most points listed; filter for others).";
    }
    return summary + (group_count > lines.size() ? "; … (" + std::to_string(group_count) + " groups)." : ".");
  }

  static std::string GroupName(const Json& group) {
    std::vector<std::string> parts;
    for (const auto& [column, value] : group.items()) {
      parts.push_back(column + "=" + (value.is_string() ? value.get<std::string>() : ToText(value)));
    }
    return Join(parts, ", ");
  }

  clickhouse::Client& client_;
  Catalog& catalog_;
};

}  // namespace

std::unique_ptr<Tool> CreateTrendTool(clickhouse::Client& client, Catalog& catalog) {
  return std::make_unique<TrendTool>(client, catalog);
}

}  // namespace chimera::tools
