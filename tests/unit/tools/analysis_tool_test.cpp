#include "tool_fixture.h"
#include "tools/toolset.h"

namespace chimera::tools {
namespace {

schema::AnalysisParameter Parameter(std::string name, std::string type, std::string description) {
  schema::AnalysisParameter parameter;
  parameter.name = std::move(name);
  parameter.type = std::move(type);
  parameter.description = std::move(description);
  return parameter;
}

class AnalysisTool : public ToolFixture {
 protected:
  AnalysisTool() {
    dataset_.name = "chimera_metrics";
    dataset_.database = "other_database";
    declaration_.name = "get.thing";
    declaration_.sql = "SELECT {days:UInt16}, {model:Nullable(String)}";
    auto days = Parameter("days", "UInt16", "back from today");
    days.fallback = 7;
    days.min = 1;
    days.max = 3650;
    auto model = Parameter("model", "String", "");
    model.optional = true;
    auto metric = Parameter("metric", "String", "");
    metric.allowed = {"latency_p95_ms", "cost"};
    declaration_.parameters = {days, model, metric};
    declaration_.columns = {{"r", "Float64", "Pearson's r"},
                            {"n", "UInt64", ""},
                            {"points", "Array(Tuple(Date, Float64))", ""},
                            {"summary", "String", ""},
                            {"note", "Nullable(String)", ""}};
    declaration_.single_row = true;
  }

  std::unique_ptr<Tool> Make() { return CreateAnalysisTool(client_, catalog_, dataset_, declaration_); }

  schema::Dataset dataset_;
  schema::AnalysisTool declaration_;
};

TEST_F(AnalysisTool, DerivesItsInputSchema) {
  EXPECT_EQ(Make()->Definition().input_schema, Json::parse(R"({"type": "object", "properties": {
      "days": {"type": "integer", "description": "back from today", "minimum": 1, "maximum": 3650, "default": 7},
      "model": {"type": "string"},
      "metric": {"type": "string", "enum": ["latency_p95_ms", "cost"]}},
    "required": ["metric"], "additionalProperties": false})"));
}

TEST_F(AnalysisTool, AnswersARowAsAnObject) {
  Reply(Json::parse(R"([["nan", "12", [["2025-11-20", "inf"], ["2025-11-21", 2]], "nan", null]])"));
  const auto tool = Make();
  const Json answer = Call(*tool, {{"metric", "cost"}});
  EXPECT_EQ(ToText(answer),
            R"({"r":null,"n":"12","points":[["2025-11-20",null],["2025-11-21",2]],"summary":"nan","note":null})");
  EXPECT_EQ(summary_, "nan");
  EXPECT_EQ(LastQuery().database, "other_database");
  ASSERT_EQ(LastQuery().parameters.size(), 3u);
  EXPECT_EQ(LastQuery().parameters[0].value, "7");
  EXPECT_TRUE(LastQuery().parameters[1].is_null);
}

TEST_F(AnalysisTool, AnswersRowsWithANoteWhenThereAreNone) {
  declaration_.single_row = false;
  declaration_.note_sql = "SELECT 'newest is old'";
  const auto tool = Make();
  Reply(Json::array(), {{"r", "Float64"}});
  Reply(Json::parse(R"([["newest is old"]])"));
  EXPECT_EQ(Call(*tool, {{"metric", "cost"}})["note"], "newest is old");
  EXPECT_EQ(summary_, "0 rows. newest is old");
  Reply(Json::parse(R"([[1, "2", [], "", null]])"));
  EXPECT_FALSE(Call(*tool, {{"metric", "cost"}}).contains("note"));
}

TEST_F(AnalysisTool, TellsWhatTheAccountsLimitsDidToTheRows) {
  ReplyWithNotes(Json::parse(R"([[1, "2", [], "Fine.", null]])"), {"NaN is null"});
  EXPECT_EQ(ToText(Call(*Make(), {{"metric", "cost"}})["notes"]), R"(["NaN is null"])");
  EXPECT_TRUE(Contains(summary_, " Note: NaN is null."));
  declaration_.single_row = false;
  ReplyWithNotes(Json::parse(R"([[1, "2", [], "", null]])"), {"NaN is null"});
  EXPECT_EQ(ToText(Call(*Make(), {{"metric", "cost"}})["notes"]), R"(["NaN is null"])");
}

TEST_F(AnalysisTool, NamesTheNearestMetric) {
  const Error error = CallBadly(*Make(), {{"metric", "latency_p59_ms"}});
  EXPECT_TRUE(Contains(error.problems.at(0).hint, "latency_p95_ms")) << ToText(Problems(error));
}

TEST_F(AnalysisTool, TellsWhoseJobAMissingTableIs) {
  ReplyError(MakeError(ErrorCode::kUnknownTable, "Unknown table expression identifier 'bench_runs' in scope"));
  EXPECT_TRUE(Contains(CallBadly(*Make(), {{"metric", "cost"}}).hint, "schema apply"));
}

}  // namespace
}  // namespace chimera::tools
