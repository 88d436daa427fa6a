#include "tool_fixture.h"
#include "tools/toolset.h"

namespace chimera::tools {
namespace {

class AggregateTool : public ToolFixture {
 protected:
  std::unique_ptr<Tool> tool_ = CreateAggregateTool(client_, catalog_);
};

TEST_F(AggregateTool, BuildsOneStatementWithBoundValues) {
  Reply(Json::parse(R"([["a", "3", 12.5]])"),
        {{"model", "String"}, {"count", "UInt64"}, {"p95_latency_p95_ms", "Float64"}});
  const Json answer = Call(*tool_, Json::parse(R"({
    "table": "bench_runs", "group_by": ["model"], "metrics": [{"function": "count"}, {"function": "p95", "column": "latency_p95_ms"}],
    "filters": [{"column": "model", "op": "in", "value": ["a", "b' OR 1"]}, {"column": "latency_p95_ms", "op": ">", "value": 5}],
    "since": "2025-11-01"})"));
  EXPECT_EQ(answer["sql"],
            "SELECT t.`model` AS `model`, count() AS `count`, quantileExactInclusive(0.95)(t.`latency_p95_ms`) AS "
            "`p95_latency_p95_ms`\n"
            "FROM `chimera_metrics`.`bench_runs` AS t FINAL\n"
            "WHERE t.`ts` >= {p1:DateTime64(3, 'UTC')}\n"
            "  AND t.`model` IN {p2:Array(String)}\n"
            "  AND t.`latency_p95_ms` > {p3:UInt32}\n"
            "GROUP BY t.`model`\nORDER BY count() DESC, t.`model` ASC\nLIMIT 101");
  EXPECT_EQ(LastQuery().parameters[1].value, R"(['a','b'' OR 1'])");
  EXPECT_EQ(answer["params"]["p1"], "2025-11-01T00:00:00Z");
  EXPECT_EQ(LastQuery().max_rows, 100u);
}

TEST_F(AggregateTool, BucketsTimeInOrder) {
  Reply(Json::array());
  Reply(Json::parse(R"([["2025-11-20T13:00:00.000Z"]])"));
  const Json answer = Call(
      *tool_,
      Json::parse(
          R"({"table": "bench_runs", "metrics": [{"function": "avg", "column": "cost_per_1k"}], "bucket": "week"})"));
  EXPECT_TRUE(Contains(answer["sql"].get<std::string>(), "toMonday(t.`ts`, 'UTC') AS `bucket`"));
  EXPECT_TRUE(Contains(answer["sql"].get<std::string>(), "ORDER BY toMonday(t.`ts`, 'UTC') ASC"));
  EXPECT_EQ(answer["note"], "the newest row of chimera_metrics.bench_runs is of 2025-11-20T13:00:00.000Z");
}

TEST_F(AggregateTool, BindsBothEndsOfBetweenInOrder) {
  Reply(Json::array());
  Call(*tool_, Json::parse(R"({"table": "bench_runs", "group_by": ["model"], "metrics": [{"function": "count"}],
    "filters": [{"column": "latency_p95_ms", "op": "between", "value": [5, 9]}]})"));
  EXPECT_TRUE(Contains(LastQuery().sql, "BETWEEN {p1:UInt32} AND {p2:UInt32}"));
  EXPECT_EQ(LastQuery().parameters[1].value, "9");
}

TEST_F(AggregateTool, GivesNullInsteadOfZeroForNoRows) {
  Reply(Json::parse(R"([[null, "0"]])"));
  Call(
      *tool_,
      Json::parse(
          R"({"table": "visits", "metrics": [{"function": "max", "column": "id"}, {"function": "uniq", "column": "id"}]})"));
  EXPECT_TRUE(Contains(LastQuery().sql, "maxOrNull(t.`id`)"));
  EXPECT_TRUE(Contains(LastQuery().sql, "uniqExact(t.`id`)"));
  EXPECT_FALSE(Contains(LastQuery().sql, "FINAL"));
}

TEST_F(AggregateTool, DoesNotWrapAroundIn64Bits) {
  Reply(Json::parse(R"([["1", 1.5]])"));
  Call(*tool_, Json::parse(R"({"table": "visits", "group_by": ["id"], "metrics": [{"function": "sum", "column": "id"},
    {"function": "avg", "column": "id"}]})"));
  EXPECT_TRUE(Contains(LastQuery().sql, "sum(toInt256(t.`id`))")) << LastQuery().sql;
  EXPECT_TRUE(Contains(LastQuery().sql, "avg(toFloat64(t.`id`))"));
}

TEST_F(AggregateTool, ReadsNoSystemTableThatTellsOfOthers) {
  const Error error =
      CallBadly(*tool_, Json::parse(R"({"table": "system.processes", "metrics": [{"function": "count"}]})"));
  EXPECT_EQ(error.code, ErrorCode::kStatementRefused);
}

TEST_F(AggregateTool, ApproximatesOnlyOnRequest) {
  Reply(Json::array());
  Call(*tool_, Json::parse(R"({"table": "bench_runs", "approximate": true, "group_by": ["model"],
    "metrics": [{"function": "uniq", "column": "run_id"}, {"function": "quantile", "column": "cost_per_1k", "level": 0.75}]})"));
  EXPECT_TRUE(Contains(LastQuery().sql, "uniq(t.`run_id`)"));
  EXPECT_TRUE(
      Contains(LastQuery().sql, "quantileTDigest(0.75)(toFloat64(t.`cost_per_1k`)) AS `quantile0.75_cost_per_1k`"));
}

TEST_F(AggregateTool, TellsEveryProblemAtOnce) {
  const Error error = CallBadly(
      *tool_, Json::parse(R"({"table": "bench_runs", "group_by": ["modle"], "bucket": "hour", "time_column": "model",
    "metrics": [{"function": "avg", "column": "model"}, {"function": "quantile", "column": "latency_p95_ms"}, {"function": "sum"}],
    "filters": [{"column": "latency_p95_ms", "op": "=", "value": -1}, {"column": "run_id", "op": "in", "value": "x"},
                {"column": "note", "op": "="}, {"column": "tags", "op": "=", "value": "a"}],
    "order_by": [{"by": "cuont"}], "since": "yesterday"})"));
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(Paths(error),
            (std::vector<std::string>{"filters[0].value", "filters[1].value", "filters[2].value", "filters[3].column",
                                      "group_by[0]", "metrics[0].column", "metrics[1].level", "metrics[2].column",
                                      "order_by[0].by", "since", "time_column"}));
  EXPECT_EQ(QueryCount(), 0u);
}

TEST_F(AggregateTool, NamesTheNearestFunction) {
  const Error error =
      CallBadly(*tool_, Json::parse(R"({"table": "bench_runs", "metrics": [{"function": "average"}]})"));
  EXPECT_TRUE(Contains(error.problems.at(0).message, "count, sum, avg")) << error.problems.at(0).message;
}

TEST_F(AggregateTool, HasItsOwnCodeForColumns) {
  const Error error = CallBadly(
      *tool_, Json::parse(R"({"table": "bench_runs", "group_by": ["modle"], "metrics": [{"function": "count"}]})"));
  EXPECT_EQ(error.code, ErrorCode::kUnknownColumn);
  EXPECT_TRUE(Contains(error.problems.at(0).hint, "`model`"));
}

TEST_F(AggregateTool, AsksWhichTimeIsMeant) {
  const Error error =
      CallBadly(*tool_, Json::parse(R"({"table": "visits", "metrics": [{"function": "count"}], "bucket": "day"})"));
  EXPECT_EQ(error.problems.at(0).path, "time_column");
  EXPECT_TRUE(Contains(error.problems.at(0).hint, "`opened`, `closed`"));
}

TEST_F(AggregateTool, DoesNotCutDatesIntoHours) {
  const Error error =
      CallBadly(*tool_, Json::parse(R"({"table": "daily", "metrics": [{"function": "count"}], "bucket": "hour"})"));
  EXPECT_EQ(error.problems.at(0).path, "bucket");
  Reply(Json::array({Json::array({"2025-11-20", "1"})}));
  Call(
      *tool_,
      Json::parse(
          R"({"table": "daily", "metrics": [{"function": "count"}], "bucket": "day", "until": "2025-11-20T12:00:00Z"})"));
  EXPECT_TRUE(Contains(LastQuery().sql, "t.`day` <= {p1:Date32}")) << LastQuery().sql;
}

TEST_F(AggregateTool, RefusesTwoColumnsOfOneName) {
  const Error error = CallBadly(
      *tool_, Json::parse(R"({"table": "bench_runs", "metrics": [{"function": "count"}, {"function": "count"}]})"));
  EXPECT_EQ(error.problems.at(0).path, "metrics[1].as");
}

TEST_F(AggregateTool, SaysThatThereAreMore) {
  ReplyTruncated(Json::parse(R"([["a", "3"]])"));
  const Json answer = Call(
      *tool_,
      Json::parse(R"({"table": "bench_runs", "group_by": ["model"], "metrics": [{"function": "count"}], "limit": 1})"));
  EXPECT_EQ(answer["truncated"], true);
  EXPECT_TRUE(Contains(summary_, "limit 1"));
  EXPECT_TRUE(Contains(LastQuery().sql, "LIMIT 2"));
}

TEST_F(AggregateTool, QuotesHostileNames) {
  const Error error =
      CallBadly(*tool_, Json::parse(R"({"table": "bench_runs`; DROP TABLE x", "metrics": [{"function": "count"}]})"));
  EXPECT_EQ(error.code, ErrorCode::kUnknownTable);
  Reply(Json::array());
  Call(
      *tool_,
      Json::parse(
          R"({"table": "bench_runs", "group_by": ["model"], "metrics": [{"function": "count", "as": "x`, (SELECT 1) AS `y"}]})"));
  EXPECT_TRUE(Contains(LastQuery().sql, R"(count() AS `x\`, (SELECT 1) AS \`y`)")) << LastQuery().sql;
}

}  // namespace
}  // namespace chimera::tools
