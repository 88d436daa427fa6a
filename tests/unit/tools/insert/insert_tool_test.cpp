#include "tools/insert_tool.h"

#include <gtest/gtest.h>

#include <set>

#include "base/schema_check.h"
#include "sample_declaration.h"
#include "schema/loader.h"
#include "support/fake_client.h"

namespace chimera::tools {
namespace {

using chimera::testing::EventsTool;
using chimera::testing::FakeClient;
using chimera::testing::MakeRows;
using chimera::testing::SampleDataset;
using ::testing::IsSubstring;

Instant At(const std::string& text) {
  return ParseTime(text)->at;
}

constexpr const char* kRunId = "b701af3b-1e66-4a17-8122-59ce95d53e19";

std::string Row(const std::string& ts = "") {
  const std::string time = ts.empty() ? "" : ",\"ts\":\"" + ts + "\"";
  return std::string("{\"run_id\":\"") + kRunId + "\",\"source\":\"council\"" + time + "}";
}

std::string Rows(const std::string& rows, const std::string& more = "") {
  return "{\"rows\":[" + rows + "]" + more + "}";
}

class InsertToolTest : public ::testing::Test {
 protected:
  InsertToolTest() : tool_(CreateInsertTool(client_, SampleDataset(), EventsTool(), [this] { return now_; })) {
    client_.OnWrite([](const clickhouse::Insert&) { return clickhouse::Written{}; });
  }

  Json Call(const std::string& arguments) {
    auto answer = tool_->Run({}, arguments);
    EXPECT_TRUE(answer.ok()) << answer.error().message;
    if (!answer) return {};
    summary_ = answer->summary;
    const Json result = Json::parse(answer->structured_json);
    EXPECT_TRUE(CheckSchema(result, tool_->Definition().output_schema).empty()) << answer->structured_json;
    return result;
  }

  Error Failure(const std::string& arguments) {
    auto answer = tool_->Run({}, arguments);
    EXPECT_FALSE(answer.ok());
    return answer ? Error{} : answer.error();
  }

  // The database finds `rows` of a sample, the newest of them at `latest`.
  void Finds(int rows, const char* engine = "MergeTree", const Json& latest = nullptr) {
    client_.QueueRead(MakeRows({{"n", "UInt64"}, {"t", "DateTime64(3, 'UTC')"}, {"e", "String"}},
                               {{std::to_string(rows), latest, engine}}));
  }

  // What is asked after a repeat (clickhouse/stored_rows.h): the table, then for the rows.
  void HasColumns() {
    client_.QueueRead(MakeRows({{"c", "Array(String)"}, {"y", "Array(String)"}, {"e", "String"}, {"k", "String"}},
                               {{Json::array({"run_id"}), Json::array({"UUID"}), "MergeTree", "ts"}}));
  }
  void Holds(int rows) { client_.QueueRead(MakeRows({{"n", "UInt64"}}, {{std::to_string(rows)}})); }

