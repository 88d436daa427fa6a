#include "guide/completion.h"

#include "guide/table_uri.h"
#include "guide_fixture.h"

namespace chimera::guide {
namespace {

class SuggestionsTest : public GuideFixture {
 protected:
  Result<mcp::Completion> OfTemplate(const std::string& argument, const std::string& typed,
                                     const Json& others = Json::object()) {
    return suggestions_.Complete({}, {false, std::string(kTableTemplate), argument, typed, others});
  }
  Result<mcp::Completion> OfPrompt(const std::string& prompt, const std::string& argument, const std::string& typed,
                                   const Json& others = Json::object()) {
    return suggestions_.Complete({}, {true, prompt, argument, typed, others});
  }
  std::string Bound(const std::string& name) {
    const auto queries = client_.Queries();
    for (const auto& parameter : queries.back().parameters) {
      if (parameter.name == name) return parameter.value;
    }
    return "(nothing)";
  }

  Suggestions suggestions_{client_, datasets_, {}};
};

TEST_F(SuggestionsTest, TablesAreOfTheChosenDatabase) {
  reply_ = Json::parse(R"([["cups", 120], ["teacups", 120]])");
  const auto found = OfTemplate("table", "cup", {{"database", "garage"}});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->values, (std::vector<std::string>{"cups", "teacups"}));
  EXPECT_EQ(found->total, 120u);
  EXPECT_EQ(Bound("database"), "garage");
  EXPECT_EQ(Bound("typed"), "cup");
  ASSERT_TRUE(OfTemplate("table", "").ok());
  EXPECT_EQ(Bound("database"), "kitchen");
}

TEST_F(SuggestionsTest, TablesThatTheGateRefusesAreNotSuggested) {
  reply_ = Json::parse(R"([["query_log", 2], ["tables", 2]])");
  const auto found = OfTemplate("table", "", {{"database", "system"}});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->values, std::vector<std::string>{"tables"});
  EXPECT_EQ(found->total, 1u);
}

TEST_F(SuggestionsTest, ColumnsAreOfTheTableThatAnotherArgumentNames) {
  reply_ = Json::parse(R"([["kind", 1]])");
  ASSERT_TRUE(OfPrompt("check", "column", "k", {{"table", "cups"}}).ok());
  EXPECT_EQ(Bound("table"), "cups");
  EXPECT_EQ(Bound("database"), "kitchen");
  ASSERT_TRUE(OfPrompt("check", "column", "k", {{"table", "garage.cars"}}).ok());
  EXPECT_EQ(Bound("database"), "garage");
  const size_t before = client_.Queries().size();
  EXPECT_TRUE(OfPrompt("check", "column", "k")->values.empty());
  EXPECT_EQ(client_.Queries().size(), before);
}

TEST_F(SuggestionsTest, ValuesComeFromTheirColumn) {
  reply_ = Json::parse(R"([["tea", 1]])");
  EXPECT_EQ(OfPrompt("recent", "who", "t")->values, std::vector<std::string>{"tea"});
  const auto query = client_.Queries().back();
  EXPECT_TRUE(Contains(query.sql, "SELECT DISTINCT toString(`kind`) AS name FROM `kitchen`.`cups`")) << query.sql;
  EXPECT_TRUE(Contains(query.sql, "LIMIT 100")) << query.sql;
  EXPECT_FALSE(client_.LastContext().deadline.IsNever());
}

TEST_F(SuggestionsTest, ListsNeedNoDatabase) {
  failure_ = "nobody there";
  EXPECT_EQ(OfPrompt("recent", "days", "7")->values, (std::vector<std::string>{"7", "17"}));
  EXPECT_EQ(OfPrompt("check", "kind", "")->values, (std::vector<std::string>{"tea", "coffee"}));
  EXPECT_EQ(OfPrompt("check", "kind", "FF")->values, std::vector<std::string>{"coffee"});
}

TEST_F(SuggestionsTest, WhatTakesTooLongSuggestsNothing) {
  client_.OnRead([](const clickhouse::Query&) { return MakeError(ErrorCode::kTimeout, "too long"); });
  EXPECT_TRUE(OfTemplate("database", "").ok());
  client_.OnRead([](const clickhouse::Query&) { return MakeError(ErrorCode::kUnavailable, "nobody there"); });
  EXPECT_FALSE(OfTemplate("database", "").ok());
}

TEST_F(SuggestionsTest, RefuseWhatIsNotThere) {
  for (const auto& found : {OfTemplate("tabel", ""), OfPrompt("chek", "table", ""), OfPrompt("check", "tabel", ""),
                            suggestions_.Complete({}, {false, "file://{path}", "path", "", Json::object()})}) {
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(Contains(OfPrompt("check", "tabel", "").error().message, "did you mean `table`?"));
}

}  // namespace
}  // namespace chimera::guide
