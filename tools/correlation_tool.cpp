// The tool `query.correlation`: do two metrics move together, bucket by bucket?
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "tools/aggregate_function.h"
#include "tools/answer.h"
#include "tools/correlation.h"
#include "tools/statistics.h"
#include "tools/table_query.h"
#include "tools/toolset.h"

namespace chimera::tools {
namespace {

constexpr std::string_view kName = "query.correlation";
constexpr int kDefaultDays = 30;
constexpr uint64_t kMaxBuckets = 100000;
constexpr uint64_t kMaxBytes = 16 << 20;
constexpr size_t kMaxPoints = 500;
constexpr size_t kFewPoints = 10;
constexpr int kMaxLag = 168;  ///< a week of hours

Json SideSchema() {
  Json properties = {{"table", {{"type", "string"}}},
                     {"column", {{"type", "string"}}},
                     {"aggregate", {{"type", "string"}, {"enum", AggregateNames()}, {"default", "avg"}}},
                     {"time_column", {{"type", "string"}}}};
  properties["aggregate"]["enum"].erase(
      std::find(properties["aggregate"]["enum"].begin(), properties["aggregate"]["enum"].end(), "quantile"));
  return ArgumentsSchema(std::move(properties), {"table"});
}

Json InputSchema() {
  Json bucket = BucketSchema();
  bucket["default"] = "day";
  Json properties = {
      {"x", SideSchema()},
      {"y", SideSchema()},
      {"bucket", bucket},
      {"days", {{"type", "integer"}, {"minimum", 1}, {"maximum", 3650}, {"description", "default 30; or since/until"}}},
      {"since", SinceSchema()},
      {"until", UntilSchema()},
      {"method",
       {{"type", "string"},
        {"enum", {"pearson", "spearman"}},
        {"default", "pearson"},
        {"description", "spearman: by rank"}}},
      {"max_lag",
       {{"type", "integer"},
        {"minimum", 0},
        {"maximum", kMaxLag},
        {"description", "in buckets: also find the shift, -max_lag to max_lag, with the plainest correlation"}}}};
  return ArgumentsSchema(std::move(properties), {"x", "y"});
}

Json BestLagSchema() {
  const Json number = {{"type", "number"}}, count = {{"type", "integer"}};
  Json schema = ObjectSchema({{"lag", Typed("integer", "buckets; positive: x leads, negative: y leads")},
                              {"r", number},
                              {"n", count},
                              {"p_value", Typed("number", "times lags_tried (Bonferroni)")},
                              {"lags_tried", count}});
  schema["type"] = {"object", "null"};
  return schema;
}

Json OutputSchema() {
  const Json number = {{"type", {"number", "null"}}};
  const Json count = {{"type", "integer"}}, text = {{"type", "string"}}, object = {{"type", "object"}};
  return ObjectSchema({{"summary", text},
                       {"r", number},
                       {"r_squared", number},
                       {"p_value", number},
                       {"n", count},
                       {"method", text},
                       {"best_lag", BestLagSchema()},
                       {"points", Typed("array", "[bucket, x, y]")},
                       {"points_omitted", Typed("integer", "older ones, used but not listed")},
                       {"buckets_only_x", count},
                       {"buckets_only_y", count},
                       {"window", object},
                       {"note", text},
                       {"sql", text},
                       {"params", object},
                       {"statistics", StatisticsSchema()}});
}

mcp::ToolDefinition Define() {
  return {std::string(kName),
          "Correlate two metrics",
          "Does x go with y, at once or with a delay (max_lag)? Correlates two metrics of one table or two, each "
          "aggregated per time bucket, where both have data. For one metric over time use query.trend. Returns r, "
          "two-sided p (null below 3 buckets), n and the points.",
          InputSchema(),
          OutputSchema(),
          {}};
}

struct Point {
  std::string bucket;
  double x = 0;
  double y = 0;
};

struct Joined {
  std::vector<Point> points;
  std::vector<SeriesValue> x, y;  ///< each side whole
  size_t only_x = 0;
  size_t only_y = 0;
};

// NaN and infinities come as strings: no data for a correlation.
Joined JoinedFrom(const Json& rows, Bucket bucket) {
  Joined joined;
  for (const auto& row : rows) {
    const bool x = row[1].is_number(), y = row[2].is_number();
    if (x && y) joined.points.push_back({row[0], row[1], row[2]});
    if (x && !y) ++joined.only_x;
    if (y && !x) ++joined.only_y;
    const auto at = row[0].is_string() ? ParseTime(row[0].get_ref<const std::string&>()) : std::nullopt;
    if (!at) continue;
    const int64_t number = BucketNumber(at->at, bucket);
    if (x) joined.x.push_back({number, row[1]});
    if (y) joined.y.push_back({number, row[2]});
  }
  return joined;
}

Correlation Correlate(const std::vector<Point>& points, CorrelationMethod method) {
  std::vector<double> x, y;
  for (const Point& point : points) {
    x.push_back(point.x);
    y.push_back(point.y);
  }
  return Correlate(x, y, method);
}

std::string_view Strength(double r) {
  const double size = std::abs(r);
  if (size < 0.1) return "none";
  return size < 0.3 ? "weak" : size < 0.6 ? "moderate" : "strong";
}

std::string InWords(const Correlation& found, size_t n) {
  const std::string points = "n " + std::to_string(n);
  if (!found.r) return "No correlation can be computed (" + points + ").";
  std::string text(Strength(*found.r));
  if (text != "none") text += *found.r > 0 ? " positive" : " negative";
  text += ": r " + ToText(Rounded(found.r, 3));
  if (found.p_value) text += ", p " + ToText(Rounded(found.p_value, 3));
  text += ", " + points + (found.p_value && *found.p_value >= 0.05 ? "; not significant." : ".");
  return text + " Correlation is not causation.";
}

std::string InWords(const BestLag& best) {
  std::string text = " Best lag " + std::to_string(best.lag) + ": r " + ToText(Rounded(best.r, 3)) + ", p " +
                     ToText(Rounded(best.p_value, 3)) + " over " + std::to_string(best.tried) + " lags, n " +
                     std::to_string(best.n);
  if (best.lag != 0) text += best.lag > 0 ? "; x leads" : "; y leads";
  return text + ".";
}

Json ToJson(const std::optional<BestLag>& best) {
  if (!best) return nullptr;
  return {{"lag", best->lag},
          {"r", Rounded(best->r)},
          {"n", best->n},
          {"p_value", Rounded(best->p_value, 3)},
          {"lags_tried", best->tried}};
}

// One side: its table, its time, and its value per bucket.
struct Side {
  std::shared_ptr<const Table> table;
  const TableColumn* time = nullptr;
  std::string sql;
};

class CorrelationTool final : public JsonTool {
 public:
  CorrelationTool(clickhouse::Client& client, Catalog& catalog)
      : JsonTool(Define()), client_(client), catalog_(catalog) {}

