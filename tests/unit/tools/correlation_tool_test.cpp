#include "tool_fixture.h"
#include "tools/time_window.h"
#include "tools/toolset.h"

namespace chimera::tools {
namespace {

class CorrelationTool : public ToolFixture {
 protected:
  std::unique_ptr<Tool> tool_ = CreateCorrelationTool(client_, catalog_);
  const Json arguments_ = Json::parse(
      R"({"x": {"table": "bench_runs", "column": "latency_p95_ms"}, "y": {"table": "daily", "column": "visits", "aggregate": "sum"}})");
};

TEST_F(CorrelationTool, CorrelatesWhereBothHaveData) {
  Reply(Json::parse(
      R"([["2025-11-01", 1, 2], ["2025-11-02", 2, 4.1], ["2025-11-03", 3, 5.9], ["2025-11-04", 4, null], ["2025-11-05", null, 1], ["2025-11-06", "nan", 1]])"));
  const Json answer = Call(*tool_, arguments_);
  EXPECT_EQ(answer["n"], 3);
  EXPECT_NEAR(answer["r"].get<double>(), 0.999015, 1e-6);
  EXPECT_NEAR(answer["p_value"].get<double>(), 0.0283, 1e-9);
  EXPECT_EQ(answer["buckets_only_x"], 1);
  EXPECT_EQ(answer["buckets_only_y"], 2);
  EXPECT_EQ(ToText(answer["points"][1]), R"(["2025-11-02",2,4.1])");
  EXPECT_TRUE(Contains(summary_, "strong positive: r 0.999, p 0.0283, n 3")) << summary_;
  EXPECT_TRUE(Contains(summary_, "few points"));
}

TEST_F(CorrelationTool, JoinsTwoAggregatesPerBucket) {
  Reply(Json::array());
  Reply(Json::parse(R"([["2025-11-20T13:00:00.000Z"]])"));
  Reply(Json::parse("[[null]]"));
  const Json answer = Call(*tool_, arguments_);
  const std::string sql = answer["sql"];
  EXPECT_TRUE(
      Contains(sql, "toDate(t.`ts`, 'UTC') AS bucket, 'x' AS side, toFloat64(avg(t.`latency_p95_ms`)) AS value"));
  EXPECT_TRUE(Contains(sql, "t.`day` AS bucket, 'y' AS side, toFloat64(sum(toInt256(t.`visits`))) AS value"));
  EXPECT_TRUE(Contains(sql, "`bench_runs` AS t FINAL"));
  EXPECT_EQ(answer["r"], nullptr);
  EXPECT_EQ(
      answer["note"],
      "no bucket of the window has both: the newest row of chimera_metrics.bench_runs is of 2025-11-20T13:00:00.000Z; "
      "chimera_metrics.daily is empty");
}

TEST_F(CorrelationTool, ExplainsWhyThereIsNoR) {
  Reply(Json::parse(R"([["2025-11-01", 1, 2], ["2025-11-02", 1, 4], ["2025-11-03", 1, 5]])"));
  Json answer = Call(*tool_, arguments_);
  EXPECT_EQ(answer["r"], nullptr);
  EXPECT_EQ(answer["note"], "one side has the same value in every bucket");
  Reply(Json::parse(R"([["2025-11-01", 1, 2], ["2025-11-02", 2, 4]])"));
  answer = Call(*tool_, arguments_);
  EXPECT_EQ(answer["p_value"], nullptr);
  EXPECT_EQ(answer["n"], 2);
}

TEST_F(CorrelationTool, RanksOnRequest) {
  Reply(Json::parse(R"([["2025-11-01", 1, 1], ["2025-11-02", 2, 10], ["2025-11-03", 3, 1000]])"));
  Json arguments = arguments_;
  arguments["method"] = "spearman";
  EXPECT_EQ(Call(*tool_, arguments)["r"], 1);
}

// visits follow latency by one day; 3 November has no latency, 6 November no visits.
TEST_F(CorrelationTool, FindsTheBestLag) {
  Reply(Json::parse(
      R"([["2025-11-01", 4, 9], ["2025-11-02", 1, 8], ["2025-11-03", null, 2], ["2025-11-04", 7, 5], ["2025-11-05", 3, 14], ["2025-11-06", 5, null], ["2025-11-07", null, 10.1]])"));
  Json arguments = arguments_;
  arguments["max_lag"] = 2;
  const Json answer = Call(*tool_, arguments);
  const Json& best = answer["best_lag"];
  EXPECT_EQ(best["lag"], 1);
  EXPECT_EQ(best["n"], 4);
  EXPECT_EQ(best["lags_tried"], 5);
  EXPECT_NEAR(best["r"].get<double>(), 0.999952, 1e-6);
  EXPECT_NEAR(best["p_value"].get<double>(), 0.000239, 1e-9);  // 5 (1 - r), exact for four pairs
  EXPECT_EQ(answer["n"], 4);
  EXPECT_LT(answer["r"].get<double>(), 0);
  EXPECT_TRUE(Contains(summary_, "Best lag 1: r 1.0, p 0.000239")) << summary_;
  EXPECT_TRUE(Contains(summary_, "over 5 lags, n 4; x leads.")) << summary_;
}

// Ten days have both; two days later only eight do, and in those y is x.
TEST_F(CorrelationTool, WarnsOfFewPointsAtTheBestLag) {
  const std::vector<int> x = {3, 1, 4, 1, 5, 9, 2, 6, 8, 7}, y = {4, 4, 3, 1, 4, 1, 5, 9, 2, 6};
  Json rows = Json::array();
  for (size_t i = 0; i < x.size(); ++i)
    rows.push_back({IsoTime(Instant{} + std::chrono::days(20000 + static_cast<int>(i))), x[i], y[i]});
  Reply(rows);
  Json arguments = arguments_;
  arguments["max_lag"] = 3;
  const Json answer = Call(*tool_, arguments);
  EXPECT_EQ(answer["n"], 10);
  EXPECT_EQ(answer["best_lag"]["n"], 8);
  EXPECT_EQ(answer["note"], "few points: r may change much with more data");
}

TEST_F(CorrelationTool, SaysNothingOfLagsUnlessAsked) {
  Reply(Json::parse(R"([["2025-11-01", 1, 1], ["2025-11-02", 2, 10], ["2025-11-03", 3, 1000]])"));
  EXPECT_FALSE(Call(*tool_, arguments_).contains("best_lag"));
  Reply(Json::parse(R"([["2025-11-01", 1, 1], ["2025-11-02", 2, 10]])"));
  Json arguments = arguments_;
  arguments["max_lag"] = 168;
  EXPECT_EQ(Call(*tool_, arguments)["best_lag"], nullptr);
  arguments["max_lag"] = 169;
  EXPECT_EQ(Paths(CallBadly(*tool_, arguments)), std::vector<std::string>{"max_lag"});
}

TEST_F(CorrelationTool, NamesTheSideThatIsWrong) {
  const Error error = CallBadly(
      *tool_,
      Json::parse(
          R"({"x": {"table": "bench_runs", "column": "latency"}, "y": {"table": "daily", "column": "day", "aggregate": "max"}, "days": 3, "since": "2025-11-01"})"));
  EXPECT_EQ(Paths(error), (std::vector<std::string>{"days", "x.column", "y.column"}));
}

TEST_F(CorrelationTool, RefusesTooManyBuckets) {
  ReplyTruncated(Json::parse(R"([["2025-11-01", 1, 1]])"));
  EXPECT_EQ(CallBadly(*tool_, arguments_).code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace chimera::tools
