// What the tests of the guide share: a dataset of two tables, and a fake database that has them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "guide/facts.h"
#include "schema/loader.h"
#include "support/fake_client.h"

namespace chimera::guide {

inline bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

inline schema::Dataset Kitchen() {
  const schema::Files files = {
      {"dataset.json", R"({"title": "Kitchen", "description": "Cups.", "database": "kitchen"})"},
      {"glossary.json", R"({"cup": "What one drinks from."})"},
      {"migrations/0001_cups.sql", "CREATE TABLE cups (ts DateTime) ENGINE = MergeTree ORDER BY ts;"},
      {"tools/insert.cups.json", R"json({
         "title": "Insert cups", "description": "Stores cups. And more.", "table": "cups",
         "columns": [
           {"name": "ts", "type": "DateTime", "description": "When", "default": "now", "example": "2025-01-01T00:00:00Z"},
           {"name": "kind", "type": "String", "description": "What", "enum": ["tea", "coffee"], "example": "tea"}
         ]})json"},
      {"tools/get.cups.json", R"json({
         "title": "Cups", "description": "How many? Not more.", "result": "rows",
         "parameters": [{"name": "kind", "type": "String", "description": "Only this kind", "optional": true,
                         "enum": ["tea", "coffee"]}],
         "columns": [{"name": "cups", "type": "UInt64"}]})json"},
      {"tools/get.cups.sql", "SELECT count() AS cups FROM cups WHERE {kind:Nullable(String)} IS NULL"},
      {"prompts/check.json", R"json({
         "title": "Check", "description": "Checks a table.",
         "arguments": [
           {"name": "table", "description": "Which", "suggest": "tables"},
           {"name": "column", "description": "Look here", "default": "every column", "suggest": {"columns": "$table"}},
           {"name": "kind", "description": "Only this", "default": "tea", "suggest": {"parameter": "get.cups.kind"}}
         ]})json"},
      {"prompts/check.md", "Check {{column}} for {{kind}} with get.cups.\n{{page $table}}"},
      {"prompts/recent.json", R"json({
         "title": "Recent", "description": "What was drunk.",
         "arguments": [
           {"name": "days", "description": "Days", "default": "7", "suggest": ["7", "30", "17"]},
           {"name": "who", "description": "Person", "suggest": {"values": "cups.kind"}}
         ]})json"},
      {"prompts/recent.md", "{{days}} days of {{who}}:\n{{facts cups}}\nAll:\n{{facts *}}"}};
  auto dataset = schema::ParseDataset("kitchen", files);
  EXPECT_TRUE(dataset.ok()) << (dataset.ok() ? "" : dataset.error().message);
  return dataset.ok() ? *std::move(dataset) : schema::Dataset();
}

class GuideFixture : public ::testing::Test {
 protected:
  GuideFixture() {
    client_.OnRead([this](const clickhouse::Query& query) { return Answered(query); });
  }

  Result<clickhouse::Rows> Answered(const clickhouse::Query& query) {
    if (!failure_.empty()) return MakeError(ErrorCode::kUnavailable, failure_);
    if (Contains(query.sql, "INNER JOIN system.columns")) return testing::MakeRows({}, Described(query));
    if (Contains(query.sql, "AS place")) {
      return testing::MakeRows({}, Json::parse(R"([[0, "2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z"]])"));
    }
    if (Contains(query.sql, "concat(database, '.', name)")) return testing::MakeRows({}, Json::parse(R"([["cups"]])"));
    return testing::MakeRows({}, reply_);
  }

  // Both tables, or the one that is asked for.
  static Json Described(const clickhouse::Query& query) {
    const Json all = Json::parse(R"json([
      ["cups", "ReplacingMergeTree", "kind, ts", "toDate(ts)", "kind", 31, 4096, "Cups,\none a row", "ReplacingMergeTree(ts) ORDER BY (kind, ts) TTL ts + toIntervalDay(30) SETTINGS a = 1", "ts", "DateTime", "DEFAULT now()", "When it was drunk"],
      ["cups", "ReplacingMergeTree", "kind, ts", "toDate(ts)", "kind", 31, 4096, "Cups,\none a row", "", "kind", "String", "", ""],
      ["latest", "View", "", "", "", null, null, "", "", "kind", "String", "", ""],
      ["schema_migrations", "MergeTree", "v", "", "v", 1, 10, "", "MergeTree ORDER BY v", "v", "UInt32", "", ""]])json");
    if (query.parameters[0].value != "kitchen") return Json::array();
    if (query.parameters.size() == 1) return all;
    Json some = Json::array();
    for (const Json& row : all) {
      for (size_t i = 1; i < query.parameters.size(); ++i) {
        if (row[0] == query.parameters[i].value) some.push_back(row);
      }
    }
    return some;
  }

  testing::FakeClient client_{"kitchen"};
  std::vector<schema::Dataset> datasets_ = {Kitchen()};
  std::string failure_;         ///< what every statement fails with; empty: none
  Json reply_ = Json::array();  ///< of all other statements
};

}  // namespace chimera::guide
