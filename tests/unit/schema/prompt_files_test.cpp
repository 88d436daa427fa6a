#include "schema/prompt_files.h"

#include <gtest/gtest.h>

#include "schema/loader.h"

namespace chimera::schema {
namespace {

using ::testing::IsSubstring;

constexpr char kAnalysis[] = R"json({
  "title": "Cups", "description": "How many?", "result": "rows",
  "parameters": [{"name": "kind", "type": "String", "description": "Only this", "default": "tea", "enum": ["tea", "mate"]}],
  "columns": [{"name": "cups", "type": "UInt64"}]})json";

constexpr char kPrompt[] = R"json({
  "title": "Check", "description": "Checks.",
  "arguments": [
    {"name": "table", "description": "Which", "suggest": "tables"},
    {"name": "column", "title": "Column", "description": "Where", "default": "all", "suggest": {"columns": "$table"}},
    {"name": "who", "description": "Whose", "suggest": {"values": "cups.owner"}},
    {"name": "kind", "description": "What", "default": "tea", "suggest": {"parameter": "get.cups.kind"}},
    {"name": "days", "description": "How long", "default": "7", "suggest": ["7", "30"]}
  ]})json";

constexpr char kText[] =
    "\n{{column}} {{ who }} {{kind}} {{days}} {not one}\n{{facts cups}}{{facts *}}{{page $table}}\n\n";

Files ValidFiles() {
  return {{"dataset.json", R"({"title": "Kitchen", "description": "Cups.", "database": "kitchen"})"},
          {"glossary.json", R"({"cup": "A vessel.", "mate": "A drink."})"},
          {"migrations/0001_cups.sql", "CREATE TABLE IF NOT EXISTS cups (ts DateTime) ENGINE = MergeTree ORDER BY ts;"},
          {"tools/get.cups.json", kAnalysis},
          {"tools/get.cups.sql", "SELECT count() AS cups FROM cups WHERE kind = {kind:String}"},
          {"prompts/check.json", kPrompt},
          {"prompts/check.md", kText}};
}

