#include "guide/table_uri.h"

#include <gtest/gtest.h>

namespace chimera::guide {
namespace {

TEST(TableUri, NamesComeBackAsTheyWere) {
  for (const char* table : {"bench_runs", "a b", "x/y", "50%", "ü", "a.b", "`; DROP", "?#"}) {
    const auto parsed = ParseTableUri(TableUri("my db", table));
    ASSERT_TRUE(parsed.has_value()) << table;
    EXPECT_EQ(parsed->database, "my db");
    EXPECT_EQ(parsed->table, table);
  }
  EXPECT_EQ(TableUri("a/b", "c d"), "clickhouse://a%2Fb/c%20d");
}

TEST(TableUri, RefusesWhatTheTemplateDoesNotExpandTo) {
  for (const char* uri :
       {"", "clickhouse://", "clickhouse://db", "clickhouse://db/", "clickhouse:///t", "clickhouse://db/t/u",
        "clickhouse://db/t?x=1", "clickhouse://db/t#x", "clickhouse://db/%", "clickhouse://db/%4",
        "clickhouse://db/%zz", "clickhouse://db/%00", "clickhouse://db/%ff", "http://db/t", "CLICKHOUSE//db/t"}) {
    EXPECT_FALSE(ParseTableUri(uri).has_value()) << uri;
  }
}

TEST(DatasetUri, NamesADataset) {
  EXPECT_EQ(DatasetUri("kitchen"), "chimera://datasets/kitchen");
  EXPECT_EQ(ParseDatasetUri("chimera://datasets/kitchen"), "kitchen");
  EXPECT_FALSE(ParseDatasetUri("chimera://datasets/").has_value());
  EXPECT_FALSE(ParseDatasetUri("chimera://datasets/a/b").has_value());
}

}  // namespace
}  // namespace chimera::guide