 private:
  struct Call {
    Bindings bindings;
    Problems problems;
    TimeWindow window;
    Side x, y;
  };

  Result<Answer> RunChecked(const RequestContext& context, const Json& arguments) override {
    Call call;
    if (auto prepared = Prepare(context, arguments, call); !prepared) return prepared.error();
    clickhouse::Query query;
    query.sql = Sql(call);
    query.parameters = call.bindings.Parameters();
    query.max_rows = kMaxBuckets;
    query.max_bytes = kMaxBytes;
    const auto rows = client_.Read(context, query);
    if (!rows) return catalog_.Explain(context, rows.error(), query.sql);
    if (rows->truncated) {
      return MakeError(ErrorCode::kTooLarge, "more than " + std::to_string(rows->row_count) + " buckets",
                       "use a longer bucket or a shorter window");
    }
    auto findings = Analyse(context, arguments, *rows);
    if (!findings) return findings.error();
    return AnswerOf(context, arguments, call, query, *rows, *findings);
  }

  struct Findings {
    Joined joined;
    Correlation at_once;
    std::optional<BestLag> best;
  };

  // A long series is compared with itself many times: not past the caller's deadline.
  static Result<Findings> Analyse(const RequestContext& context, const Json& arguments, const clickhouse::Rows& rows) {
    const auto method = arguments["method"] == "spearman" ? CorrelationMethod::kSpearman : CorrelationMethod::kPearson;
    Findings findings;
    findings.joined = JoinedFrom(rows.Parsed(), BucketFromName(arguments["bucket"].get<std::string>()));
    findings.at_once = Correlate(findings.joined.points, method);
    const auto stopped = [&context] { return context.Cancelled() || context.deadline.Expired(); };
    if (arguments.contains("max_lag")) {
      findings.best =
          FindBestLag(findings.joined.x, findings.joined.y, arguments["max_lag"].get<int>(), method, stopped);
    }
    if (!stopped()) return findings;
    if (context.Cancelled()) return MakeError(ErrorCode::kCancelled, "the request was cancelled");
    return MakeError(ErrorCode::kTimeout, "the deadline passed while lags were compared",
                     "use a smaller max_lag, a longer bucket or a shorter window");
  }

