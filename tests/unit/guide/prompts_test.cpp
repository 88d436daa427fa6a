#include "guide/prompts.h"

#include "guide_fixture.h"

namespace chimera::guide {
namespace {

class PromptsTest : public GuideFixture {
 protected:
  Result<std::string> Fill(const std::string& name, const Json& arguments) {
    auto filled = prompts_.Fill({}, name, arguments);
    if (!filled.ok()) return filled.error();
    const auto& prompt = std::get<mcp::Prompt>(*filled);
    EXPECT_EQ(prompt.messages.size(), 1u);
    EXPECT_EQ(prompt.messages[0].role, "user");
    return prompt.messages[0].content["text"].get<std::string>();
  }
  Error Refusal(const std::string& name, const Json& arguments) {
    const auto filled = Fill(name, arguments);
    EXPECT_FALSE(filled.ok());
    return filled.ok() ? Error() : filled.error();
  }

  Prompts prompts_{client_, datasets_, {}, {.spell = [](const std::string& text) { return text; }}};
};

TEST_F(PromptsTest, AreDefinedWithTheirArguments) {
  ASSERT_EQ(prompts_.Definitions().size(), 2u);
  const auto& check = prompts_.Definitions()[0];
  EXPECT_EQ(check.name, "check");
  EXPECT_TRUE(check.arguments[0].required);
  EXPECT_FALSE(check.arguments[1].required);
  EXPECT_EQ(check.arguments[1].description, "Look here; every column if left out");
}

TEST_F(PromptsTest, AreFilledWithArgumentsAndFacts) {
  const auto text = Fill("recent", {{"who", "Ann"}});
  ASSERT_TRUE(text.ok()) << text.error().message;
  const std::string cups =
      "- `cups`: 31 rows; `ts` from 2026-01-01T00:00:00Z to 2026-01-31T00:00:00Z; ReplacingMergeTree, in SQL read with "
      "FINAL. Columns: ts DateTime, kind String\n";
  EXPECT_EQ(*text, "7 days of Ann:\n" + cups + "All:\n" + cups + "- `latest`: View. Columns: kind String");
  EXPECT_EQ(client_.Queries().size(), 2u);
}

TEST_F(PromptsTest, AnArgumentMayChooseTheTable) {
  const auto text = Fill("check", {{"table", "cups"}, {"column", "kind"}});
  ASSERT_TRUE(text.ok()) << text.error().message;
  EXPECT_TRUE(text->starts_with("Check kind for tea with get.cups.\n# kitchen.cups\n")) << *text;
  EXPECT_TRUE(Fill("check", {{"table", "kitchen.cups"}}).ok());
}

TEST_F(PromptsTest, RefuseWhatIsNotThere) {
  const Error table = Refusal("check", {{"table", "cup"}});
  EXPECT_EQ(table.code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(table.message, "argument `table`: there is no table `cup`");
  EXPECT_TRUE(Contains(table.hint, "cups"));
  const Error column = Refusal("check", {{"table", "cups"}, {"column", "kindd"}});
  EXPECT_EQ(column.code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(Contains(column.message, "argument `column`: no column `kindd`")) << column.message;
  EXPECT_TRUE(Contains(column.hint, "`kind` (String)")) << column.hint;
  const Error kind = Refusal("check", {{"table", "cups"}, {"kind", "milk"}});
  EXPECT_EQ(kind.message + "; " + kind.hint, "argument `kind`: there is no `milk`; there are tea, coffee");
  EXPECT_EQ(Refusal("recent", {{"who", " "}}).message, "argument `who`: is empty");
  EXPECT_EQ(Refusal("recent", {{"who", std::string(4001, 'x')}}).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(Refusal("check", {{"table", "system.query_log"}}).code, ErrorCode::kStatementRefused);
}

TEST_F(PromptsTest, HaveNoHolesWhenTheDatabaseDoesNotAnswer) {
  failure_ = "nobody there";
  const Error error = Refusal("recent", {{"who", "Ann"}});
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_EQ(error.message, "prompt `recent` needs live facts of the database: nobody there");
}

TEST_F(PromptsTest, HaveNoHolesWhenTheSchemaIsMissing) {
  client_.OnRead([](const clickhouse::Query&) { return testing::MakeRows({}, Json::array()); });
  const Error error = Refusal("recent", {{"who", "Ann"}});
  EXPECT_EQ(error.code, ErrorCode::kUnknownTable);
  EXPECT_TRUE(Contains(error.hint, "schema apply")) << error.hint;
}

}  // namespace
}  // namespace chimera::guide
