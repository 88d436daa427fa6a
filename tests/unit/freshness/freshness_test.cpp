#include "freshness/freshness.h"

#include <gtest/gtest.h>

namespace chimera::freshness {
namespace {

Freshness Sample() {
  Freshness freshness;
  freshness.age = std::chrono::milliseconds(1500);
  freshness.watermark = 1'795'285'800'000'007;
  freshness.pending_rows = 3;
  return freshness;
}

mcp::ToolResult Answer(const std::string& text, const std::string& structured) {
  return {text, structured, {}, false};
}

constexpr const char* kMember =
    R"("freshness":{"mode":"database","age_ms":1500,"watermark":"2026-11-21T18:30:00.000007Z","pending_rows":3})";

TEST(Freshness, JoinsTheJsonAndTheTextThatRepeatsIt) {
  mcp::ToolResult result = Answer("{1 row}.\n{\"rows\":[[\"}\"]]}", R"({"rows":[["}"]]})");
  Attach(Sample(), result);
  EXPECT_EQ(result.structured_json, std::string(R"({"rows":[["}"]],)") + kMember + "}");
  EXPECT_EQ(result.text, "{1 row}.\n" + result.structured_json);
}

TEST(Freshness, JoinsAnEmptyObject) {
  mcp::ToolResult result = Answer("{}", "{}");
  Attach(Sample(), result);
  EXPECT_EQ(result.structured_json, std::string("{") + kMember + "}");
  EXPECT_EQ(result.text, result.structured_json);
}

TEST(Freshness, StandsBelowATextThatDoesNotRepeatTheJson) {
  mcp::ToolResult result = Answer("1000 rows.", R"({"rows":[]})");
  Attach(Sample(), result);
  EXPECT_EQ(result.text.substr(0, 22), "1000 rows.\nFreshness: ");
  EXPECT_EQ(Json::parse(result.text.substr(22)), Json::parse(result.structured_json)["freshness"]);
}

TEST(Freshness, LeavesOutWhatIsNotKnown) {
  Freshness freshness;
  freshness.note = "the buffer is away";
  EXPECT_EQ(ToText(ToJson(freshness)), R"({"mode":"database","note":"the buffer is away"})");
  mcp::ToolResult result = Answer("", "{}");
  Attach(freshness, result);
  EXPECT_EQ(result.headers, (mcp::Headers{{"x-timestore-freshness-mode", "replica-only"}}));
}

TEST(Freshness, GoesIntoHeaders) {
  mcp::ToolResult result = Answer("{}", "{}");
  Freshness freshness = Sample();
  freshness.mode = Mode::kDatabaseAndBuffer;
  Attach(freshness, result);
  EXPECT_EQ(result.headers, (mcp::Headers{{"x-timestore-replica-age-ms", "1500"},
                                          {"x-timestore-freshness-mode", "replica+hot-buffer"},
                                          {"x-timestore-latest-ingest-watermark", "2026-11-21T18:30:00.000007Z"}}));
}

TEST(Freshness, ErrorsAndQuestionsStayAsTheyAre) {
  mcp::ToolResult error = {"it failed", "", {}, true};
  Attach(Sample(), error);
  EXPECT_EQ(error.text, "it failed");
  EXPECT_TRUE(error.headers.empty());
  mcp::ToolResult question = Answer("over budget", "");
  question.need.requests.push_back({"agree", "elicitation/create"});
  Attach(Sample(), question);
  EXPECT_EQ(question.text, "over budget");
}

}  // namespace
}  // namespace chimera::freshness