  Status Prepare(const RequestContext& context, const Json& arguments, Call& call) {
    const Bucket bucket = BucketFromName(arguments["bucket"].get<std::string>());
    call.window = ParseWindow(arguments, std::chrono::system_clock::now(), bucket, kDefaultDays, call.problems.List());
    for (const auto& [side, name] : {std::pair{&call.x, "x"}, std::pair{&call.y, "y"}}) {
      auto table = catalog_.Find(context, arguments[name]["table"].get<std::string>());
      if (!table) return table.error();
      side->table = *table;
      PrepareSide(arguments[name], std::string(name) + ".", bucket, call, *side);
    }
    if (call.problems.Empty()) return Ok();
    return call.problems.ToError(std::string(kName));
  }

  static void PrepareSide(const Json& arguments, const std::string& path, Bucket bucket, Call& call, Side& side) {
    TableQuery query(*side.table, call.bindings, call.problems, path);
    const AggregateCall aggregate(arguments["aggregate"], arguments.value("column", ""));
    const std::string value = AggregateSql(query, aggregate, path, true, call.problems);
    side.time = query.TimeColumn(arguments);
    if (side.time == nullptr) return;
    query.Restrict(*side.time, call.window);
    side.sql = "SELECT " + query.BucketSql(*side.time, bucket) + " AS bucket, '" + path.substr(0, 1) +
               "' AS side, toFloat64(" + value + ") AS value\nFROM " + query.From() + query.Where() +
               "\nGROUP BY bucket";
  }

  static std::string Sql(const Call& call) {
    return "SELECT bucket, anyOrNullIf(value, side = 'x') AS x, anyOrNullIf(value, side = 'y') AS y\nFROM (\n" +
           call.x.sql + "\nUNION ALL\n" + call.y.sql + "\n)\nGROUP BY bucket\nORDER BY bucket";
  }

  Answer AnswerOf(const RequestContext& context, const Json& arguments, const Call& call,
                  const clickhouse::Query& query, const clickhouse::Rows& rows, const Findings& findings) {
    const auto& [joined, found, best] = findings;
    const std::string note = Note(context, call, findings);
    const std::string finding = InWords(found, joined.points.size()) + (best ? InWords(*best) : "");
    ObjectText object;
    object.Add("summary", finding).Add("r", Rounded(found.r));
    object.Add("r_squared", Rounded(found.r ? std::optional(*found.r * *found.r) : std::nullopt));
    object.Add("p_value", Rounded(found.p_value, 3)).Add("n", joined.points.size()).Add("method", arguments["method"]);
    if (arguments.contains("max_lag")) object.Add("best_lag", ToJson(best));
    AddPoints(object, joined);
    object.Add("window", call.window.ToJson());
    if (!note.empty()) object.Add("note", note);
    object.Add("sql", query.sql).Add("params", call.bindings.Values());
    object.Add("statistics", StatisticsJson(rows.statistics));
    return {finding + (note.empty() ? "" : " Note: " + note + "."), object.Take(), joined.points.size()};
  }

  static void AddPoints(ObjectText& object, const Joined& joined) {
    const size_t omitted = joined.points.size() > kMaxPoints ? joined.points.size() - kMaxPoints : 0;
    Json points = Json::array();
    for (size_t i = omitted; i < joined.points.size(); ++i) {
      points.push_back({joined.points[i].bucket, Rounded(joined.points[i].x), Rounded(joined.points[i].y)});
    }
    object.Add("points", points).Add("points_omitted", omitted);
    object.Add("buckets_only_x", joined.only_x).Add("buckets_only_y", joined.only_y);
  }

  std::string Note(const RequestContext& context, const Call& call, const Findings& findings) {
    const auto& [joined, found, best] = findings;
    if (joined.points.empty()) {
      const std::string x = NewestRow(context, client_, *call.x.table, *call.x.time);
      const std::string y = NewestRow(context, client_, *call.y.table, *call.y.time);
      return "no bucket of the window has both: " + x + (x == y ? "" : "; " + y);
    }
    if (joined.points.size() < 3) return "too few buckets with both; widen the window or shorten the bucket";
    if (!found.r) return "one side has the same value in every bucket";
    const size_t fewest = std::min(joined.points.size(), best ? best->n : joined.points.size());
    return fewest < kFewPoints ? "few points: r may change much with more data" : "";
  }

  clickhouse::Client& client_;
  Catalog& catalog_;
};

}  // namespace

std::unique_ptr<Tool> CreateCorrelationTool(clickhouse::Client& client, Catalog& catalog) {
  return std::make_unique<CorrelationTool>(client, catalog);
}

}  // namespace chimera::tools
