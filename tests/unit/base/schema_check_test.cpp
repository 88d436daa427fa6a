#include "base/schema_check.h"

#include <gtest/gtest.h>

namespace chimera {
namespace {

const Json kSchema = Json::parse(R"({
  "type": "object", "required": ["table"], "additionalProperties": false,
  "properties": {
    "table": {"type": "string", "minLength": 1, "examples": ["bench_runs"]},
    "days": {"type": "integer", "minimum": 1, "maximum": 30},
    "method": {"enum": ["pearson", "spearman"]},
    "limits": {"type": "array", "maxItems": 2, "items": {"type": ["number", "null"]}},
    "free": {"type": "object", "additionalProperties": {"type": "string"}}
  }})");

std::vector<Problem> Check(const char* text) {
  return CheckSchema(Json::parse(text), kSchema);
}

TEST(CheckSchema, AcceptsWhatFits) {
  EXPECT_TRUE(Check(R"({"table":"t","days":7,"method":"pearson","limits":[1.5,null],"free":{"a":"b"}})").empty());
  EXPECT_TRUE(Check(R"({"table":"t","days":7.0})").empty()) << "7.0 is an integer in JSON Schema 2020-12";
}

TEST(CheckSchema, ReportsEveryProblemWithItsPath) {
  const auto problems = Check(R"({"days":31,"method":"pearsn","limits":[1,"x",3],"free":{"a":1},"tabel":"t"})");
  ASSERT_EQ(problems.size(), 7u);
  EXPECT_EQ(problems[0].path, "table");
  EXPECT_EQ(problems[0].message, "is required");
  EXPECT_EQ(problems[0].hint, "for example \"bench_runs\"");
  EXPECT_EQ(problems[1].message, "must be at most 30");
  EXPECT_EQ(problems[2].hint, "did you mean `pearson`?");
  EXPECT_EQ(problems[3].path, "limits");
  EXPECT_EQ(problems[4].path, "limits[1]");
  EXPECT_EQ(problems[4].message, "must be of type number or null, not string");
  EXPECT_EQ(problems[5].path, "free.a");
  EXPECT_EQ(problems[6].path, "tabel");
  EXPECT_EQ(problems[6].hint, "did you mean `table`?");
}

TEST(CheckSchema, StopsAtFiftyProblems) {
  Json value = {{"table", "t"}};
  for (int i = 0; i < 80; ++i) value["unknown_field_" + std::to_string(i)] = 1;
  EXPECT_EQ(CheckSchema(value, kSchema).size(), 50u);
}

TEST(CheckSchema, CountsCharactersNotBytes) {
  const Json schema = {{"type", "string"}, {"maxLength", 2}};
  EXPECT_TRUE(CheckSchema(Json("€€"), schema).empty());
  EXPECT_FALSE(CheckSchema(Json("abc"), schema).empty());
}

}  // namespace
}  // namespace chimera
