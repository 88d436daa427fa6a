// What is asked of two databases to compare a table, and what is made of their answers.
#include "ingest/comparison.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/fake_client.h"

namespace chimera::ingest {
namespace {

using testing::FakeClient;
using testing::MakeRows;

/// A database with one table, of which it says these things, as JSON.
struct Database {
  std::string table = R"x([["MergeTree", "toDate(ts)"]])x";
  std::string columns = R"x([["ts", "DateTime('UTC')", ""], ["n", "UInt64", ""]])x";
  std::string sums = R"x([["2025-10-07", "2", "17"]])x";
  std::string manifests = "[]";
};

class ComparisonTest : public ::testing::Test {
 protected:
  static void Script(FakeClient& client, const Database& database) {
    client.OnRead([database](const clickhouse::Query& query) -> Result<clickhouse::Rows> {
      const auto asks = [&](const char* word) { return query.sql.find(word) != std::string::npos; };
      const std::string& answer = asks("system.tables")      ? database.table
                                  : asks("system.columns")   ? database.columns
                                  : asks("ingest_manifests") ? database.manifests
                                                             : database.sums;
      return MakeRows({}, Json::parse(answer));
    });
  }
  TableComparison Compare(const Database& main, const Database& mirror, TableToCompare what = {"db", "t", {}, {}, {}}) {
    Script(main_, main);
    Script(mirror_, mirror);
    auto compared = CompareTable(context_, main_, mirror_, what);
    EXPECT_TRUE(compared.ok()) << compared.error().message;
    return *std::move(compared);
  }

  const RequestContext context_ = RequestContext::For("test", std::chrono::seconds(5), {});
  FakeClient main_;
  FakeClient mirror_;
};

TEST_F(ComparisonTest, SameSumsAreEqual) {
  const auto compared = Compare({}, {});
  EXPECT_TRUE(compared.Equal());
  EXPECT_EQ(compared.rows, 2u);
  EXPECT_EQ(main_.Queries().back().sql, mirror_.Queries().back().sql);
  EXPECT_EQ(main_.Queries().back().sql,
            "SELECT ifNull(toString(toDate(`ts`, 'UTC')), 'no day') AS chimera_day, toString(count()), "
            "toString(sum(sipHash64(toString([toString(`n`), toString(`ts`, 'UTC')])))) FROM `t` GROUP BY chimera_day");
}

TEST_F(ComparisonTest, TellsTheDaysThatDiffer) {
  Database main;
  main.sums = R"x([["2025-10-07", "2", "17"], ["2025-10-08", "1", "5"], ["2025-10-09", "3", "6"]])x";
  Database mirror;
  mirror.sums = R"x([["2025-10-07", "2", "18"], ["2025-10-09", "3", "6"], ["2025-10-10", "1", "5"]])x";
  const auto compared = Compare(main, mirror);
  EXPECT_FALSE(compared.Equal());
  ASSERT_EQ(compared.days.size(), 3u);
  EXPECT_EQ(compared.days[0].day, "2025-10-07");
  EXPECT_EQ(compared.days[0].rows, compared.days[0].mirror_rows);
  EXPECT_EQ(compared.days[1].mirror_rows, 0u);
  EXPECT_EQ(compared.days[2].rows, 0u);
}

TEST_F(ComparisonTest, LeavesOutColumnsThatEachFillsAndTellsThoseThatOneLacks) {
  Database main;
  main.columns = R"x([["a", "String", ""], ["made", "DateTime", "now()"], ["n", "UInt8", ""], ["old", "UInt8", ""],
                     ["ingest_position", "DateTime64(6, 'UTC')", ""]])x";
  Database mirror;
  mirror.columns = R"x([["a", "LowCardinality(String)", ""], ["made", "DateTime", ""], ["n", "UInt8", ""],
                       ["new", "UInt8", ""], ["ingest_position", "DateTime64(6, 'UTC')", ""]])x";
  const auto compared = Compare(main, mirror);
  EXPECT_FALSE(compared.Equal());
  EXPECT_EQ(compared.left_out, (std::vector<std::string>{"ingest_position", "made"}));
  EXPECT_EQ(compared.only_main, std::vector<std::string>{"old"});
  EXPECT_EQ(compared.only_mirror, std::vector<std::string>{"new"});
  ASSERT_EQ(compared.types.size(), 1u);
  EXPECT_EQ(compared.types[0].column, "a");
  EXPECT_NE(main_.Queries().back().sql.find("toString([toString(`a`), toString(`n`)])"), std::string::npos);
}

TEST_F(ComparisonTest, ATableThatIsMissingDiffers) {
  Database none;
  none.table = "[]";
  EXPECT_EQ(Compare({}, none).presence, Presence::kMain);
  EXPECT_FALSE(Compare(none, {}).Equal());
  EXPECT_TRUE(Compare(none, none).Equal());
}

TEST_F(ComparisonTest, AsksForWhatMergesLeaveAndWhatRetentionKeeps) {
  Database merging;
  merging.table = R"x([["ReplicatedReplacingMergeTree", "tuple()"]])x";
  Compare(merging, {}, {"db", "t", "", "ts", "2025-01-02"});
  const std::string sql = main_.Queries().back().sql;
  EXPECT_NE(sql.find("SELECT '' AS"), std::string::npos) << sql;
  EXPECT_NE(sql.find("FROM `t` FINAL WHERE toDate(`ts`, 'UTC') > toDate('2025-01-02')"), std::string::npos) << sql;
  EXPECT_EQ(mirror_.Queries().back().sql.find("FINAL"), std::string::npos);
}

TEST_F(ComparisonTest, DaysThatAreBeingWrittenDoNotCount) {
  Database main;
  main.sums = R"x([["2025-10-07", "3", "1"], ["2025-10-08", "1", "5"]])x";
  main.manifests = R"x([["2025-10-08"]])x";
  auto compared = Compare(main, {});
  const auto days = DaysStoredBehind(context_, main_, compared.what, 7);
  ASSERT_TRUE(days.ok());
  const auto asked = main_.Queries().back();
  EXPECT_TRUE(std::any_of(asked.parameters.begin(), asked.parameters.end(),
                          [](const auto& parameter) { return parameter.name == "until" && parameter.value == "7"; }));
  SetAside(*days, compared);
  ASSERT_EQ(compared.days.size(), 1u);
  EXPECT_EQ(compared.days[0].day, "2025-10-07");
  EXPECT_EQ(compared.being_written, std::vector<std::string>{"2025-10-08"});
  SetAside({""}, compared);
  EXPECT_TRUE(compared.Equal()) << "rows without a day may be of any";
}

}  // namespace
}  // namespace chimera::ingest
