#include "timestore/layout.h"

#include <gtest/gtest.h>

namespace chimera::timestore {
namespace {

TEST(Layout, NamesAreThoseThatHaveOneMeaning) {
  for (const char* good : {"a", "sensors", "a1_b2", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuv"}) {
    EXPECT_TRUE(IsName(good)) << good;
  }
  for (const char* bad : {"", "1a", "_a", "a_", "a__b", "A", "a-b", "a.b", "a`b", "ä",
                          "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvw"}) {
    EXPECT_FALSE(IsName(bad)) << bad;
  }
}

TEST(Layout, TablesAreNamedThereAndBack) {
  const auto to = DestinationOf({"sensors", "climate_raw"});
  EXPECT_EQ(to, (ingest::Destination{"sensors", "timestore", "sensors__climate_raw"}));
  EXPECT_EQ(NameOf(to), (Name{"sensors", "climate_raw"}));
  EXPECT_FALSE(NameOf("schema_migrations"));
  EXPECT_FALSE(NameOf("a__b__c"));
  EXPECT_FALSE(IsDynamic({"sensors", "chimera_metrics", "sensors__climate"}));
}

TEST(Layout, OthersTablesAreNotMadeHere) {
  EXPECT_TRUE(CreateStatements({"chimera_metrics", "chimera_metrics", "episodes"}, {}).empty());
  EXPECT_TRUE(CreateStatements({"timestore", "timestore", "ingest_manifests"}, {}).empty());
}

TEST(Layout, AddsWhatTheOptionsSay) {
  const auto plain = CreateStatements(DestinationOf({"a", "b"}), {});
  ASSERT_EQ(plain.size(), 2u);
  EXPECT_EQ(plain[0], "CREATE DATABASE IF NOT EXISTS `timestore`");
  EXPECT_EQ(plain[1].find("TTL"), std::string::npos);
  EXPECT_NE(plain[1].find("SETTINGS non_replicated_deduplication_window = 10000 COMMENT"), std::string::npos);
  const auto tiered =
      CreateStatements(DestinationOf({"a", "b"}), {.retention = {365, 30, "cold"}, .storage_policy = "it's"});
  EXPECT_NE(tiered[1].find(" TTL toDateTime(timestamp) + toIntervalDay(30) TO VOLUME 'cold', toDateTime(timestamp) + "
                           "toIntervalDay(365) SETTINGS "),
            std::string::npos)
      << tiered[1];
  EXPECT_NE(tiered[1].find("storage_policy = 'it\\'s'"), std::string::npos) << tiered[1];
  const auto cluster = CreateStatements(DestinationOf({"a", "b"}), {.cluster = {"main", false}});
  EXPECT_EQ(cluster[0], "CREATE DATABASE IF NOT EXISTS `timestore` ON CLUSTER `main`");
  EXPECT_NE(cluster[1].find("`timestore`.`a__b` ON CLUSTER `main` ("), std::string::npos);
  EXPECT_NE(cluster[1].find("ENGINE = ReplicatedMergeTree PARTITION"), std::string::npos);
  EXPECT_NE(cluster[1].find("SETTINGS replicated_deduplication_window = 10000"), std::string::npos);
}

TEST(Layout, FlushesMakeDynamicTablesBesidesWhatTheyMade) {
  ingest::FlusherOptions flush;
  flush.evolves = [](const ingest::Destination& to) { return to.dataset == "growing"; };
  flush.creates = [](const ingest::Destination&) { return std::vector<std::string>{"before"}; };
  LetTablesBeMade(flush, {});
  const auto dynamic = DestinationOf({"a", "b"});
  EXPECT_TRUE(flush.evolves(dynamic));
  EXPECT_TRUE(flush.evolves({"growing", "db", "t"}));
  EXPECT_FALSE(flush.evolves({"a", "db", "t"}));
  EXPECT_EQ(flush.creates(dynamic).size(), 2u);
  EXPECT_EQ(flush.creates({"a", "db", "t"}), std::vector<std::string>{"before"});
}

}  // namespace
}  // namespace chimera::timestore
