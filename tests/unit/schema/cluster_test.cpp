#include "schema/cluster.h"

#include <gtest/gtest.h>

#include "schema/loader.h"
#include "schema/migrator.h"

namespace chimera::schema {
namespace {

constexpr char kTable[] =
    "-- cups\nCREATE TABLE IF NOT EXISTS cups (ts DateTime, `on` String COMMENT 'SETTINGS ORDER BY') ENGINE = "
    "ReplacingMergeTree(ts) PARTITION BY toDate(ts) ORDER BY (`on`, toStartOfHour(ts))\nSETTINGS "
    "non_replicated_deduplication_window = 10000 COMMENT 'Cups'";
const std::set<std::string> kCreated = {"cups", "cups_hourly", "cups_mv"};

std::vector<std::string> On(const std::string& statement, bool sharded) {
  auto statements = ForLayout(statement, {"all", sharded}, kCreated);
  return statements ? *statements : std::vector<std::string>{statements.error().message};
}

TEST(ForLayout, LeavesStatementsAloneOnOneServer) {
  EXPECT_EQ(*ForLayout(kTable, {}, kCreated), std::vector<std::string>{kTable});
  EXPECT_EQ(*ForLayout("SYSTEM FLUSH LOGS", {}, kCreated), std::vector<std::string>{"SYSTEM FLUSH LOGS"});
}

TEST(ForLayout, ReplicatesTables) {
  EXPECT_EQ(On(kTable, false),
            std::vector<std::string>{
                "-- cups\nCREATE TABLE IF NOT EXISTS cups ON CLUSTER `all` (ts DateTime, `on` String COMMENT 'SETTINGS "
                "ORDER BY') ENGINE = ReplicatedReplacingMergeTree(ts) PARTITION BY toDate(ts) ORDER BY (`on`, "
                "toStartOfHour(ts))\nSETTINGS replicated_deduplication_window = 10000 COMMENT 'Cups'"});
  EXPECT_EQ(On("CREATE TABLE t (x UInt8) ENGINE = Memory", false)[0],
            "CREATE TABLE t ON CLUSTER `all` (x UInt8) ENGINE = Memory");
}

TEST(ForLayout, SpreadsRowsByTheirSortingKey) {
  const auto statements = On(kTable, true);
  ASSERT_EQ(statements.size(), 2u);
  EXPECT_NE(statements[0].find("IF NOT EXISTS `cups_local` ON CLUSTER `all` (ts"), std::string::npos) << statements[0];
  EXPECT_EQ(statements[1],
            "CREATE TABLE IF NOT EXISTS cups ON CLUSTER `all` AS `cups_local` ENGINE = Distributed('all', "
            "currentDatabase(), 'cups_local', cityHash64(`on`, toStartOfHour(ts)))");
  EXPECT_NE(On("CREATE TABLE t (x UInt8) ENGINE = MergeTree ORDER BY x", true)[1].find("'t_local', cityHash64(x))"),
            std::string::npos);
  EXPECT_NE(On("CREATE TABLE t (x UInt8) ENGINE = MergeTree ORDER BY tuple()", true)[1].find("cityHash64(tuple())"),
            std::string::npos);
}

TEST(ForLayout, LetsViewsReadWhatIsOnTheirServer) {
  const std::string view =
      "CREATE MATERIALIZED VIEW IF NOT EXISTS cups_mv TO cups_hourly AS SELECT count() AS cups FROM cups JOIN other";
  EXPECT_EQ(On(view, false)[0],
            "CREATE MATERIALIZED VIEW IF NOT EXISTS cups_mv ON CLUSTER `all` TO cups_hourly AS SELECT count() AS cups "
            "FROM cups JOIN other");
  const auto statements = On(view, true);
  ASSERT_EQ(statements.size(), 2u);
  EXPECT_EQ(statements[0],
            "CREATE MATERIALIZED VIEW IF NOT EXISTS `cups_mv_local` ON CLUSTER `all` TO `cups_hourly_local` AS SELECT "
            "count() AS cups FROM `cups_local` JOIN other");
  EXPECT_EQ(statements[1],
            "CREATE TABLE IF NOT EXISTS cups_mv ON CLUSTER `all` AS `cups_mv_local` ENGINE = Distributed('all', "
            "currentDatabase(), 'cups_mv_local')");
  EXPECT_EQ(On("CREATE VIEW v AS SELECT 1 FROM cups", true),
            std::vector<std::string>{"CREATE VIEW v ON CLUSTER `all` AS SELECT 1 FROM cups"});
}

TEST(ForLayout, ChangesColumnsOfBothTables) {
  EXPECT_EQ(On("ALTER TABLE cups ADD COLUMN IF NOT EXISTS x UInt8", true),
            (std::vector<std::string>{"ALTER TABLE `cups_local` ON CLUSTER `all` ADD COLUMN IF NOT EXISTS x UInt8",
                                      "ALTER TABLE cups ON CLUSTER `all` ADD COLUMN IF NOT EXISTS x UInt8"}));
  EXPECT_EQ(On("ALTER TABLE cups MODIFY TTL ts + INTERVAL 1 DAY", true).size(), 1u);
}

TEST(ForLayout, RefusesWhatHasNoSuchForm) {
  EXPECT_NE(On("INSERT INTO cups SELECT 1", false)[0].find("not: INSERT INTO cups"), std::string::npos);
  EXPECT_NE(On("CREATE FUNCTION f AS x -> x", false)[0].find("not: CREATE FUNCTION"), std::string::npos);
}

TEST(ForLayout, TakesEveryBuiltInDataset) {
  for (const Dataset& dataset : *BuiltInDatasets(BuiltInNames())) {
    for (const bool sharded : {false, true}) {
      const auto statements = MigrationStatements(dataset, {"all", sharded});
      ASSERT_TRUE(statements.ok()) << statements.error().message;
      for (const auto& statement : *statements) {
        EXPECT_NE(statement.find(" ON CLUSTER `all`"), std::string::npos) << statement;
        EXPECT_EQ(statement.find("= MergeTree"), std::string::npos) << statement;
        EXPECT_EQ(statement.find("non_replicated"), std::string::npos) << statement;
      }
    }
  }
}

}  // namespace
}  // namespace chimera::schema
