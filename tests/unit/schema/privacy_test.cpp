// How columns are declared protected, in a dataset and by an operator.
#include "schema/privacy.h"

#include <gtest/gtest.h>

#include "schema/dataset.h"
#include "schema/loader.h"

namespace chimera::schema {
namespace {

InsertColumn Column(const char* name, const char* type, std::optional<Json> fallback = {}, const char* format = "") {
  InsertColumn column;
  column.name = name;
  column.type = type;
  column.fallback = std::move(fallback);
  column.format = format;
  return column;
}

Dataset Kitchen() {
  Dataset dataset;
  dataset.name = "kitchen";
  InsertTool cups, spoons;
  cups.table = "cups";
  cups.partition_column = "ts";
  cups.columns = {Column("ts", "DateTime", "now"), Column("who", "LowCardinality(Nullable(String))"),
                  Column("note", "String", "{}", "json"), Column("size", "UInt8"), Column("age", "UInt8", 0)};
  spoons.table = "spoons";
  spoons.columns = {Column("who", "String")};
  dataset.inserts = {cups, spoons};
  dataset.migrations.resize(1);
  dataset.migrations[0].sql = "CREATE VIEW drinkers AS SELECT who FROM cups";
  return dataset;
}

Result<std::vector<PrivacyRule>> Read(const char* json) {
  return ReadPrivacy(*ParseJson(json), Kitchen(), "kitchen/dataset.json: privacy");
}

std::string Refusal(const char* json) {
  const auto rules = Read(json);
  return rules.ok() ? "" : rules.error().message + " " + rules.error().hint;
}

TEST(PrivacyRules, AreReadInBothForms) {
  const auto rules = Read(R"({"cups.who": "hash", "cups.note": {"policy": "mask", "what": "email", "results": "stored"},
                             "cups.age": "drop", "drinkers.who": {"policy": "mask", "what": ["ip", "email"]}})");
  ASSERT_TRUE(rules.ok()) << rules.error().message;
  ASSERT_EQ(rules->size(), 4u);
  EXPECT_TRUE((*rules)[0].protection == Protection::kHash && (*rules)[0].results);
  EXPECT_TRUE((*rules)[1].what == std::vector<std::string>{"email"} && !(*rules)[1].results);
  EXPECT_EQ((*rules)[3].table, "drinkers");
}

TEST(PrivacyRules, AStarStandsForEveryTableWithTheColumn) {
  const auto rules = Read(R"({"*.who": "hash", "cups.who": "mask"})");
  ASSERT_TRUE(rules.ok()) << rules.error().message;
  ASSERT_EQ(rules->size(), 2u);
  EXPECT_TRUE((*rules)[0].table == "spoons" && (*rules)[0].protection == Protection::kHash);
  EXPECT_TRUE((*rules)[1].table == "cups" && (*rules)[1].protection == Protection::kMask);
}

TEST(PrivacyRules, RefusalsNameFileAndKey) {
  const std::pair<const char*, const char*> cases[] = {
      {R"([])", "must be an object"},
      {R"({"who": "hash"})", "privacy.who: a key is TABLE.COLUMN"},
      {R"({"a.b.c": "hash"})", "a key is TABLE.COLUMN"},
      {R"({"cups.who": "hide"})", "mask, hash, drop or off"},
      {R"({"cups.who": 1})", "privacy.cups.who"},
      {R"({"cups.who": {"policy": "mask", "what": "phone"}})", "email, ip"},
      {R"({"cups.who": {"policy": "hash", "what": "email"}})", "`what` is for `mask` only"},
      {R"({"cups.who": {"policy": "hash", "result": "stored"}})", "result"},
      {R"({"cups.who": {"policy": "hash", "results": "plain"}})", "protected or stored"},
      {R"({"cups.whom": "hash"})", "did you mean `who`"},
      {R"({"cup.who": "hash"})", "no migration makes such a table"},
      {R"({"*.whom": "hash"})", "no insert tool"},
      {R"({"cups.ts": "drop"})", "partition column"},
      {R"({"cups.size": "hash"})", "needs a String column"},
      {R"({"cups.size": "drop"})", "needs a column with a `default`"},
      {R"({"cups.note": "hash"})", "mask a part"},
      {R"({"cups.who": "off"})", "no rule for it"},
  };
  for (const auto& [json, part] : cases) {
    EXPECT_PRED_FORMAT2(::testing::IsSubstring, part, Refusal(json)) << json;
    EXPECT_PRED_FORMAT2(::testing::IsSubstring, "kitchen/dataset.json: privacy", Refusal(json)) << json;
  }
}

TEST(PrivacyRules, AnOperatorsComeLast) {
  std::vector<Dataset> datasets = {Kitchen()};
  datasets[0].privacy = *Read(R"({"cups.who": "hash", "spoons.who": "hash"})");
  ASSERT_TRUE(OverridePrivacy(R"({"kitchen": {"cups.who": "off", "spoons.who": "mask"}})", datasets, "p.json").ok());
  ASSERT_EQ(datasets[0].privacy.size(), 1u);
  EXPECT_EQ(datasets[0].privacy[0].protection, Protection::kMask);
  const auto unknown = OverridePrivacy(R"({"kitchn": {}})", datasets, "p.json");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().message, "p.json: there is no dataset `kitchn`");
  EXPECT_FALSE(OverridePrivacy("[", datasets, "p.json").ok());
}

TEST(PrivacyRules, TheBuiltInDatasetMasksAddressesInMetadata) {
  const auto datasets = BuiltInDatasets({"chimera_metrics"});
  ASSERT_TRUE(datasets.ok()) << datasets.error().message;
  ASSERT_EQ((*datasets)[0].privacy.size(), 1u);
  const PrivacyRule& rule = (*datasets)[0].privacy[0];
  EXPECT_TRUE(rule.table == "ui_events" && rule.column == "metadata" && !rule.results);
}

}  // namespace
}  // namespace chimera::schema
