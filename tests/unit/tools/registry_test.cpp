#include "tools/registry.h"

#include <gtest/gtest.h>

#include "tool_fixture.h"
#include "tools/toolset.h"

namespace chimera::tools {
namespace {

class EchoTool final : public JsonTool {
 public:
  EchoTool(std::string name, std::string description)
      : JsonTool({std::move(name),
                  "Echo",
                  std::move(description),
                  Json::parse(R"({"type": "object", "additionalProperties": false, "properties": {
                    "days": {"type": "integer", "default": 7, "maximum": 10, "description": "as in get.echo"},
                    "items": {"type": "array", "items": {"type": "object", "properties": {"sort": {"type": "string", "default": "asc"}}}}}})"),
                  Json{{"type", "object"}},
                  {}}) {}

 private:
  Result<Answer> RunChecked(const RequestContext&, const Json& arguments) override {
    return Answer{"Echoed.", ToText(arguments), arguments["days"].get<uint64_t>() * 100};
  }
};

std::unique_ptr<Registry> TwoTools(NameStyle style) {
  auto registry = std::make_unique<Registry>(style);
  registry->Add(std::make_unique<EchoTool>("get.echo", "See query.echo_all."));
  registry->Add(std::make_unique<EchoTool>("query.echo_all", "Not get.echoes, but get.echo, or my.get.echo."));
  return registry;
}

TEST(Registry, ListsOneSpellingAndCallsBoth) {
  const auto registry = TwoTools(NameStyle::kUnderscore);
  EXPECT_EQ(registry->Definitions()[0].name, "get_echo");
  EXPECT_EQ(registry->Definitions()[0].description, "See query_echo_all.");
  EXPECT_EQ(registry->Definitions()[0].input_schema["properties"]["days"]["description"], "as in get_echo");
  EXPECT_EQ(registry->Definitions()[1].description, "Not get.echoes, but get_echo, or my.get.echo.");
  EXPECT_TRUE(registry->Has("get.echo"));
  EXPECT_TRUE(registry->Has("get_echo"));
  EXPECT_FALSE(registry->Call({}, "get.echo", "{}").is_error);
}

TEST(Registry, AToolThatIsSwitchedOffIsNotThereInAnySpelling) {
  for (const NameStyle style : {NameStyle::kDotted, NameStyle::kUnderscore}) {
    auto registry = TwoTools(style);
    registry->SwitchOff("insert.runs", "this server is read-only");
    registry->SwitchOff("query.plain", "off");
    for (const char* name : {"insert.runs", "insert_runs"}) {
      EXPECT_FALSE(registry->Has(name));
      EXPECT_EQ(registry->Suggestion(name), "this server is read-only");
      EXPECT_EQ(registry->Call({}, name, "{}").error_code, "unknown_tool");
    }
    EXPECT_EQ(registry->Definitions().size(), 2u);
  }
}

TEST(Registry, TextsThatNameAToolThatIsSwitchedOffSaySo) {
  auto registry = TwoTools(NameStyle::kUnderscore);
  EXPECT_EQ(registry->Spelled("Use get.echo or insert.runs."), "Use get_echo or insert.runs.");
  registry->SwitchOff("insert.runs", "off");
  registry->SwitchOff("query", "off");
  registry->Add(std::make_unique<EchoTool>("get.more", "Then insert.runs."));
  registry->NoteSwitchedOff();
  EXPECT_EQ(registry->Spelled("Use insert.runs."), "Use insert_runs.\nNot on this server: `insert_runs`.");
  EXPECT_EQ(registry->Spelled("insert.* write"), "insert_* write\nNot on this server: `insert_*`.");
  EXPECT_EQ(registry->Spelled("a query of get.*"), "a query of get_*");
  EXPECT_EQ(registry->Spelled("`query`"), "`query`\nNot on this server: `query`.");
  EXPECT_EQ(registry->Definitions()[0].description, "See query_echo_all.");
  EXPECT_EQ(registry->Definitions()[2].description, "Then insert.runs. Not on this server: `insert_runs`.");
}

TEST(Registry, KeepsDottedNames) {
  const auto registry = TwoTools(NameStyle::kDotted);
  EXPECT_EQ(registry->Definitions()[0].name, "get.echo");
  EXPECT_EQ(registry->Definitions()[0].description, "See query.echo_all.");
}

