// The tools over a buffer and a database that say what the test wants.
#include "timestore/tools.h"

#include <gtest/gtest.h>

#include "base/schema_check.h"
#include "support/fake_client.h"
#include "tests/unit/timestore/fake_buffer.h"

namespace chimera::timestore {
namespace {

using testing::FakeClient;
using testing::MakeRows;

schema::Dataset Office() {
  schema::Dataset office;
  office.name = office.database = "office";
  schema::InsertTool insert;
  insert.name = "insert.readings";
  insert.table = "readings";
  schema::InsertColumn ts;
  ts.name = "ts";
  ts.type = "DateTime64(3)";
  ts.fallback = "now";
  insert.columns = {ts};
  insert.partition_column = "ts";
  office.inserts = {insert};
  office.tables = {{.name = "readings", .time = "ts", .late_after = {}, .unique = {}, .retention = {}}};
  return office;
}

class TimestoreTools : public ::testing::Test {
 protected:
  TimestoreTools() {
    client_.OnRead([this](const clickhouse::Query& query) -> Result<clickhouse::Rows> {
      queries_.push_back(query);
      return MakeRows({}, Json::array());
    });
    Make();
  }
  void Make() {
    tools_.clear();
    for (auto& tool : CreateTools({.client = client_,
                      .reader = client_,
                      .catalog = catalog_,
                      .buffer = buffer_,
                      .datasets = datasets_,
                      .why_off = why_off_,
                      .limits = limits_})) {
      tools_[tool->Definition().name] = std::move(tool);
    }
  }
  Json Call(const std::string& tool, const Json& arguments) {
    auto answer = tools_.at(tool)->Run(context_, ToText(arguments));
    if (!answer) {
      ADD_FAILURE() << answer.error().message;
      return Json::object();
    }
    summary_ = answer->summary;
    return *ParseJson(answer->structured_json);
  }
  Error CallBadly(const std::string& tool, const Json& arguments) {
    auto answer = tools_.at(tool)->Run(context_, ToText(arguments));
    if (!answer) return answer.error();
    ADD_FAILURE() << "expected an error, got " << answer->structured_json;
    return {};
  }
  Json Rows(const Json& rows) const { return {{"dataset", "sensors"}, {"table", "climate"}, {"rows", rows}}; }
  Json Write(const Json& row) { return Call("timestore.write", Rows(Json::array({row}))); }
  Json Read(Json arguments = Json::object()) {
    arguments.update({{"dataset", "sensors"}, {"table", "climate"}});
    return Call("timestore.read", arguments);
  }

