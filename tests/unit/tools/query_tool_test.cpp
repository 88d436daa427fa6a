#include "tool_fixture.h"
#include "tools/toolset.h"

namespace chimera::tools {
namespace {

class QueryTool : public ToolFixture {
 protected:
  std::unique_ptr<Tool> tool_ = CreateQueryTool(client_, catalog_, {});
};

TEST_F(QueryTool, PassesRowsOnAsTheyCame) {
  Reply(Json::parse(R"([["18446744073709551615", "nan", null]])"),
        {{"n", "UInt64"}, {"f", "Float64"}, {"x", "Nullable(String)"}});
  const Json answer = Call(*tool_, {{"sql", "SELECT n, f, x FROM bench_runs"}});
  EXPECT_EQ(ToText(answer["rows"]), R"([["18446744073709551615","nan",null]])");
  EXPECT_EQ(answer["columns"][0]["type"], "UInt64");
  EXPECT_EQ(answer["truncated"], false);
  EXPECT_EQ(LastQuery().max_rows, 500u);
  EXPECT_EQ(LastQuery().max_bytes, 65536u);
}

TEST_F(QueryTool, TakesTheTrendQueryOfAPipeline) {
  Reply(Json::array());
  Call(*tool_, {{"sql",
                 "\nSELECT \n    toDate(ts) as day,\n    avg(latency_p95_ms) as avg_latency,\n    avg(tokens_per_sec) "
                 "as avg_throughput,\n"
                 "    count(*) as benchmark_count\nFROM bench_runs \nWHERE ts >= now() - INTERVAL 30 DAY\nGROUP BY day "
                 "\nORDER BY day\n"}});
  EXPECT_EQ(QueryCount(), 1u);
}

TEST_F(QueryTool, BindsParametersByTheirPlaceholder) {
  Reply(Json::array());
  Call(*tool_,
       {{"sql", "SELECT 1 WHERE ts >= {since:DateTime} AND model IN {models:Array(String)} AND {since:DateTime} > 0"},
        {"params", {{"since", "2025-01-01"}, {"models", {"a", "b"}}}}});
  ASSERT_EQ(LastQuery().parameters.size(), 2u);
  EXPECT_EQ(LastQuery().parameters[0].value, "1735689600");
  EXPECT_EQ(LastQuery().parameters[1].value, "['a','b']");
}

TEST_F(QueryTool, NamesEveryWrongParameter) {
  const Error error =
      CallBadly(*tool_, {{"sql", "SELECT {a:UInt8}, {b:String}"}, {"params", {{"a", 300}, {"bb", "x"}}}});
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  ASSERT_EQ(error.problems.size(), 3u) << ToText(Problems(error));
  EXPECT_EQ(error.problems[0].path, "params.a");
  EXPECT_TRUE(Contains(error.problems[1].message, "{b:String}"));
  EXPECT_EQ(error.problems[2].path, "params.bb");
  EXPECT_EQ(QueryCount(), 0u);
}

TEST_F(QueryTool, ChecksAValueAgainstEveryTypeOfItsName) {
  EXPECT_EQ(CallBadly(*tool_, {{"sql", "SELECT {a:UInt16}, {a:UInt8}"}, {"params", {{"a", 300}}}}).problems.size(), 1u);
}

TEST_F(QueryTool, RefusesWritesBeforeTheDatabase) {
  EXPECT_EQ(CallBadly(*tool_, {{"sql", "INSERT INTO bench_runs VALUES (1)"}}).code, ErrorCode::kStatementRefused);
  EXPECT_EQ(QueryCount(), 0u);
}

TEST_F(QueryTool, SaysWhatCutTheRows) {
  ReplyTruncated(Json::parse("[[1], [2]]"));
  EXPECT_TRUE(Contains(Call(*tool_, {{"sql", "SELECT 1"}, {"max_rows", 2}})["truncation_note"].get<std::string>(),
                       "max_rows = 2"));
  ReplyTruncated(Json::parse("[[1]]"), true);
  EXPECT_TRUE(Contains(Call(*tool_, {{"sql", "SELECT 1"}})["truncation_note"].get<std::string>(), "max_bytes = 65536"));
  EXPECT_TRUE(Contains(summary_, "1 row"));
}

TEST_F(QueryTool, LimitsTheTime) {
  Reply(Json::array());
  Call(*tool_, {{"sql", "SELECT 1"}, {"timeout_seconds", 2}});
  EXPECT_LE(client_.LastContext().deadline.Remaining(), std::chrono::seconds(2));
}

TEST_F(QueryTool, TellsWhatTheAccountsLimitsDidToTheRows) {
  ReplyWithNotes(Json::array(), {"times in `ts` are in the time zone Asia/Tokyo", "NaN is null"});
  const Json answer = Call(*tool_, {{"sql", "SELECT 1"}});
  EXPECT_EQ(ToText(answer["notes"]), R"(["times in `ts` are in the time zone Asia/Tokyo","NaN is null"])");
  EXPECT_EQ(summary_, "0 rows. Note: times in `ts` are in the time zone Asia/Tokyo; NaN is null.");
  Reply(Json::array());
  EXPECT_FALSE(Call(*tool_, {{"sql", "SELECT 1"}}).contains("notes"));
}

TEST_F(QueryTool, ExplainsUnknownColumns) {
  ReplyError(
      MakeError(ErrorCode::kUnknownColumn, "Unknown expression identifier `latency_p95` in scope SELECT latency_p95"));
  const Error error = CallBadly(*tool_, {{"sql", "SELECT latency_p95 FROM bench_runs"}});
  EXPECT_TRUE(Contains(error.hint, "`latency_p95_ms` (UInt32)")) << error.hint;
}

TEST_F(QueryTool, RefusesLimitsBeyondTheCeiling) {
  const Error error = CallBadly(*tool_, {{"sql", "SELECT 1"}, {"max_rows", 100001}, {"max_bytes", 33554433}});
  EXPECT_EQ(error.problems.size(), 2u);
}

}  // namespace
}  // namespace chimera::tools