TEST(Registry, SpellsToolsAndFamiliesInTextsAsListed) {
  const std::string text = "`get.echo` of get.*, query.* and query.echo_all; not budget.* or get.echoes.";
  EXPECT_EQ(TwoTools(NameStyle::kDotted)->Spelled(text), text);
  EXPECT_EQ(TwoTools(NameStyle::kUnderscore)->Spelled(text),
            "`get_echo` of get_*, query_* and query_echo_all; not budget.* or get.echoes.");
}

TEST(Registry, SuggestsTheListedSpelling) {
  EXPECT_TRUE(Contains(TwoTools(NameStyle::kUnderscore)->Suggestion("get_ecko"), "get_echo"));
  EXPECT_EQ(TwoTools(NameStyle::kDotted)->Suggestion("zzzzzzzz"), "");
}

TEST(Registry, FillsDefaultsEverywhere) {
  const auto result = TwoTools(NameStyle::kDotted)->Call({}, "get.echo", R"({"items": [{}, {"sort": "desc"}]})");
  EXPECT_EQ(result.structured_json, R"({"items":[{"sort":"asc"},{"sort":"desc"}],"days":7})");
}

TEST(Registry, AnswersEveryProblemAtOnce) {
  const auto result = TwoTools(NameStyle::kDotted)->Call({}, "get.echo", R"({"days": 11, "dais": 1})");
  EXPECT_TRUE(result.is_error);
  EXPECT_TRUE(result.structured_json.empty());
  EXPECT_TRUE(Contains(result.text, "invalid_argument")) << result.text;
  EXPECT_TRUE(Contains(result.text, "days: must be at most 10")) << result.text;
  EXPECT_TRUE(Contains(result.text, "dais: is not a known field")) << result.text;
  const Json meta = Json::parse(result.meta_json)["chimera/error"];
  EXPECT_EQ(meta["code"], "invalid_argument");
  EXPECT_EQ(meta["problems"].size(), 2u);
}

TEST(Registry, RefusesBrokenJson) {
  EXPECT_TRUE(TwoTools(NameStyle::kDotted)->Call({}, "get.echo", "{").is_error);
}

TEST(AnswerResult, RepeatsRowsOnlyUpTo500) {
  const auto registry = TwoTools(NameStyle::kDotted);
  EXPECT_EQ(registry->Call({}, "get.echo", R"({"days": 5})").text, "Echoed.\n{\"days\":5}");
  EXPECT_FALSE(Contains(registry->Call({}, "get.echo", R"({"days": 6})").text, "{"));
}

TEST(ErrorResult, CarriesWhatTheDatabaseSaid) {
  Error error = MakeError(ErrorCode::kUnknownColumn, "no column `a`", "did you mean `b`?");
  error.database_code = 47;
  error.query_id = "q1";
  error.position = 7;
  const auto result = ErrorResult(error);
  EXPECT_EQ(result.text, "unknown_column: no column `a`\nHint: did you mean `b`?");
  EXPECT_EQ(
      Json::parse(result.meta_json)["chimera/error"],
      Json::parse(
          R"({"code":"unknown_column","message":"no column `a`","hint":"did you mean `b`?","database_code":47,"query_id":"q1","position":7})"));
}

// What model APIs refuse at the top of an input schema, and what the descriptions may cost.
TEST(Toolset, DefinitionsSuitModels) {
  testing::FakeClient client;
  const std::vector<schema::Dataset> none;
  const auto tools = CreateToolset(client, none, {});
  size_t bytes = 0;
  for (const auto& tool : tools->Definitions()) {
    EXPECT_EQ(tool.input_schema["type"], "object") << tool.name;
    EXPECT_EQ(tool.input_schema["additionalProperties"], false) << tool.name;
    for (const char* keyword : {"oneOf", "anyOf", "allOf"})
      EXPECT_FALSE(tool.input_schema.contains(keyword)) << tool.name;
    EXPECT_EQ(tool.output_schema["type"], "object") << tool.name;
    EXPECT_TRUE(tool.annotations.read_only) << tool.name;
    bytes += tool.name.size() + tool.description.size() + ToText(tool.input_schema).size() +
             ToText(tool.output_schema).size();
  }
  RecordProperty("bytes", static_cast<int>(bytes));
  EXPECT_LT(bytes, 12000u);
}

}  // namespace
}  // namespace chimera::tools
