#include "guide/resources.h"

#include "guide_fixture.h"

namespace chimera::guide {
namespace {

class ResourcesTest : public GuideFixture {
 protected:
  /// The text of the page; "" when there is no such resource.
  std::string Page(const std::string& uri) {
    auto read = resources_.Read({}, uri);
    if (!read.ok()) return "error: " + read.error().message;
    if (!*read) return {};
    return std::get<std::vector<mcp::ResourceContents>>(**read).at(0).text;
  }

  Resources resources_{client_, datasets_, {}, {.spell = [](const std::string& text) { return text; }}};
};

TEST_F(ResourcesTest, ListsDatasetsThenTheirTables) {
  reply_ = Json::parse(R"([["cups", "Cups,\none a row"], ["latest", ""], ["schema_migrations", ""],
                           ["import_batches", ""], ["demo_loads", ""], ["ingest_manifests", ""], [".inner.x", ""]])");
  const auto list = resources_.List({});
  ASSERT_TRUE(list.ok());
  std::vector<std::string> uris;
  for (const auto& one : *list) uris.push_back(one.uri);
  EXPECT_EQ(uris, (std::vector<std::string>{"chimera://datasets/kitchen", "clickhouse://kitchen/cups",
                                            "clickhouse://kitchen/latest"}));
  EXPECT_EQ(list->at(1).description, "Cups, one a row");
}

TEST_F(ResourcesTest, ReadsPages) {
  EXPECT_TRUE(Page("clickhouse://kitchen/cups").starts_with("# kitchen.cups\n"));
  EXPECT_TRUE(Page("chimera://datasets/kitchen").starts_with("# Kitchen\n"));
}

TEST_F(ResourcesTest, SpellsToolsAsTheyAreListed) {
  Resources resources(client_, datasets_, {},
                      {.spell = [](std::string text) { return "spelled: " + std::move(text); }});
  const auto read = resources.Read({}, "clickhouse://kitchen/cups");
  EXPECT_TRUE(std::get<std::vector<mcp::ResourceContents>>(**read).at(0).text.starts_with("spelled: # "));
}

TEST_F(ResourcesTest, HaveNothingUnderOtherUris) {
  for (const char* uri : {"clickhouse://kitchen/plates", "clickhouse://other/cups", "clickhouse://kitchen", "file:///x",
                          "chimera://datasets/garage", "clickhouse://kitchen/cups'%20OR%201"}) {
    EXPECT_EQ(Page(uri), "") << uri;
  }
}

TEST_F(ResourcesTest, HideWhatTheGateRefuses) {
  for (const char* uri :
       {"clickhouse://system/query_log", "clickhouse://SYSTEM/users", "clickhouse://system/%71uery_log"}) {
    EXPECT_EQ(Page(uri), "") << uri;
    EXPECT_FALSE(resources_.CanWatch(uri)) << uri;
  }
  EXPECT_TRUE(client_.Queries().empty());
}

TEST_F(ResourcesTest, NamesAreBoundAndNeverPartOfTheStatement) {
  Page("clickhouse://kitchen/x%27%29%20OR%201%20--");
  ASSERT_EQ(client_.Queries().size(), 1u);
  const auto query = client_.Queries()[0];
  EXPECT_FALSE(Contains(query.sql, "OR 1"));
  EXPECT_EQ(query.parameters.at(1).value, "x') OR 1 --");
}

TEST_F(ResourcesTest, AnErrorOfTheDatabaseIsNoMissingResource) {
  failure_ = "nobody there";
  EXPECT_EQ(Page("clickhouse://kitchen/cups"), "error: nobody there");
  EXPECT_FALSE(resources_.List({}).ok());
}

TEST_F(ResourcesTest, CanWatchTablesThatAreNotThereYet) {
  EXPECT_TRUE(resources_.CanWatch("clickhouse://kitchen/plates"));
  EXPECT_TRUE(resources_.CanWatch("chimera://datasets/kitchen"));
  EXPECT_FALSE(resources_.CanWatch("chimera://datasets/garage"));
  EXPECT_FALSE(resources_.CanWatch("file:///x"));
  EXPECT_TRUE(client_.Queries().empty());
}

}  // namespace
}  // namespace chimera::guide
