#include "tool_fixture.h"
#include "tools/toolset.h"
#include "tools/trend.h"

namespace chimera::tools {
namespace {

class TrendTool : public ToolFixture {
 protected:
  std::unique_ptr<Tool> tool_ = CreateTrendTool(client_, catalog_);
  const Json arguments_ = Json::parse(
      R"({"table": "bench_runs", "column": "latency_p95_ms", "since": "2025-11-01", "until": "2025-11-30"})");
};

std::vector<TrendPoint> Days(const std::vector<double>& values) {
  std::vector<TrendPoint> points;
  for (size_t i = 0; i < values.size(); ++i) points.push_back({"2025-11-" + std::to_string(10 + i), values[i], false});
  return points;
}

TEST(TrendOf, FindsDirectionAndChange) {
  const Trend trend = TrendOf(Days({100, 102.1, 103.9, 106, 108.1}));
  EXPECT_EQ(trend.direction, "rising");
  EXPECT_NEAR(trend.fit->slope, 2, 0.05);
  EXPECT_NEAR(*trend.relative_change, 0.08, 0.001);
  EXPECT_EQ(TrendOf(Days({5, 4, 3, 2, 1})).direction, "falling");
}

TEST(TrendOf, CallsNoiseFlat) {
  EXPECT_EQ(TrendOf(Days({1, 3, 1, 3, 2})).direction, "flat");
  EXPECT_EQ(TrendOf(Days({2, 2, 2, 2})).direction, "flat");
  EXPECT_EQ(TrendOf(Days({1, 2})).direction, "unknown");
  EXPECT_EQ(TrendOf({}).direction, "unknown");
}

TEST(TrendOf, MeasuresSlopeInDays) {
  const Trend trend = TrendOf({{"2025-11-20T00:00:00Z", 0}, {"2025-11-20T12:00:00Z", 1}, {"2025-11-21T00:00:00Z", 2}});
  EXPECT_NEAR(trend.fit->slope, 2, 1e-9);
}

TEST(TrendOf, FindsOutliersOfTheLineOnly) {
  EXPECT_TRUE(TrendOf(Days({1, 2, 3, 4, 5, 6, 7, 8})).outliers.empty());
  EXPECT_EQ(TrendOf(Days({1, 2.1, 2.9, 4, 50, 6.1, 6.9, 8})).outliers, std::vector<size_t>{4});
}

TEST(TrendOf, LeavesPartialBucketsOut) {
  auto points = Days({10, 10, 10, 3});
  points.back().partial = true;
  const Trend trend = TrendOf(points);
  EXPECT_EQ(trend.n, 3u);
  EXPECT_EQ(trend.direction, "flat");
}

TEST(WithZeros, CountsEmptyBucketsAsZero) {
  const auto days = WithZeros({{"2025-11-10", 5}, {"2025-11-13", 6, true}}, Bucket::kDay, 100);
  ASSERT_EQ(days.size(), 4u);
  EXPECT_EQ(days[2].bucket, "2025-11-12");
  EXPECT_EQ(days[2].value, 0);
  EXPECT_TRUE(days[3].partial);
  EXPECT_EQ(WithZeros({{"2025-01-01", 5}, {"2025-03-01", 6}}, Bucket::kMonth, 100)[1].bucket, "2025-02-01");
  EXPECT_EQ(WithZeros({{"2025-11-10T10:00:00Z", 5}, {"2025-11-10T12:00:00Z", 6}}, Bucket::kHour, 100)[1].bucket,
            "2025-11-10T11:00:00Z");
  EXPECT_EQ(WithZeros({{"2020-01-01", 5}, {"2025-01-01", 6}}, Bucket::kDay, 100).size(), 2u);
}

TEST_F(TrendTool, LeadsWithTheFinding) {
  Reply(Json::parse(R"([[100, "2025-11-10"], [103.1, "2025-11-11"], [106.2, "2025-11-12"], [109.3, "2025-11-13"]])"));
  const Json answer = Call(*tool_, arguments_);
  EXPECT_EQ(summary_, "rising 3.1 ms a day (R² 1, p 0, n 4).");
  EXPECT_EQ(answer["groups"][0]["slope_per_day"], 3.1);
  EXPECT_EQ(answer["groups"][0]["points"].size(), 4u);
  EXPECT_EQ(answer["window"]["until"], "2025-12-01T00:00:00Z");
  EXPECT_EQ(LastQuery().sql,
            "SELECT toFloat64(avg(t.`latency_p95_ms`)) AS value, toDate(t.`ts`, 'UTC')\n"
            "FROM `chimera_metrics`.`bench_runs` AS t FINAL\n"
            "WHERE t.`ts` >= {p1:DateTime64(3, 'UTC')}\n  AND t.`ts` < {p2:DateTime64(3, 'UTC')}\n"
            "GROUP BY toDate(t.`ts`, 'UTC')\nORDER BY toDate(t.`ts`, 'UTC')");
}

TEST_F(TrendTool, SeparatesGroups) {
  Reply(Json::parse(
      R"([[1, "a", "2025-11-10"], [2, "a", "2025-11-11"], [3.1, "a", "2025-11-12"], [5, "b", "2025-11-10"], [null, "b", "2025-11-11"]])"));
  Json arguments = arguments_;
  arguments["group_by"] = {"model"};
  const Json answer = Call(*tool_, arguments);
  EXPECT_EQ(answer["group_count"], 2);
  EXPECT_EQ(ToText(answer["groups"][1]["group"]), R"({"model":"b"})");
  EXPECT_EQ(answer["groups"][1]["n"], 1);
  EXPECT_TRUE(Contains(summary_, "model=a: rising")) << summary_;
  EXPECT_TRUE(Contains(summary_, "model=b: too few points"));
}

TEST_F(TrendTool, ListsTheLargestGroupsAndSaysSo) {
  Json rows = Json::array();
  for (int group = 0; group < 25; ++group) rows.push_back({1, "m" + std::to_string(100 + group), "2025-11-10"});
  rows.push_back({2, "m124", "2025-11-11"});
  Reply(rows);
  Json arguments = arguments_;
  arguments["group_by"] = {"model"};
  const Json answer = Call(*tool_, arguments);
  EXPECT_EQ(answer["groups"].size(), 20u);
  EXPECT_EQ(answer["groups"][0]["group"]["model"], "m124");
  EXPECT_EQ(answer["groups_truncated"], true);
  EXPECT_TRUE(Contains(summary_, "25 groups"));
}

TEST_F(TrendTool, KeepsTheNewestPoints) {
  Json rows = Json::array();
  for (int minute = 0; minute < 600; ++minute)
    rows.push_back({minute, "2025-11-10T" + std::to_string(10 + minute / 60) + ":" +
                                std::to_string(100 + minute % 60).substr(1) + ":00Z"});
  Reply(rows);
  Json arguments = arguments_;
  arguments["bucket"] = "minute";
  const Json answer = Call(*tool_, arguments);
  EXPECT_EQ(answer["groups"][0]["n"], 600);
  EXPECT_EQ(answer["groups"][0]["points"].size(), 500u);
  EXPECT_EQ(answer["groups"][0]["points_omitted"], 100);
  EXPECT_EQ(answer["groups"][0]["points"][499][1], 599);
}

TEST_F(TrendTool, DoesNotFitTheHalfDayOfACount) {
  Reply(Json::parse(R"([[10, "2025-11-10"], [10, "2025-11-11"], [10, "2025-11-12"], [3, "2025-11-13"]])"));
  const Json answer = Call(
      *tool_,
      Json::parse(
          R"({"table": "bench_runs", "aggregate": "count", "since": "2025-11-10", "until": "2025-11-13T06:00:00Z"})"));
  EXPECT_EQ(answer["groups"][0]["direction"], "flat");
  EXPECT_EQ(answer["groups"][0]["n"], 3);
  EXPECT_TRUE(answer.contains("note"));
}

TEST_F(TrendTool, NamesTheNewestRowOfAnEmptyWindow) {
  Reply(Json::array());
  Reply(Json::parse(R"([["2024-01-01T00:00:00.000Z"]])"));
  const Json answer = Call(*tool_, arguments_);
  EXPECT_TRUE(answer["groups"].empty());
  EXPECT_EQ(
      summary_,
      "No data in the window. Note: the newest row of chimera_metrics.bench_runs is of 2024-01-01T00:00:00.000Z.");
}

TEST_F(TrendTool, WantsANumber) {
  const Error error = CallBadly(*tool_, Json::parse(R"({"table": "bench_runs", "column": "model"})"));
  EXPECT_TRUE(Contains(error.problems.at(0).hint, "numeric columns: latency_p95_ms, cost_per_1k"))
      << error.problems.at(0).hint;
}

}  // namespace
}  // namespace chimera::tools
