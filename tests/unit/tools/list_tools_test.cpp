#include "tool_fixture.h"
#include "tools/toolset.h"

namespace chimera::tools {
namespace {

using ListTools = ToolFixture;

TEST_F(ListTools, DatabasesHideTheSystemByDefault) {
  const auto tool = CreateListDatabasesTool(client_);
  Reply(Json::parse(R"([["chimera_metrics", "Atomic", 7, 1400, 90000, ""]])"), {{"name", "String"}});
  EXPECT_EQ(Call(*tool, Json::object())["row_count"], 1);
  EXPECT_EQ(LastQuery().parameters[0].value, "false");
  EXPECT_EQ(summary_, "1 database; the default is chimera_metrics.");
}

TEST_F(ListTools, TablesComeInPages) {
  const auto tool = CreateListTablesTool(client_, catalog_);
  ReplyTruncated(Json::parse(
      R"([["bench_runs", "ReplacingMergeTree", 31, 4000, "model", "runs"], ["visits", "MergeTree", null, null, "id", ""]])"));
  const Json answer = Call(*tool, {{"like", "i"}, {"cursor", "a"}});
  EXPECT_EQ(answer["next_cursor"], "visits");
  EXPECT_EQ(answer["notes"].size(), 1u);
  EXPECT_TRUE(Contains(answer["notes"][0].get<std::string>(), "bench_runs (ReplacingMergeTree)"));
  EXPECT_EQ(LastQuery().parameters[1].value, "%i%");
  EXPECT_EQ(LastQuery().parameters[2].value, "a");
  EXPECT_EQ(QueryCount(), 1u);
}

TEST_F(ListTools, TablesOfAnEmptyOrUnknownDatabase) {
  const auto tool = CreateListTablesTool(client_, catalog_);
  Reply(Json::array());
  Reply(Json::parse(R"([["empty"]])"));
  EXPECT_EQ(Call(*tool, {{"database", "empty"}})["row_count"], 0);
  Reply(Json::array());
  Reply(Json::array());
  Reply(Json::parse(R"([["chimera_metrics"]])"));
  const Error error = CallBadly(*tool, {{"database", "chimera_metric"}});
  EXPECT_EQ(error.code, ErrorCode::kUnknownDatabase);
  EXPECT_TRUE(Contains(error.hint, "chimera_metrics"));
}

TEST_F(ListTools, DescribesATable) {
  const auto tool = CreateDescribeTableTool(client_, catalog_);
  Reply(Json::parse(
      R"json([["bench_runs", "ReplacingMergeTree", "model", "toDate(ts)", "model", 31, 4000, "runs", "", "ts", "DateTime64(3, 'UTC')", "", "when"],
                        ["bench_runs", "ReplacingMergeTree", "model", "toDate(ts)", "model", 31, 4000, "runs", "", "version", "UInt8", "DEFAULT 1", ""]])json"));
  const Json answer = Call(*tool, {{"table", "bench_runs"}});
  EXPECT_EQ(
      ToText(answer["columns"]),
      R"json([{"name":"ts","type":"DateTime64(3, 'UTC')","comment":"when"},{"name":"version","type":"UInt8","default":"DEFAULT 1"}])json");
  EXPECT_EQ(QueryCount(), 1u);
}

TEST_F(ListTools, DescribeNamesTheNearestTable) {
  const auto tool = CreateDescribeTableTool(client_, catalog_);
  Reply(Json::array());
  const Error error = CallBadly(*tool, {{"table", "bench_run"}});
  EXPECT_EQ(error.code, ErrorCode::kUnknownTable);
  EXPECT_TRUE(Contains(error.hint, "bench_runs"));
}

TEST_F(ListTools, TellWhatTheAccountsLimitsDidToTheRows) {
  ReplyWithNotes(Json::parse(R"([["t", "ReplacingMergeTree", 1, 2, "", ""]])"), {"cut short"});
  const Json notes = Call(*CreateListTablesTool(client_, catalog_), Json::object())["notes"];
  ASSERT_EQ(notes.size(), 2u) << ToText(notes);
  EXPECT_EQ(notes[0], "cut short");
  ReplyWithNotes(Json::parse(R"([["db", "Atomic", 1, 2, 3, ""]])"), {"cut short"});
  EXPECT_EQ(ToText(Call(*CreateListDatabasesTool(client_), Json::object())["notes"]), R"(["cut short"])");
}

}  // namespace
}  // namespace chimera::tools
