#include "tools/insert_batch.h"

#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "sample_declaration.h"

namespace chimera::tools {
namespace {

using ::chimera::testing::Column;
using ::chimera::testing::EventsTool;
using ::testing::IsSubstring;

const InsertRules& Rules() {
  static const InsertRules rules = *MakeInsertRules(EventsTool());
  return rules;
}

constexpr const char* kRunId = "b701af3b-1e66-4a17-8122-59ce95d53e19";

// A valid row; `more` are further fields, each with a comma before it.
std::string Row(const std::string& more = "") {
  return std::string("{\"run_id\":\"") + kRunId + "\",\"source\":\"council\"" + more + "}";
}

std::string Rows(const std::string& rows) {
  return "{\"rows\":[" + rows + "]}";
}

std::vector<Problem> Problems(const std::string& arguments) {
  auto batch = ReadBatch(Rules(), arguments);
  EXPECT_FALSE(batch.ok()) << arguments;
  return batch.ok() ? std::vector<Problem>() : batch.error().problems;
}

Problem OnlyProblem(const std::string& arguments) {
  const auto problems = Problems(arguments);
  EXPECT_EQ(problems.size(), 1u) << arguments;
  return problems.empty() ? Problem{} : problems[0];
}

std::vector<Json> Lines(const std::string& body) {
  std::vector<Json> lines;
  std::istringstream in(body);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  return lines;
}

TEST(InsertBatch, WritesAllColumnsInTheirOrder) {
  auto batch =
      ReadBatch(Rules(),
                "{\"data\":{\"source\":\"council\",\"cost_usd\":\"0.50\",\"ts\":\"2025-01-01T00:00:00Z\",\"run_id\":"
                "\"B701AF3B-1e66-4a17-8122-59ce95d53e19\"}}");
  ASSERT_TRUE(batch.ok());
  ASSERT_EQ(batch->groups.size(), 1u);
  EXPECT_EQ(batch->groups[0].body,
            "{\"ts\":1735689600000,\"run_id\":\"b701af3b-1e66-4a17-8122-59ce95d53e19\",\"source\":\"council\","
            "\"latency_ms\":0,"
            "\"cost_usd\":0.5,\"error_msg\":\"\"}\n");
}

TEST(InsertBatch, LeavesComputedColumnsToTheTableUnlessTheyAreGiven) {
  schema::InsertTool declaration = EventsTool();
  for (schema::InsertColumn& column : declaration.columns) {
    if (column.name != "latency_ms" && column.name != "error_msg") continue;
    column.fallback.reset();
    column.computed = true;
  }
  const InsertRules rules = *MakeInsertRules(declaration);
  const auto batch = ReadBatch(rules, Rows(Row(",\"ts\":\"2025-01-01\"") + "," +
                                           Row(",\"latency_ms\":5,\"ts\":\"2025-01-01\",\"error_msg\":\"x\"")));
  ASSERT_TRUE(batch.ok()) << batch.error().message;
  const auto lines = Lines(batch->groups[0].body);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_FALSE(lines[0].contains("latency_ms") || lines[0].contains("error_msg"));
  EXPECT_EQ(lines[0].size(), 4u);
  EXPECT_EQ(lines[1]["latency_ms"], 5);
  EXPECT_EQ(lines[1].size(), 6u);
}

TEST(InsertBatch, GivesEqualRowsEqualBodies) {
  const auto body = [](const std::string& row) { return ReadBatch(Rules(), Rows(row))->groups[0].body; };
  EXPECT_EQ(body(Row(",\"ts\":\"2025-01-01T02:00:00+02:00\",\"latency_ms\":5")),
            body("{\"latency_ms\" : 5.0, \"source\":\"coun\\u0063il\",\"ts\":\"2025-01-01 00:00:00\",\"run_id\":\"" +
                 std::string(kRunId) + "\"}"));
  EXPECT_EQ(body(Row()), body(Row(",\"ts\":\"now\"")));
}

TEST(InsertBatch, SplitsByUtcDay) {
  auto batch = ReadBatch(
      Rules(), Rows(Row(",\"ts\":\"2025-01-02T00:00:00Z\"") + "," + Row() + "," +
                    Row(",\"ts\":\"2025-01-02T01:00:00+02:00\"") + "," + Row(",\"ts\":\"2025-01-02T23:59:59.999Z\"")));
  ASSERT_TRUE(batch.ok());
  ASSERT_EQ(batch->groups.size(), 3u);
  EXPECT_EQ(batch->groups[0].day, 20089);  // 2025-01-01
  EXPECT_EQ(batch->groups[1].day, 20090);
  EXPECT_EQ(batch->groups[1].rows, 2u);
  EXPECT_EQ(batch->groups[2].day, std::nullopt);
  EXPECT_EQ(batch->rows, 4u);
}

TEST(InsertBatch, FillsInNow) {
  auto batch = ReadBatch(Rules(), Rows(Row() + "," + Row()));
  ASSERT_TRUE(batch.ok());
  RowGroup& group = batch->groups[0];
  ASSERT_EQ(group.now_slots.size(), 2u);
  FillNow(Rules(), Instant(std::chrono::milliseconds(1735689600123)), group);
  for (const Json& row : Lines(group.body)) EXPECT_EQ(row["ts"], 1735689600123);
}

TEST(InsertBatch, ReportsEveryProblemWithItsPath) {
  const auto problems =
      Problems(Rows(Row(",\"latency_ms\":-1") + "," + Row() + ",{\"source\":\"x\",\"letency_ms\":1}"));
  ASSERT_EQ(problems.size(), 4u);
  EXPECT_EQ(problems[0].path, "rows[0].latency_ms");
  EXPECT_EQ(problems[0].value, "-1");
  EXPECT_EQ(problems[1].path, "rows[2].source");
  EXPECT_EQ(problems[1].value, "\"x\"");
  EXPECT_EQ(problems[2].path, "rows[2].letency_ms");
  EXPECT_EQ(problems[2].hint, "did you mean `latency_ms`?");
  EXPECT_EQ(problems[3].path, "rows[2].run_id");
  EXPECT_EQ(problems[3].message, "is required");
  EXPECT_PRED_FORMAT2(IsSubstring, kRunId, problems[3].hint);
  EXPECT_EQ(OnlyProblem("{\"data\":" + Row(",\"latency_ms\":1.5") + "}").path, "data.latency_ms");
}

TEST(InsertBatch, ListsFiftyProblemsAndCountsTheRest) {
  std::string rows;
  for (int i = 0; i < 73; ++i) rows += (i ? "," : "") + Row(i % 2 ? ",\"latency_ms\":-1" : ",\"nope\":1");
  auto batch = ReadBatch(Rules(), Rows(rows));
  ASSERT_FALSE(batch.ok());
  EXPECT_EQ(batch.error().problems.size(), 50u);
  EXPECT_PRED_FORMAT2(IsSubstring, "73 problems", batch.error().message);
  EXPECT_EQ(batch.error().code, ErrorCode::kInvalidArgument);
}

TEST(InsertBatch, ShortensLongValues) {
  const Problem problem = OnlyProblem(Rows(Row(",\"latency_ms\":\"" + std::string(199, 'x') + "üüü\"")));
  EXPECT_EQ(problem.value, "\"" + std::string(199, 'x') + "…");
}

TEST(InsertBatch, RefusesFieldsGivenTwice) {
  EXPECT_PRED_FORMAT2(IsSubstring, "twice", OnlyProblem(Rows(Row(",\"source\":\"council\""))).message);
  EXPECT_PRED_FORMAT2(IsSubstring, "twice", OnlyProblem("{\"rows\":[" + Row() + "],\"rows\":[" + Row() + "]}").message);
}

TEST(InsertBatch, TakesRowsOrDataNotBoth) {
  EXPECT_EQ(OnlyProblem("{\"rows\":[" + Row() + "],\"data\":" + Row() + "}").path, "data");
  EXPECT_EQ(OnlyProblem("{}").path, "rows");
  EXPECT_EQ(OnlyProblem("{\"rows\":[]}").message, "has no rows");
}

TEST(InsertBatch, ExplainsMisplacedRows) {
  EXPECT_EQ(OnlyProblem("{\"rows\":" + Row() + "}").hint, "send one row as `data`");
  EXPECT_EQ(OnlyProblem("{\"data\":[" + Row() + "]}").hint, "send several rows as `rows`");
  EXPECT_EQ(OnlyProblem("{\"rows\":\"[]\"}").hint, "send the array itself, not its text");
  EXPECT_EQ(OnlyProblem("{\"rows\":[\"{}\"]}").path, "rows[0]");
  EXPECT_EQ(Problems("{\"run_id\":\"" + std::string(kRunId) + "\"}")[0].hint, "put the fields of a row into `data`");
  EXPECT_PRED_FORMAT2(IsSubstring, "did you mean `rows`", Problems("{\"row\":[" + Row() + "]}")[0].hint);
}

TEST(InsertBatch, ReadsKeyAndDryRun) {
  auto batch = ReadBatch(Rules(), "{\"idempotency_key\":\"run 7\",\"dry_run\":true,\"data\":" + Row() + "}");
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(batch->idempotency_key, "run 7");
  EXPECT_TRUE(batch->dry_run);
  for (const std::string& key : {std::string(), std::string(201, 'x'), std::string("a\\u0007"), std::string("ü")}) {
    EXPECT_EQ(OnlyProblem("{\"idempotency_key\":\"" + key + "\",\"data\":" + Row() + "}").path, "idempotency_key");
  }
  EXPECT_EQ(OnlyProblem("{\"idempotency_key\":7,\"data\":" + Row() + "}").path, "idempotency_key");
  EXPECT_EQ(OnlyProblem("{\"dry_run\":\"true\",\"data\":" + Row() + "}").path, "dry_run");
}

TEST(InsertBatch, RefusesTextThatIsNotJson) {
  for (const std::string& text :
       {std::string(), std::string("["), std::string("[]"), std::string("null"), std::string("{\"rows\":[{\"a\":1]}"),
        std::string("{\"rows\":[" + Row() + "]"), "{\"data\":" + Row() + "} x",
        "{\"data\":" + Row(",\"latency_ms\":nul") + "}", "{\"data\":" + Row(" \"latency_ms\":1") + "}"}) {
    auto batch = ReadBatch(Rules(), text);
    ASSERT_FALSE(batch.ok()) << text;
    EXPECT_EQ(batch.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_FALSE(ReadBatch(Rules(), "{\"data\":" + Row(",\"latency_ms\":01") + "}").ok());
  EXPECT_FALSE(ReadBatch(Rules(), "{\"data\":" + Row(",\"latency_ms\":12abc") + "}").ok());
}

TEST(InsertBatch, RefusesTextThatIsNotUtf8) {
  auto batch = ReadBatch(Rules(), Rows(Row(",\"error_msg\":\"\xC3\x28\"")));
  ASSERT_FALSE(batch.ok());
  EXPECT_PRED_FORMAT2(IsSubstring, "UTF-8", batch.error().message);
  const Problem surrogate = OnlyProblem(Rows(Row(",\"error_msg\":\"\\ud800\",\"latency_ms\":3")));
  EXPECT_EQ(surrogate.path, "rows[0].error_msg");
}

TEST(InsertBatch, BoundsRowsAndDays) {
  std::string rows = Row();
  for (uint64_t i = 1; i < kMaxInsertRows; ++i) rows += "," + Row();
  EXPECT_TRUE(ReadBatch(Rules(), Rows(rows)).ok());
  EXPECT_EQ(OnlyProblem(Rows(rows + "," + Row())).path, "rows");

  std::string days;
  for (size_t i = 0; i <= kMaxInsertDays; ++i) {
    char ts[32];
    std::snprintf(ts, sizeof ts, "20%02d-%02d-%02d", static_cast<int>(i / 336), static_cast<int>(i / 28 % 12 + 1),
                  static_cast<int>(i % 28 + 1));
    days += (i ? "," : "") + Row(",\"ts\":\"" + std::string(ts) + "\"");
  }
  EXPECT_PRED_FORMAT2(IsSubstring, "1001 days", OnlyProblem(Rows(days)).message);
}

TEST(InsertBatch, CountsWhatTheAnswerShouldMention) {
  auto batch = ReadBatch(Rules(), Rows(Row() + "," + Row(",\"ts\":\"2025-01-01T00:00:00.123456\"")));
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(batch->times[0].now, 1u);
  EXPECT_EQ(batch->times[0].cut, 1u);
  EXPECT_EQ(batch->times[0].assumed_utc, 1u);
}

// ---- random rows: what goes in is what is in the body

struct RandomRows {
  std::mt19937_64 random{20250101};
  uint64_t Below(uint64_t limit) { return random() % limit; }

  std::string Text() {
    static const std::vector<std::string> kPieces = {"a", "\"", "\\", "\n", "\t",   std::string(1, '\x01'),
                                                     "ü", "漢", "🗄", "/",  "null", "{}"};
    std::string text;
    for (uint64_t i = Below(8); i > 0; --i) text += kPieces[Below(kPieces.size())];
    return text;
  }

  Json Row() {
    Json row = {{"run_id", kRunId}, {"source", Below(2) ? "council" : "banterpacks"}};
    if (Below(2)) row["latency_ms"] = Below(4294967296);
    if (Below(2)) row["cost_usd"] = std::to_string(Below(999999)) + "." + std::to_string(100000 + Below(900000));
    if (Below(4)) row["error_msg"] = Text();
    row["ts"] = "2025-01-0" + std::to_string(1 + Below(3)) + "T10:20:30." + std::to_string(100 + Below(900)) + "Z";
    return row;
  }
};

// The values of `stored` are those of `sent`, where it has them.
void ExpectSameValues(const Json& sent, const Json& stored) {
  EXPECT_EQ(stored.size(), 6u);
  EXPECT_EQ(stored["source"], sent["source"]);
  EXPECT_EQ(stored["latency_ms"], sent.value("latency_ms", Json(0)));
  EXPECT_EQ(stored["error_msg"], sent.value("error_msg", Json("")));
  EXPECT_DOUBLE_EQ(stored["cost_usd"].get<double>(), std::stod(sent.value("cost_usd", std::string("0"))));
  const std::string ts = sent["ts"].get<std::string>();
  EXPECT_EQ(stored["ts"].get<int64_t>() % 1000, std::stoll(ts.substr(20, 3)));
}

TEST(InsertBatch, KeepsEveryValueOfRandomRows) {
  RandomRows random;
  Json rows = Json::array();
  std::map<std::string, std::vector<Json>> by_day;
  for (int i = 0; i < 10000; ++i) {
    rows.push_back(random.Row());
    by_day[rows.back()["ts"].get<std::string>().substr(0, 10)].push_back(rows.back());
  }
  auto batch = ReadBatch(Rules(), Json({{"rows", rows}}).dump(-1, ' ', random.Below(2) == 0));
  ASSERT_TRUE(batch.ok()) << batch.error().message;
  ASSERT_EQ(batch->groups.size(), by_day.size());
  auto day = by_day.begin();
  for (const RowGroup& group : batch->groups) {
    const auto stored = Lines(group.body);
    const auto& sent = (day++)->second;
    ASSERT_EQ(stored.size(), sent.size());
    for (size_t i = 0; i < sent.size(); ++i) ExpectSameValues(sent[i], stored[i]);
  }
}

TEST(InsertBatch, SurvivesEveryTruncation) {
  const std::string whole = Rows(Row(",\"error_msg\":\"a\\u00fcb\"") + "," + Row(",\"latency_ms\":5"));
  ASSERT_TRUE(ReadBatch(Rules(), whole).ok());
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(ReadBatch(Rules(), whole.substr(0, length)).ok()) << length;
  }
}

TEST(InsertRules, RefuseAPartitionColumnThatIsNotThere) {
  schema::InsertTool tool = EventsTool();
  tool.partition_column = "hour";
  EXPECT_FALSE(MakeInsertRules(tool).ok());
}

}  // namespace
}  // namespace chimera::tools
