// From a call over budget to the question, and back with the answer.
#include "tools/consent.h"

#include "tool_fixture.h"
#include "tools/toolset.h"

namespace chimera::tools {
namespace {

constexpr const char* kArguments = R"({"sql": "SELECT sum(v) FROM big", "max_rows": 5})";

class ConsentTest : public ::testing::Test {
 protected:
  ConsentTest() {
    client_.OnRead([](const clickhouse::Query& query) -> Result<clickhouse::Rows> {
      if (query.sql.starts_with("EXPLAIN ESTIMATE ")) {
        return testing::MakeRows({}, {{"db", "big", "2", "5000", "3"}});
      }
      return testing::MakeRows({{"sum(v)", "UInt64"}},
                               Contains(query.sql, "FROM system.") ? Json::array() : Json{{"1"}});
    });
  }
  mcp::ToolResult Call(const mcp::CallContext& context, const char* arguments = kArguments) {
    return tools_->Call(context, "query", arguments);
  }
  static mcp::CallContext Asking() {
    mcp::CallContext context;
    context.abilities.elicitation = true;
    return context;
  }
  /// The second round: the state of the question with `answer`.
  mcp::CallContext Answered(Json answer) {
    mcp::CallContext context = Asking();
    const auto need = Call(context).need;
    context.inputs.state = need.state;
    context.inputs.responses = {{"proceed", std::move(answer)}};
    return context;
  }

  testing::FakeClient client_{"chimera_metrics"};
  const std::vector<schema::Dataset> none_;
  std::unique_ptr<Registry> tools_ = CreateToolset(client_, none_, {.read_budget_rows = 1000});
};

TEST_F(ConsentTest, IsAskedOfWhoCanBeAsked) {
  const auto result = Call(Asking());
  ASSERT_EQ(result.need.requests.size(), 1u);
  const auto& request = result.need.requests[0];
  EXPECT_EQ(request.method, "elicitation/create");
  const std::string message = request.params["message"];
  for (const char* part : {"5,000 rows in 2 parts of db.big", "budget is 1,000 rows", "To read less"}) {
    EXPECT_TRUE(Contains(message, part)) << message;
  }
  const Json& schema = request.params["requestedSchema"];
  EXPECT_EQ(schema["properties"]["proceed"]["type"], "boolean");
  EXPECT_EQ(schema["required"], Json({"proceed"}));
}

TEST_F(ConsentTest, IsARefusalForOthers) {
  const auto result = Call({});
  EXPECT_TRUE(result.is_error);
  EXPECT_TRUE(result.need.Empty());
  EXPECT_EQ(result.error_code, "over_budget");
  EXPECT_TRUE(Contains(result.text, "5,000 rows in 2 parts of db.big")) << result.text;
}

TEST_F(ConsentTest, RunsWhatWasAgreedTo) {
  const auto result = Call(Answered({{"action", "accept"}, {"content", {{"proceed", true}}}}));
  EXPECT_FALSE(result.is_error) << result.text;
  EXPECT_TRUE(result.need.Empty());
  EXPECT_TRUE(Contains(result.structured_json, R"("rows":[["1"]])")) << result.structured_json;
}

TEST_F(ConsentTest, TakesEverythingElseForANo) {
  const size_t before = client_.Queries().size();
  for (const Json& answer : {Json{{"action", "decline"}}, Json{{"action", "cancel"}}, Json::object(),
                             Json{{"action", "accept"}}, Json{{"action", "accept"}, {"content", {{"proceed", false}}}},
                             Json{{"action", "accept"}, {"content", {{"proceed", "true"}}}},
                             Json{{"action", "decline"}, {"content", {{"proceed", true}}}}}) {
    const auto result = Call(Answered(answer));
    EXPECT_TRUE(result.is_error);
    EXPECT_EQ(result.error_code, "declined") << answer;
  }
  for (size_t i = before; i < client_.Queries().size(); ++i) {
    EXPECT_FALSE(client_.Queries()[i].sql.starts_with("SELECT sum")) << "no statement ran";
  }
}

TEST_F(ConsentTest, DoesNotHoldForAnotherStatement) {
  const auto agreed = Answered({{"action", "accept"}, {"content", {{"proceed", true}}}});
  EXPECT_FALSE(Call(agreed, R"({"sql": "SELECT avg(v) FROM big", "max_rows": 5})").need.Empty());
  EXPECT_FALSE(tools_->Call(agreed, "query.aggregate", kArguments).need.Empty() &&
               !tools_->Call(agreed, "query.aggregate", kArguments).is_error);
  EXPECT_TRUE(Call(agreed, R"({"max_rows": 5, "sql": "SELECT sum(v) FROM big"})").need.Empty()) << "the same";
}

TEST_F(ConsentTest, IsWorthNothingWithoutTheQuestion) {
  mcp::CallContext context = Asking();
  context.inputs.responses = {{"proceed", {{"action", "accept"}, {"content", {{"proceed", true}}}}}};
  EXPECT_FALSE(Call(context).need.Empty());
  context = Answered(nullptr);
  EXPECT_FALSE(Call(context).need.Empty()) << "no answer: asked again";
}

TEST_F(ConsentTest, OnlyToolsThatReadDataMayAsk) {
  for (const char* tool : {"query", "query.trend", "query_trend", "query.aggregate", "query.correlation"}) {
    EXPECT_TRUE(tools_->MayAsk(tool)) << tool;
  }
  for (const char* tool : {"list.tables", "describe.table", "nonsense"}) EXPECT_FALSE(tools_->MayAsk(tool)) << tool;
  EXPECT_FALSE(CreateToolset(client_, none_, {})->MayAsk("query"));
}

}  // namespace
}  // namespace chimera::tools
