#include "freshness/touched_tables.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/freshness/datasets.h"

namespace chimera::freshness {
namespace {

using testing::kFree;
using testing::kLines;
using testing::kOrders;
using testing::kVisits;
using testing::Waiting;

/// The names of what a call touches, where something waits for all of them.
std::string Touched(std::string_view tool, const Json& arguments) {
  const TouchedTables tables(testing::Datasets(), "main");
  std::string names;
  for (const auto& backlog : tables.Of(
           tool, arguments,
           {Waiting(kLines, 1, 5, 5), Waiting(kOrders, 1, 6, 6), Waiting(kVisits, 1, 7, 7), Waiting(kFree, 1, 8, 8)}))
    names += (names.empty() ? "" : " ") + backlog.to.table;
  return names;
}

std::string OfSql(const std::string& sql) {
  return Touched("query", {{"sql", sql}});
}

constexpr const char* kAll = "lines orders visits readings";

TEST(TouchedTables, ATableArgumentIsThatTable) {
  EXPECT_EQ(Touched("query.trend", {{"table", "shop.orders"}}), "orders");
  EXPECT_EQ(Touched("query.trend", {{"table", "lines"}}), "lines");
  EXPECT_EQ(Touched("query.trend", {{"table", "main.lines"}}), "lines");
  EXPECT_EQ(Touched("query.trend", {{"table", "readings"}, {"database", "free"}}), "readings");
  EXPECT_EQ(Touched("query.correlation", {{"x", {{"table", "shop.orders"}}}, {"y", {{"table", "lines"}}}}),
            "lines orders");
  EXPECT_EQ(Touched("list.tables", {{"database", "shop"}}), "orders visits");
}

TEST(TouchedTables, ATableThatNobodyKnowsMayBeAViewOverAny) {
  EXPECT_EQ(Touched("query.trend", {{"table", "mine"}}), kAll);
  EXPECT_EQ(Touched("query.trend", {{"table", "orders"}}), kAll) << "there is no such table in the default database";
  EXPECT_EQ(Touched("query.trend", {{"table", "lines"}, {"database", "other"}}), kAll);
  EXPECT_EQ(OfSql("SELECT * FROM mine"), kAll);
  EXPECT_EQ(OfSql("SELECT * FROM merge('shop', 'o.*')"), kAll);
  EXPECT_EQ(OfSql("SELECT x FROM lines, mine"), kAll);
}

TEST(TouchedTables, ANameInSqlCountsWhereverItStands) {
  EXPECT_EQ(OfSql("SELECT count() FROM shop.orders"), "orders");
  EXPECT_EQ(OfSql("SELECT count() FROM `shop`.\"orders\" o JOIN main.lines USING (x)"), "lines orders");
  EXPECT_EQ(OfSql("WITH r AS (SELECT * FROM shop.orders) SELECT * FROM r"), "orders");
  EXPECT_EQ(OfSql("SELECT visits FROM lines"), "lines visits");
  EXPECT_EQ(OfSql("SELECT 1"), "");
  EXPECT_EQ(OfSql("SELECT 'orders' FROM lines -- visits"), "lines");
  EXPECT_EQ(OfSql("SELECT 'open"), kAll);
}

TEST(TouchedTables, OneShardsTableIsTheTable) {
  EXPECT_EQ(OfSql("SELECT 1 FROM shop.orders_local"), "orders");
  EXPECT_EQ(OfSql("SELECT orders_local FROM lines"), "lines orders");
  EXPECT_EQ(Touched("describe.table", {{"table", "shop.daily_local"}}), "orders visits");
}

TEST(TouchedTables, AViewStandsForItsDataset) {
  EXPECT_EQ(OfSql("SELECT 1 FROM shop.daily"), "orders visits");
  EXPECT_EQ(OfSql("SELECT daily FROM lines"), "lines orders visits");
  EXPECT_EQ(Touched("query.trend", {{"table", "shop.daily"}}), "orders visits");
  EXPECT_EQ(Touched("get.days", Json::object()), "orders visits");
}

TEST(TouchedTables, AnAnalysisIsItsSqlInItsDatabase) {
  EXPECT_EQ(Touched("get.orders", Json::object()), "orders");
  EXPECT_EQ(Touched("get_orders", {{"table", "lines"}}), "orders");
  EXPECT_EQ(Touched("get.noted", Json::object()), "visits");
}

TEST(TouchedTables, ReadsThatNameNothingTouchEverything) {
  EXPECT_EQ(Touched("list.databases", Json::object()), kAll);
  EXPECT_EQ(Touched("get.unknown", {{"days", 7}}), kAll);
}

TEST(TouchedTables, AKnownTableNeedNotWait) {
  const TouchedTables tables(testing::Datasets(), "main");
  EXPECT_TRUE(tables.Of("query", {{"sql", "SELECT 1 FROM shop.orders"}}, {Waiting(kLines, 1, 5, 5)}).empty());
}

}  // namespace
}  // namespace chimera::freshness