  Instant now_ = At("2025-01-24T12:00:00.500Z");
  FakeClient client_;
  std::unique_ptr<Tool> tool_;
  std::string summary_;
};

TEST_F(InsertToolTest, RowsWhoseTokenIsKnownButNotTheyAreStoredUnderAnotherOne) {
  client_.QueueWrite(clickhouse::Written{.query_id = "q", .repeated = true});
  for (const int rows : {0, 1}) {
    HasColumns();
    Holds(rows);
  }
  Call(Rows(Row("2025-01-01")));
  const auto inserts = client_.Inserts();
  ASSERT_EQ(inserts.size(), 2u);
  EXPECT_EQ(inserts[0].body, inserts[1].body);
  EXPECT_NE(inserts[0].deduplication_token, inserts[1].deduplication_token);
}

TEST_F(InsertToolTest, ARepeatThatFindsItsRowsIsDone) {
  client_.QueueWrite(clickhouse::Written{.query_id = "q", .repeated = true});
  HasColumns();
  Holds(1);
  Call(Rows(Row("2025-01-01")));
  EXPECT_EQ(client_.Inserts().size(), 1u);
}

TEST_F(InsertToolTest, StoresARow) {
  const Json answer = Call("{\"data\":" + Row() + "}");
  const auto inserts = client_.Inserts();
  ASSERT_EQ(inserts.size(), 1u);
  EXPECT_EQ(inserts[0].database, "metrics");
  EXPECT_EQ(inserts[0].table, "events");
  EXPECT_PRED_FORMAT2(IsSubstring, "\"ts\":1737720000500,", inserts[0].body);
  EXPECT_EQ(inserts[0].columns.size(), 6u);
  EXPECT_EQ(inserts[0].deduplication_token.size(), 64u);
  EXPECT_EQ(answer["table"], "metrics.events");
  EXPECT_EQ(answer["accepted_rows"], 1);
  EXPECT_EQ(answer["partitions"], Json::parse(R"([{"day":"2025-01-24","rows":1}])"));
  EXPECT_EQ(answer["ts_range"]["first"], "2025-01-24T12:00:00.500Z");
  EXPECT_EQ(summary_, "1 row is in metrics.events (2025-01-24), stored once however often this call is repeated.");
  EXPECT_TRUE(client_.Queries().empty());
}

TEST_F(InsertToolTest, WritesOneBlockADayInOrder) {
  const Json answer = Call(Rows(Row("2025-01-03") + "," + Row("2025-01-01") + "," + Row("2025-01-03T01:00:00Z")));
  const auto inserts = client_.Inserts();
  ASSERT_EQ(inserts.size(), 2u);
  EXPECT_PRED_FORMAT2(IsSubstring, "\"ts\":1735689600000,", inserts[0].body);
  EXPECT_NE(inserts[0].deduplication_token, inserts[1].deduplication_token);
  EXPECT_EQ(answer["partitions"], Json::parse(R"([{"day":"2025-01-01","rows":1},{"day":"2025-01-03","rows":2}])"));
  EXPECT_EQ(answer["ts_range"]["last"], "2025-01-03T01:00:00.000Z");
}

TEST_F(InsertToolTest, SumsUpRowsOfTodayWithAndWithoutTime) {
  const Json answer = Call(Rows(Row() + "," + Row("2025-01-24T01:00:00Z")));
  EXPECT_EQ(client_.Inserts().size(), 2u);
  EXPECT_EQ(answer["partitions"], Json::parse(R"([{"day":"2025-01-24","rows":2}])"));
}

TEST_F(InsertToolTest, GivesARepeatTheSameTokens) {
  Call(Rows(Row() + "," + Row("2025-01-01")));
  now_ += std::chrono::hours(5);
  Call(Rows("{\"source\" : \"council\",\"run_id\":\"" + std::string(kRunId) + "\"}," +
            Row("2025-01-01T01:00:00+01:00")));
  const auto inserts = client_.Inserts();
  ASSERT_EQ(inserts.size(), 4u);
  EXPECT_EQ(inserts[0].deduplication_token, inserts[2].deduplication_token);
  EXPECT_EQ(inserts[1].deduplication_token, inserts[3].deduplication_token);
}

TEST_F(InsertToolTest, GivesOtherBatchesOtherTokens) {
  Call(Rows(Row("2025-01-01")));
  Call(Rows(Row("2025-01-01") + "," + Row("2025-01-01")));
  Call(Rows(Row("2025-01-01") + "," + Row("2025-01-02")));
  for (const char* key : {"a", "b"}) {
    Finds(1);
    Call(Rows(Row("2025-01-01"), std::string(",\"idempotency_key\":\"") + key + "\""));
  }
  std::set<std::string> tokens;
  for (const auto& insert : client_.Inserts()) tokens.insert(insert.deduplication_token);
  EXPECT_EQ(tokens.size(), 6u);
}

TEST_F(InsertToolTest, TakesTheTokenFromTheKeyAndLooksForTheRows) {
  Finds(1);
  const Json answer = Call(Rows(Row("2025-01-01"), ",\"idempotency_key\":\"k\""));
  EXPECT_EQ(answer["idempotency_key"], "k");
  const auto queries = client_.Queries();
  ASSERT_EQ(queries.size(), 1u);
  EXPECT_PRED_FORMAT2(
      IsSubstring,
      "FROM `metrics`.`events` WHERE ((`ts` = fromUnixTimestamp64Milli({p0:Int64}) AND `run_id` = ", queries[0].sql);
  EXPECT_EQ(queries[0].parameters[0].value, "1735689600000");
  Finds(1);
  Call(Rows(Row("2025-01-01T05:00:00Z"), ",\"idempotency_key\":\"k\""));
  EXPECT_EQ(client_.Inserts()[0].deduplication_token, client_.Inserts()[1].deduplication_token);
}

// ClickHouse drops a block with a known token whatever its rows are: they would be lost without a word.
TEST_F(InsertToolTest, SaysWhenAKeyWasUsedForOtherRows) {
  Finds(1);
  const Error error =
      Failure(Rows(Row("2025-01-01") + "," + Row("2025-01-01T02:00:00Z"), ",\"idempotency_key\":\"k\""));
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_PRED_FORMAT2(IsSubstring, "\"k\" was used before", error.message);
  EXPECT_PRED_FORMAT2(IsSubstring, "another idempotency_key", error.hint);
}

TEST_F(InsertToolTest, ExpectsMergedRowsToBeFewer) {
  Finds(1, "ReplacingMergeTree");
  Call(Rows(Row("2025-01-01") + "," + Row("2025-01-01T02:00:00Z"), ",\"idempotency_key\":\"k\""));
}

TEST_F(InsertToolTest, LooksForASampleOfLargeBatches) {
  std::string rows = Row("2025-01-01T00:00:00Z");
  for (int i = 1; i < 1000; ++i)
    rows += "," + Row("2025-01-01T00:" + std::to_string(10 + i % 50) + ":" + std::to_string(10 + i / 50));
  Finds(4);
  Call(Rows(rows, ",\"idempotency_key\":\"k\""));
  EXPECT_LE(client_.Queries()[0].parameters.size(), 4u * 6 + 3);
}

TEST_F(InsertToolTest, DoesNotCompareTimesThatItFilledIn) {
  Finds(1);
  Call(Rows(Row(), ",\"idempotency_key\":\"k\""));
  EXPECT_PRED_FORMAT2(IsSubstring, "WHERE ((`run_id` = ", client_.Queries()[0].sql);
  EXPECT_EQ(client_.Queries()[0].parameters.back().value, "events");
}

// Tokens are kept by partition, so a repeat on the next day would be stored again.
TEST_F(InsertToolTest, RecognisesARepeatAcrossMidnight) {
  now_ = At("2025-01-25T00:00:03Z");
  Finds(1, "MergeTree", "2025-01-24T23:59:58.123Z");
  const Json answer = Call(Rows(Row()));
  EXPECT_PRED_FORMAT2(IsSubstring, "\"ts\":1737763198123,", client_.Inserts()[0].body);
  EXPECT_EQ(answer["partitions"][0]["day"], "2025-01-24");
  EXPECT_PRED_FORMAT2(IsSubstring, "first sent, before midnight", answer["notes"][0].get<std::string>());
}

TEST_F(InsertToolTest, UsesItsOwnTimeWhenNothingWasStoredBeforeMidnight) {
  now_ = At("2025-01-25T00:00:03Z");
  Finds(0, "MergeTree", "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(Call(Rows(Row()))["partitions"][0]["day"], "2025-01-25");
}

// Else it could insert at any hour but the first.
TEST_F(InsertToolTest, AnAccountThatMayNotReadInsertsAroundMidnight) {
  now_ = At("2025-01-25T00:00:03Z");
  client_.QueueRead(MakeError(ErrorCode::kAccessDenied, "SELECT is not granted"));
  const Json answer = Call(Rows(Row()));
  EXPECT_EQ(answer["partitions"][0]["day"], "2025-01-25");
  EXPECT_PRED_FORMAT2(IsSubstring, "may not read", answer["notes"].back().get<std::string>());
}

TEST_F(InsertToolTest, LooksBackOnlyNearMidnightAndOnlyForTimesOfItsOwn) {
  now_ = At("2025-01-25T00:00:03Z");
  Call(Rows(Row("2025-01-24")));
  now_ = At("2025-01-25T01:00:00Z");
  Call(Rows(Row()));
  EXPECT_TRUE(client_.Queries().empty());
}

TEST_F(InsertToolTest, StoresNothingInADryRun) {
  const Json answer = Call(Rows(Row() + "," + Row("2025-01-01"), ",\"dry_run\":true,\"idempotency_key\":\"k\""));
  EXPECT_TRUE(client_.Inserts().empty());
  EXPECT_TRUE(client_.Queries().empty());
  EXPECT_EQ(answer["dry_run"], true);
  EXPECT_EQ(answer["accepted_rows"], 2);
  EXPECT_PRED_FORMAT2(IsSubstring, "nothing was stored", summary_);
}

TEST_F(InsertToolTest, StoresNothingOfABadBatch) {
  const Error error = Failure(Rows(Row("2025-01-01") + ",{}"));
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error.problems.size(), 2u);
  EXPECT_TRUE(client_.Inserts().empty());
}

TEST_F(InsertToolTest, SaysWhatWasStoredBeforeAFailure) {
  client_.QueueWrite(clickhouse::Written{});
  client_.QueueWrite(MakeError(ErrorCode::kTimeout, "the deadline passed"));
  const Error error = Failure(Rows(Row("2025-01-01") + "," + Row("2025-01-02") + "," + Row("2025-01-03")));
  EXPECT_EQ(error.code, ErrorCode::kTimeout);
  EXPECT_EQ(error.message, "the deadline passed (of 3 days, 1 had been stored before: 2025-01-01)");
  EXPECT_PRED_FORMAT2(IsSubstring, "Send the same call again", error.hint);
  EXPECT_EQ(client_.Inserts().size(), 2u);
}

TEST_F(InsertToolTest, NamesTheMigrationsWhenTheTableIsMissing) {
  client_.QueueWrite(MakeError(ErrorCode::kUnknownTable, "no table metrics.events"));
  EXPECT_PRED_FORMAT2(IsSubstring, "schema apply", Failure(Rows(Row())).hint);
}

TEST_F(InsertToolTest, NotesWhatItMadeOfTimes) {
  const Json notes = Call(Rows(Row("2025-01-24T10:00:00.123456")))["notes"];
  ASSERT_EQ(notes.size(), 3u);
  EXPECT_EQ(notes[0], "`ts` of 1 row had no zone and was taken as UTC.");
  EXPECT_EQ(notes[1], "`ts` of 1 row had more digits than the column keeps; it is stored with 3 decimals of a second.");
}

TEST_F(InsertToolTest, PublishesItsFields) {
  const mcp::ToolDefinition& definition = tool_->Definition();
  const Json& row = definition.input_schema["properties"]["rows"]["items"];
  EXPECT_EQ(row["required"], Json({"run_id", "source"}));
  EXPECT_EQ(row["additionalProperties"], false);
  EXPECT_EQ(row["properties"]["latency_ms"]["minimum"], 0);
  EXPECT_FALSE(row["properties"]["latency_ms"].contains("maximum"))
      << "the bounds of 32 bits are not worth their tokens";
  EXPECT_EQ(row["properties"]["cost_usd"]["type"], Json({"number", "string"}));
  EXPECT_EQ(row["properties"]["source"]["enum"].size(), 3u);
  EXPECT_PRED_FORMAT2(IsSubstring, "Default: now.", row["properties"]["ts"]["description"].get<std::string>());
  for (const char* keyword : {"oneOf", "anyOf", "allOf"}) EXPECT_FALSE(definition.input_schema.contains(keyword));
  EXPECT_FALSE(definition.annotations.read_only);
  EXPECT_FALSE(definition.annotations.destructive);
  EXPECT_TRUE(definition.annotations.idempotent);
}

TEST(InsertTool, WritesTablesWithoutPartitionsAsOneBlock) {
  FakeClient client("fallback");
  client.OnWrite([](const clickhouse::Insert&) { return clickhouse::Written{}; });
  schema::InsertTool declaration = EventsTool();
  declaration.partition_column.clear();
  const auto tool = CreateInsertTool(client, schema::Dataset{}, declaration, [] { return At("2025-01-25T00:00:03Z"); });
  auto answer = tool->Run({}, Rows(Row() + "," + Row("2025-01-01")));
  ASSERT_TRUE(answer.ok());
  ASSERT_EQ(client.Inserts().size(), 1u);
  EXPECT_EQ(client.Inserts()[0].database, "fallback");
  const Json json = Json::parse(answer->structured_json);
  EXPECT_TRUE(CheckSchema(json, tool->Definition().output_schema).empty());
  EXPECT_EQ(json["ts_range"], nullptr);
  EXPECT_EQ(json["partitions"][0]["day"], nullptr);
}

TEST(InsertTool, ComparesTheRowsOfAKeyWithoutComputedColumns) {
  FakeClient client;
  client.OnWrite([](const clickhouse::Insert&) { return clickhouse::Written{}; });
  client.QueueRead(
      MakeRows({{"n", "UInt64"}, {"t", "DateTime64(3, 'UTC')"}, {"e", "String"}}, {{"1", nullptr, "MergeTree"}}));
  schema::InsertTool declaration = EventsTool();
  declaration.columns[3].fallback.reset();  // latency_ms
  declaration.columns[3].computed = true;
  const auto tool = CreateInsertTool(client, SampleDataset(), declaration);
  ASSERT_TRUE(tool->Run({}, Rows(Row("2025-01-01"), ",\"idempotency_key\":\"k\"")).ok());
  const auto query = client.Queries().at(0);
  EXPECT_EQ(query.sql.find("latency_ms"), std::string::npos) << query.sql;
  EXPECT_PRED_FORMAT2(IsSubstring, "`cost_usd` = {p3:Decimal(12, 6)}", query.sql);
  EXPECT_EQ(query.parameters[2].value, "council");
  EXPECT_EQ(query.parameters[3].value, "0");
  EXPECT_EQ(query.parameters[4].value, "");
}

// The examples are what a model copies, so each must be a row that is accepted.
TEST(InsertTool, TakesTheExamplesOfTheBuiltInDatasets) {
  const auto datasets = schema::BuiltInDatasets(schema::BuiltInNames());
  ASSERT_TRUE(datasets.ok());
  FakeClient client;
  for (const auto& dataset : *datasets) {
    for (const auto& declaration : dataset.inserts) {
      Json row = Json::object();
      for (const auto& column : declaration.columns) row[column.name] = column.example;
      const auto tool = CreateInsertTool(client, dataset, declaration);
      const Json arguments = {{"data", row}, {"dry_run", true}};
      auto answer = tool->Run({}, arguments.dump());
      EXPECT_TRUE(answer.ok()) << declaration.name << ": " << (answer ? "" : answer.error().problems[0].message);
      EXPECT_TRUE(CheckSchema(Json::array({row}), tool->Definition().input_schema["properties"]["rows"]).empty())
          << declaration.name;
    }
  }
}

}  // namespace
}  // namespace chimera::tools