  RequestContext context_ = RequestContext::For("test", std::chrono::seconds(5), {});
  FakeClient client_;
  tools::Catalog catalog_{client_};
  FakeBuffer buffer_;
  std::vector<schema::Dataset> datasets_ = {Office()};
  std::function<std::string(const mcp::ToolDefinition&)> why_off_;
  TailLimits limits_;
  std::map<std::string, std::unique_ptr<tools::Tool>> tools_;
  std::vector<clickhouse::Query> queries_;
  std::string summary_;
};

TEST_F(TimestoreTools, RowsBecomeOneWriteByDay) {
  const Json answer =
      Call("timestore.write", Rows({{{"timestamp", "2026-01-02T00:00:00Z"}, {"n", 1}, {"o", {{"a", 1}}}},
                                    {{"timestamp", "2026-01-01T00:00:00Z"}, {"f", 2.0}, {"s", "x"}},
                                    {{"timestamp", "2026-01-02T00:00:00Z"}, {"f", 1e2}}}));
  EXPECT_EQ(answer["accepted_rows"], 3);
  EXPECT_EQ(answer["stored_in"], "timestore.sensors__climate");
  EXPECT_EQ(answer["days"], Json::parse(R"([{"day": "2026-01-01", "rows": 1}, {"day": "2026-01-02", "rows": 2}])"));
  EXPECT_EQ(answer["repeated"], false);
  ASSERT_EQ(buffer_.writes.size(), 1u);
  const ingest::Write& write = buffer_.writes[0];
  EXPECT_EQ(write.to, DestinationOf({"sensors", "climate"}));
  ASSERT_EQ(write.slices.size(), 2u);
  EXPECT_EQ(
      write.slices[0].body,
      R"({"timestamp":1767225600000,"partition_key":"","dataset_slug":"sensors","table_name":"climate","f":2.0,"s":"x"})"
      "\n");
  EXPECT_NE(write.slices[1].body.find(R"("n":1,"o":"{\"a\":1}"})"), std::string::npos) << write.slices[1].body;
  EXPECT_NE(write.slices[1].body.find(R"("f":100.0})"), std::string::npos) << "a fraction stays one";
}

TEST_F(TimestoreTools, AWriteIsNamedByItsKeyOrItsRows) {
  Json call = Rows({{{"n", 1}}});
  Call("timestore.write", call);
  Call("timestore.write", call);
  call["partition_key"] = "k";
  Call("timestore.write", call);
  call["idempotency_key"] = "abc";
  Call("timestore.write", call);
  call["rows"][0]["n"] = 2;
  Call("timestore.write", call);
  const auto& writes = buffer_.writes;
  EXPECT_EQ(writes[0].identity, writes[1].identity) << "though each has its own now";
  EXPECT_NE(writes[0].identity, writes[2].identity);
  EXPECT_EQ(writes[3].identity, writes[4].identity);
  EXPECT_NE(writes[3].content, writes[4].content) << "so that the buffer sees the conflict";
}

TEST_F(TimestoreTools, RefusesWhatAColumnWouldNotHold) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {R"({"1n": 1})", "rows[0].1n"},
      {R"({"a b": 1})", "rows[0].a b"},
      {R"({"ingest_position": "2026-01-01T00:00:00Z"})", "rows[0].ingest_position"},
      {R"({"dataset_slug": "other"})", "rows[0].dataset_slug"},
      {R"({"timestamp": 5})", "rows[0].timestamp"},
      {R"({"n": 18446744073709551616})", "rows[0].n"},
      {R"({"n": 1e999})", "rows[0].n"},
      {R"({"n": 1, "n": 2})", "rows[0].n"},
      {R"({"s": ")" + std::string((1 << 20) + 1, 'x') + R"("})", "rows[0].s"},
      {R"([1])", "rows[0]"}};
  for (const auto& [row, path] : bad) {
    auto answer =
        tools_.at("timestore.write")->Run(context_, R"({"dataset":"sensors","table":"climate","rows":[)" + row + "]}");
    ASSERT_FALSE(answer.ok()) << row.substr(0, 60);
    ASSERT_FALSE(answer.error().problems.empty()) << answer.error().message;
    EXPECT_EQ(answer.error().problems.at(0).path, path);
  }
  EXPECT_TRUE(buffer_.writes.empty());
}

TEST_F(TimestoreTools, RefusesOtherArgumentsByName) {
  EXPECT_EQ(
      CallBadly("timestore.write", {{"dataset", "Sensors"}, {"table", "a__b"}, {"rows", {{{"n", 1}}}}}).problems.size(),
      2u);
  EXPECT_EQ(CallBadly("timestore.write", {{"rows", {{{"n", 1}}}}}).problems.size(), 2u) << "both names are missing";
  EXPECT_EQ(CallBadly("timestore.write", {{"dataset", "a"}, {"table", "b"}, {"rows", {{{"n", 1}}}}, {"mode", "sync"}})
                .problems.at(0)
                .path,
            "mode");
  EXPECT_EQ(CallBadly("timestore.write", {{"dataset", "webhook_delivery"}, {"table", "b"}, {"rows", {{{"n", 1}}}}})
                .problems.at(0)
                .path,
            "dataset");
  EXPECT_FALSE(tools_.at("timestore.write")->Run(context_, "[1]").ok());
}

TEST_F(TimestoreTools, ADryRunStoresNothing) {
  Json call = Rows({{{"n", 1}}});
  call["dry_run"] = true;
  EXPECT_FALSE(Call("timestore.write", call).contains("position"));
  EXPECT_TRUE(buffer_.writes.empty());
}

TEST_F(TimestoreTools, DeclaredTablesAreWrittenByTheirOwnRules) {
  EXPECT_EQ(Call("timestore.write",
                 {{"dataset", "office"}, {"table", "readings"}, {"rows", Json::array({Json::object()})}})["stored_in"],
            "office.readings");
  EXPECT_EQ(buffer_.writes[0].to, (ingest::Destination{"office", "office", "readings"}));
  EXPECT_EQ(
      CallBadly("timestore.write", {{"dataset", "office"}, {"table", "rooms"}, {"rows", Json::array({Json::object()})}})
          .code,
      ErrorCode::kUnknownTable);
  why_off_ = [](const mcp::ToolDefinition& tool) { return tool.name == "insert.readings" ? "nobody may" : ""; };
  Make();
  EXPECT_EQ(CallBadly("timestore.write",
                      {{"dataset", "office"}, {"table", "readings"}, {"rows", Json::array({Json::object()})}})
                .message,
            "nobody may");
}

TEST_F(TimestoreTools, AccountsOfTheirOwnNeitherWriteNorSeeTheBuffer) {
  Write({{"n", 1}});
  auto principal = std::make_shared<Principal>();
  principal->database_account = std::make_shared<const DatabaseAccount>();
  context_.principal = principal;
  EXPECT_EQ(CallBadly("timestore.write", Rows({{{"n", 1}}})).code, ErrorCode::kAccessDenied);
  EXPECT_EQ(CallBadly("timestore.read", {{"dataset", "sensors"}, {"table", "climate"}}).code, ErrorCode::kUnknownTable);
  EXPECT_EQ(buffer_.looks, 0);
}

TEST_F(TimestoreTools, ATableThatIsNotInTheDatabaseYetIsItsTail) {
  Write({{"timestamp", "2026-01-02T00:00:00Z"}, {"n", 2}});
  Write({{"timestamp", "2026-01-01T00:00:00Z"}, {"n", 1}});
  const Json answer = Read();
  EXPECT_EQ(answer["rows"],
            Json::parse(R"([["2026-01-01T00:00:00.000Z", "", "1"], ["2026-01-02T00:00:00.000Z", "", "2"]])"));
  EXPECT_EQ(answer["from_buffer"], 2);
  EXPECT_EQ(answer["freshness"]["mode"], "database+buffer");
  EXPECT_EQ(answer["freshness"]["age_ms"], 0);
  EXPECT_EQ(answer["freshness"]["watermark"], "2026-11-21T18:30:00.000002Z");
  EXPECT_TRUE(buffer_.flushed_until.empty()) << "nobody waits";
  const Error unknown = CallBadly("timestore.read", {{"dataset", "sensors"}, {"table", "nothing"}});
  EXPECT_EQ(unknown.code, ErrorCode::kUnknownTable);
}

TEST_F(TimestoreTools, ListsAllThatIsWrongWithARead) {
  Write({{"n", 2}});
  const Error error = CallBadly("timestore.read", {{"dataset", "sensors"},
                                                   {"table", "climate"},
                                                   {"columns", {"m"}},
                                                   {"filters", {{{"column", "n"}, {"op", "="}, {"value", "x"}}}}});
  EXPECT_EQ(error.problems.size(), 2u);
  EXPECT_EQ(CallBadly("timestore.read", {{"dataset", "sensors"}, {"table", "climate"}, {"min_watermark", "now"}})
                .problems.at(0)
                .path,
            "min_watermark");
}

TEST_F(TimestoreTools, MoreThanCanBeMergedIsSaid) {
  limits_.rows = 1;
  Make();
  Write({{"n", 1}});
  Write({{"n", 2}});
  EXPECT_EQ(CallBadly("timestore.read", {{"dataset", "sensors"}, {"table", "climate"}}).code, ErrorCode::kUnknownTable);
  EXPECT_TRUE(buffer_.flushed_until.empty());
  CallBadly("timestore.read", {{"dataset", "sensors"}, {"table", "climate"}, {"require_fresh", true}});
  EXPECT_EQ(buffer_.flushed_until, (std::vector<ingest::Position>{buffer_.backlogs[0].newest}))
      << "what is asked for is stored";
}

TEST_F(TimestoreTools, StrictReadsAreRefusedWhenTheyWouldBeStale) {
  limits_.rows = 0;
  Make();
  Write({{"n", 1}});
  buffer_.flush_error = MakeError(ErrorCode::kTimeout, "slow");
  const Json call = {{"dataset", "sensors"}, {"table", "climate"}, {"require_fresh", true}, {"strict", true}};
  const Error late = CallBadly("timestore.read", call);
  EXPECT_EQ(late.code, ErrorCode::kTimeout);
  EXPECT_TRUE(late.retry_after);
  buffer_.flush_error = MakeError(ErrorCode::kDatabaseError, "disk full");
  EXPECT_EQ(CallBadly("timestore.read", call).code, ErrorCode::kUnavailable);
}

TEST_F(TimestoreTools, AWatermarkThatNoWriteHadIsNotWaitedFor) {
  Write({{"n", 1}});
  EXPECT_NE(Read({{"min_watermark", "2100-01-01T00:00:00Z"}})["freshness"]["note"].get<std::string>().find(
                "later than all writes"),
            std::string::npos);
  const Error refused = CallBadly(
      "timestore.read",
      {{"dataset", "sensors"}, {"table", "climate"}, {"min_watermark", "2100-01-01T00:00:00Z"}, {"strict", true}});
  EXPECT_EQ(refused.code, ErrorCode::kConflict);
}

TEST_F(TimestoreTools, AWatermarkOfAnotherTableIsOneOfTheBuffer) {
  Write({{"n", 1}});
  Call("timestore.write", {{"dataset", "sensors"}, {"table", "other"}, {"rows", Json::array({{{"n", 1}}})}});
  const Json call = {{"min_watermark", "2026-11-21T18:30:00.000002Z"}, {"strict", true}};
  EXPECT_EQ(Read(call)["freshness"].value("note", ""), "");
  Json alone = {{"dataset", "sensors"}, {"table", "climate"}, {"strict", true}};
  EXPECT_EQ(CallBadly("timestore.read", alone).problems.at(0).path, "strict");
}

TEST_F(TimestoreTools, TheStatusSaysWhatWaitsThoughTheDatabaseIsAway) {
  Write({{"n", 1}});
  buffer_.troubles[DestinationOf({"sensors", "climate"})] = MakeError(ErrorCode::kUnavailable, "nobody answers");
  client_.OnRead(
      [](const clickhouse::Query&) -> Result<clickhouse::Rows> { return MakeError(ErrorCode::kUnavailable, "away"); });
  const Json status = Call("get.ingest_status", Json::object());
  ASSERT_EQ(status["rows"].size(), 1u);
  EXPECT_EQ(status["rows"][0][0], "sensors");
  EXPECT_EQ(status["rows"][0][1], "climate");
  EXPECT_EQ(status["rows"][0][2], 1);
  EXPECT_EQ(status["rows"][0][10], "nobody answers");
  EXPECT_EQ(status["notes"].size(), 1u);
}

TEST_F(TimestoreTools, AreThereWhereThereIsABuffer) {
  tools::ToolsetOptions options;
  options.more = AddTools(std::chrono::milliseconds(1));
  EXPECT_FALSE(tools::CreateToolset(client_, datasets_, options)->Has("timestore.write"));
  options.buffer = &buffer_;
  const auto tools = tools::CreateToolset(client_, datasets_, options);
  for (const char* name : {"timestore.write", "timestore.read", "timestore.datasets", "get.ingest_status"}) {
    EXPECT_TRUE(tools->Has(name)) << name;
  }
}

}  // namespace
}  // namespace chimera::timestore
