// What the gate hands back, and its bounds.
#include "sql/read_gate.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace chimera::sql {
namespace {

std::string Repeat(std::string_view text, size_t times) {
  std::string repeated;
  for (size_t i = 0; i < times; ++i) repeated += text;
  return repeated;
}

TEST(ReadGate, HasOnePolicyForTablesInAndOutsideOfSql) {
  EXPECT_TRUE(CheckTable("chimera_metrics", "users").ok());
  EXPECT_TRUE(CheckTable("system", "tables").ok());
  for (const char* table : {"processes", "users", "query_log", "named_collections", "something_new"}) {
    EXPECT_FALSE(CheckTable("SYSTEM", table).ok()) << table;
  }
}

TEST(ReadGate, OpensWhatTheOperatorNames) {
  const ReadPolicy policy = {{"geo_distance"}, {"shop.regions"}};
  for (const std::string_view sql :
       {"SELECT geo_distance(a, b) FROM t", "SELECT arrayMap(geo_distance, xs) FROM t",
        "SELECT dictGet('shop.regions', 'name', id), dictHas('shop.regions', id) FROM t"}) {
    EXPECT_TRUE(CheckRead(sql, policy).ok()) << sql;
    EXPECT_FALSE(CheckRead(sql).ok()) << sql;
  }
  for (const std::string_view sql :
       {"SELECT GEO_distance(a, b) FROM t", "SELECT dictGet('shop.other', 'name', id) FROM t",
        "SELECT dictGet('shop.' || 'regions', 'name', id) FROM t", "SELECT arrayMap(dictGet, xs) FROM t",
        "WITH 'x' AS regions SELECT dictGet(shop.regions, 'name', id) FROM t"}) {
    EXPECT_FALSE(CheckRead(sql, policy).ok()) << sql;
  }
}

TEST(ReadGate, RemovesWhatFollowsTheStatement) {
  const auto statement = CheckRead("  -- why\nSELECT 'a;' ; -- done\n;");
  ASSERT_TRUE(statement.ok());
  EXPECT_EQ(statement->text, "  -- why\nSELECT 'a;'");
}

TEST(ReadGate, ReturnsSettingsUnquotedAndOnce) {
  const auto statement = CheckRead(
      "SELECT * FROM (SELECT 1 SETTINGS max_threads = 2) "
      "SETTINGS max_threads = 2, `join_algorithm` = 'hash,auto', join_use_nulls = TRUE, session_timezone = "
      "'Europe/Berlin'");
  ASSERT_TRUE(statement.ok()) << statement.error().message;
  const std::vector<std::pair<std::string, std::string>> expected = {{"max_threads", "2"},
                                                                     {"join_algorithm", "hash,auto"},
                                                                     {"join_use_nulls", "1"},
                                                                     {"session_timezone", "Europe/Berlin"}};
  EXPECT_EQ(statement->settings, expected);
}

TEST(ReadGate, TreatsACalledColumnSettingsAsAColumn) {
  const auto statement = CheckRead("SELECT settings, t.settings AS s FROM t WHERE settings != '' ORDER BY settings");
  ASSERT_TRUE(statement.ok());
  EXPECT_TRUE(statement->settings.empty());
}

TEST(ReadGate, PointsAtTheOffendingToken) {
  const std::string sql = "SELECT a FROM t JOIN url('x') USING a";
  const auto statement = CheckRead(sql);
  ASSERT_FALSE(statement.ok());
  EXPECT_EQ(statement.error().code, ErrorCode::kStatementRefused);
  EXPECT_EQ(statement.error().position, sql.find("url"));
}

TEST(ReadGate, TellsWritersWhereToWrite) {
  for (const std::string_view sql :
       {"INSERT INTO t VALUES (1)", "WITH 1 AS x INSERT INTO t SELECT x", "DELETE FROM t WHERE 1"}) {
    const auto statement = CheckRead(sql);
    ASSERT_FALSE(statement.ok()) << sql;
    EXPECT_EQ(statement.error().code, ErrorCode::kStatementRefused) << sql;
    EXPECT_NE(statement.error().hint.find("insert.*"), std::string::npos) << sql;
  }
}

TEST(ReadGate, TellsHowToSendTwoStatements) {
  const auto statement = CheckRead("SELECT 1; SELECT 2");
  ASSERT_FALSE(statement.ok());
  EXPECT_NE(statement.error().hint.find("send the first alone"), std::string::npos);
  EXPECT_EQ(statement.error().position, 10u);
}

TEST(ReadGate, TellsThatNothingWasSent) {
  for (const std::string_view sql : {"", " \n\t", "-- nothing", "/* nothing */", ";", " ; ; "}) {
    const auto statement = CheckRead(sql);
    ASSERT_FALSE(statement.ok()) << sql;
    EXPECT_EQ(statement.error().code, ErrorCode::kSyntaxError) << sql;
    EXPECT_NE(statement.error().message.find("no statement"), std::string::npos) << sql;
    EXPECT_FALSE(statement.error().hint.empty()) << sql;
  }
}

TEST(ReadGate, RefusesEncodingsBeforeTheyReachTheServer) {
  const std::string full_width = "\uff33\uff25\uff2c\uff25\uff23\uff34 1";
  for (const std::string& sql :
       {full_width, std::string("SELECT 1\0; DROP TABLE t", 23), std::string("SELECT '\xc3\x28'"),
        std::string("\ufeffSELECT 1"), std::string("SELECT 'abc"), std::string("SELECT $x$ abc $y$")}) {
    const auto statement = CheckRead(sql);
    ASSERT_FALSE(statement.ok()) << sql;
    EXPECT_EQ(statement.error().code, ErrorCode::kSyntaxError) << sql;
  }
}

TEST(ReadGate, BoundsTheLength) {
  const std::string padded = "SELECT 1" + std::string(kMaxStatementBytes - 8, ' ');
  EXPECT_TRUE(CheckRead(padded).ok());
  const auto longer = CheckRead(padded + " ");
  ASSERT_FALSE(longer.ok());
  EXPECT_EQ(longer.error().code, ErrorCode::kTooLarge);
}

TEST(ReadGate, BoundsTheNesting) {
  EXPECT_TRUE(CheckRead("SELECT " + Repeat("(", 400) + "1" + Repeat(")", 400)).ok());
  for (const std::string_view opening : {"(", "[", "(SELECT ", "abs(", "{"}) {
    const auto statement = CheckRead("SELECT " + Repeat(opening, 10'000));
    ASSERT_FALSE(statement.ok()) << opening;
    EXPECT_EQ(statement.error().code, ErrorCode::kTooLarge) << opening;
    EXPECT_TRUE(statement.error().position.has_value()) << opening;
  }
  const auto tables = CheckRead("SELECT 1 FROM " + Repeat("(", 10'000));
  ASSERT_FALSE(tables.ok());
  EXPECT_EQ(tables.error().code, ErrorCode::kTooLarge);
}

// Each shape made some lexer or parser quadratic. There is no clock here: a slow gate runs into the test's timeout.
TEST(ReadGate, StaysLinearOnLongStatements) {
  for (const std::string_view shape : {"(",
                                       ")",
                                       "[",
                                       "abs(",
                                       "/*",
                                       "-- \n",
                                       "'",
                                       "''",
                                       "\\'",
                                       "`a`",
                                       "$a",
                                       "$a$ ",
                                       "$a$",
                                       "a.",
                                       "1.",
                                       "1e",
                                       "a,",
                                       "a IN ",
                                       "NOT ",
                                       "FROM a,",
                                       "WITH ",
                                       "SELECT ",
                                       "UNION ALL SELECT 1 ",
                                       "ARRAY JOIN a ",
                                       "JOIN a ",
                                       "SETTINGS max_threads = 1 ",
                                       "IS DISTINCT FROM ",
                                       "ALL ",
                                       "((SELECT ",
                                       "APPLY(",
                                       "abs(a),",
                                       "arrayMap(u, ",
                                       "merge(a, ",
                                       "x -> x AS f, f(",
                                       "arrayMap((",
                                       "\u00a0"}) {
    std::string sql = "SELECT 1 FROM t WHERE ";
    sql += Repeat(shape, (kMaxStatementBytes - sql.size()) / shape.size());
    static_cast<void>(CheckRead(sql).ok());
  }
}

}  // namespace
}  // namespace chimera::sql
