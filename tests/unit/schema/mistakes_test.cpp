// Everything that is wrong in a dataset's files is found in one reading, with its line.
#include <gtest/gtest.h>

#include "schema/loader.h"

namespace chimera::schema {
namespace {

Files BrokenFiles() {
  return {{"dataset.json",
           "{\n  \"title\": 7,\n  \"description\": \"Cups.\",\n  \"database\": \"a b\",\n"
           "  \"tables\": {\n    \"cups\": {\"late_after_s\": 5},\n    \"no table\": {}\n  },\n  \"titel\": 1\n}"},
          {"glossary.json", "{\n\"a/b\": 1\n}"},
          {"migrations/0001_cups.sql", "CREATE TABLE cups (\nkind String DEFAULT 'tea);"},
          {"migrations/0003_more.sql", "SELECT 1"},
          {"migrations/0004_more.sql", "SELECT 1"},
          {"tools/insert.cups.json", R"({
  "title": "Insert cups",
  "description": "Stores cups.",
  "table": "cups",
  "partition_column": "when",
  "columns": [
    {"name": "ts", "type": "Datetime", "description": "When", "example": "2025-01-01T00:00:00Z"},
    {"name": "size", "type": "UInt8",
     "min": 9,
     "max": 1, "colour": 1, "description": "Size"},
    {"name": "size", "type": "UInt8", "description": "Again", "example": "3"}
  ]
})"},
          {"tools/get.cups.json", R"({
  "title": "Cups", "description": "How many?", "result": "rows",
  "parameters": [{"name": "days", "type": "UInt16", "description": "Window"},
                 {"name": "kind", "type": "String", "description": "Kind", "optional": true}],
  "columns": []
})"},
          {"tools/get.cups.sql", "SELECT 1\nWHERE {kind:String} = 'a'\n  AND {size:UInt8} > 1"},
          {"tools/get.plates.json", "{\"title\": \"Plates\",\n  oops}"},
          {"prompts/cups.json", R"({"title": "Cups", "description": "?", "arguments": [
  {"name": "days", "description": "Days", "suggest": 7}]})"},
          {"prompts/cups.md", "\nLook\nat {{nights}}.\n"},
          {"notes.txt", ""}};
}

TEST(ReadDataset, FindsEveryMistakeWithItsLine) {
  std::vector<std::string> found;
  for (const Mistake& mistake : ReadDataset("kitchen", BrokenFiles()).mistakes) {
    found.push_back(mistake.file + ":" + std::to_string(mistake.line) + ": " + mistake.message);
  }
  const std::vector<std::string> expected = {
      "dataset.json:2: `title` must be a string",
      "dataset.json:4: `database` must be letters, digits and underscores",
      "dataset.json:9: unknown key `titel`: did you mean `title`?",
      "dataset.json:6: tables.cups: `late_after_s` needs `time`, the column with the time of an observation",
      "dataset.json:7: tables: \"no table\" is no name of a table",
      "migrations/0001_cups.sql:2: the string that starts here is never closed",
      "migrations/0003_more.sql:1: version 2 is expected here",
      "tools/get.cups.json:5: columns is empty",
      "tools/get.cups.sql:2: {kind:String} must be {kind:Nullable(String)}",
      "tools/get.cups.sql:3: no parameter is declared for {size:UInt8}",
      "tools/get.cups.sql:1: parameter `days` is not used: write {days:UInt16} where it belongs",
      "tools/get.plates.sql:0: the file is missing, but get.plates.json needs it",
      "tools/get.plates.json:2: malformed JSON at byte 23",
      "tools/insert.cups.json:7: columns[0]: type `Datetime` is not supported; docs/datasets.md lists the types",
      "tools/insert.cups.json:9: columns[1]: min is above max",
      "tools/insert.cups.json:8: columns[1]: `example` is missing",
      "tools/insert.cups.json:10: columns[1]: unknown key `colour`",
      "tools/insert.cups.json:11: columns[2]: example \"3\" must be a number",
      "tools/insert.cups.json:11: columns: `size` is declared twice",
      "tools/insert.cups.json:5: partition_column `when` is no column",
      "prompts/cups.json:2: arguments[0]: `suggest` must be a list of strings, \"tables\", {\"columns\": \"TABLE\"}, "
      "{\"values\": \"TABLE.COLUMN\"} or {\"parameter\": \"get.NAME.PARAMETER\"}",
      "prompts/cups.md:3: no argument is declared for {{nights}}",
      "prompts/cups.md:1: argument `days` is not used: write {{days}}",
      "glossary.json:2: the meaning of `a/b` must be a string",
      "notes.txt:1: this file is not part of a dataset, or its .json is missing"};
  EXPECT_EQ(found, expected);
}

TEST(ReadDataset, IsWholeWithoutMistakes) {
  const auto reading = ReadFolder(SCHEMA_FOLDER "/chimera_metrics");
  ASSERT_TRUE(reading.ok());
  EXPECT_TRUE(reading->mistakes.empty());
  EXPECT_EQ(reading->dataset.inserts.size(), 7u);
}

TEST(ParseDataset, RefusesWithTheFirstMistake) {
  EXPECT_EQ(ParseDataset("kitchen", BrokenFiles()).error().message, "kitchen/dataset.json: `title` must be a string");
}

TEST(Clashes, NamesAllOfThem) {
  Dataset a, b;
  a.name = "a";
  b.name = "b";
  a.database = b.database = "kitchen";
  a.inserts.emplace_back().name = "insert.cups";
  b.inserts.emplace_back().name = "insert.cups";
  EXPECT_EQ(Clashes({a, b}), (std::vector<std::string>{"the datasets a and b both declare database kitchen",
                                                       "the datasets a and b both declare tool insert.cups"}));
}

}  // namespace
}  // namespace chimera::schema