std::string RefusalOf(const std::string& path, const std::string& text) {
  Files files = ValidFiles();
  files[path] = text;
  const Result<Dataset> dataset = ParseDataset("kitchen", files);
  if (dataset) return "(accepted)";
  EXPECT_EQ(dataset.error().code, ErrorCode::kInvalidArgument);
  return dataset.error().message;
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string RefusalOfPrompt(const std::string& from, const std::string& to) {
  return RefusalOf("prompts/check.json", Replaced(kPrompt, from, to));
}

TEST(PromptFiles, AreRead) {
  const Result<Dataset> dataset = ParseDataset("kitchen", ValidFiles());
  ASSERT_TRUE(dataset.ok()) << dataset.error().message;
  ASSERT_EQ(dataset->prompts.size(), 1u);
  const Prompt& prompt = dataset->prompts[0];
  EXPECT_EQ(prompt.name, "check");
  ASSERT_EQ(prompt.arguments.size(), 5u);
  EXPECT_FALSE(prompt.arguments[0].fallback.has_value());
  EXPECT_EQ(prompt.arguments[0].values.kind, ValueSource::Kind::kTables);
  EXPECT_EQ(prompt.arguments[1].fallback, "all");
  EXPECT_TRUE(prompt.arguments[1].values.table_is_argument);
  EXPECT_EQ(prompt.arguments[1].values.table, "table");
  EXPECT_EQ(prompt.arguments[2].values.table + "." + prompt.arguments[2].values.column, "cups.owner");
  EXPECT_EQ(prompt.arguments[3].values.list, (std::vector<std::string>{"tea", "mate"}));
  EXPECT_EQ(prompt.arguments[4].values.list, (std::vector<std::string>{"7", "30"}));
}

TEST(PromptFiles, TextsAreTakenApart) {
  const Result<Dataset> dataset = ParseDataset("kitchen", ValidFiles());
  ASSERT_TRUE(dataset.ok());
  std::string pieces;
  for (const PromptPiece& piece : dataset->prompts[0].pieces) {
    pieces += std::to_string(static_cast<int>(piece.kind)) + (piece.is_argument ? "$" : ":") + piece.text + "|";
  }
  EXPECT_EQ(pieces, "1$column|0: |1$who|0: |1$kind|0: |1$days|0: {not one}\n|2:cups|2:|3$table|");
}

TEST(PromptFiles, RefuseMistakesInTheHeadByFileAndKey) {
  EXPECT_PRED_FORMAT2(IsSubstring,
                      "kitchen/prompts/check.json: arguments[4]: unknown key `sugest`: did you mean `suggest`?",
                      RefusalOfPrompt(R"("suggest": ["7")", R"("sugest": ["7")"));
  EXPECT_PRED_FORMAT2(IsSubstring, "`suggest` must be a list", RefusalOfPrompt(R"("tables")", R"("databases")"));
  EXPECT_PRED_FORMAT2(IsSubstring, "`suggest` must be a list", RefusalOfPrompt(R"("values":)", R"("rows":)"));
  EXPECT_PRED_FORMAT2(IsSubstring, "no parameter `get.cups.sort` with an enum",
                      RefusalOfPrompt("get.cups.kind", "get.cups.sort"));
  EXPECT_PRED_FORMAT2(IsSubstring, "`$kind` needs an argument of that name", RefusalOfPrompt("$table", "$kind"));
  EXPECT_PRED_FORMAT2(IsSubstring, "TABLE.COLUMN", RefusalOfPrompt("cups.owner", "cups"));
  EXPECT_PRED_FORMAT2(IsSubstring, "must be a string", RefusalOfPrompt(R"("default": "7")", R"("default": 7)"));
  EXPECT_PRED_FORMAT2(IsSubstring, "`table` is declared twice",
                      RefusalOfPrompt(R"("name": "kind")", R"("name": "table")"));
}

TEST(PromptFiles, RefuseMistakesInTheTextByFile) {
  const std::string all = kText;
  EXPECT_PRED_FORMAT2(IsSubstring, "kitchen/prompts/check.md: no argument is declared for {{weeks}}",
                      RefusalOf("prompts/check.md", all + "{{weeks}}"));
  EXPECT_PRED_FORMAT2(IsSubstring, "argument `days` is not used: write {{days}}",
                      RefusalOf("prompts/check.md", Replaced(kText, "{{days}}", "")));
  EXPECT_PRED_FORMAT2(IsSubstring, "not closed by }}", RefusalOf("prompts/check.md", all + "{{days"));
  EXPECT_PRED_FORMAT2(IsSubstring, "{{rows cups}} is unknown", RefusalOf("prompts/check.md", all + "{{rows cups}}"));
  EXPECT_PRED_FORMAT2(IsSubstring, "{{page $kind}} needs an argument",
                      RefusalOf("prompts/check.md", all + "{{page $kind}}"));
  EXPECT_PRED_FORMAT2(IsSubstring, "names no table", RefusalOf("prompts/check.md", all + "{{page *}}"));
  EXPECT_PRED_FORMAT2(IsSubstring, "the file is empty", RefusalOf("prompts/check.md", " \n"));
}

TEST(PromptFiles, ComeInPairs) {
  EXPECT_PRED_FORMAT2(IsSubstring, "prompts/other.md: the file is missing", RefusalOf("prompts/other.json", kPrompt));
  EXPECT_PRED_FORMAT2(IsSubstring, "not part of a dataset", RefusalOf("prompts/other.md", kText));
  EXPECT_PRED_FORMAT2(IsSubstring, "letters, digits and underscores", RefusalOf("prompts/a-b.json", kPrompt));
}

TEST(PromptFiles, GlossariesKeepTheirOrder) {
  const Result<Dataset> dataset = ParseDataset("kitchen", ValidFiles());
  ASSERT_EQ(dataset->glossary.size(), 2u);
  EXPECT_EQ(dataset->glossary[1].name + ": " + dataset->glossary[1].meaning, "mate: A drink.");
  EXPECT_PRED_FORMAT2(IsSubstring, "kitchen/glossary.json: the meaning of `cup` must be a string",
                      RefusalOf("glossary.json", R"({"cup": 1})"));
  EXPECT_PRED_FORMAT2(IsSubstring, "must be an object", RefusalOf("glossary.json", "[]"));
}

TEST(PromptFiles, PromptsHaveNamesOfTheirOwn) {
  Dataset one = *ParseDataset("kitchen", ValidFiles()), other = one;
  other.name = other.database = "garage";
  other.analyses.clear();
  const Status distinct = CheckDistinct({one, other});
  ASSERT_FALSE(distinct.ok());
  EXPECT_EQ(distinct.error().message, "the datasets kitchen and garage both declare prompt check");
}

}  // namespace
}  // namespace chimera::schema
