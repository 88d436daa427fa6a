#include "engine/statement.h"

#include <gtest/gtest.h>

namespace chimera::engine {
namespace {

int CodeOf(const Result<Statement>& result) {
  return result.ok() ? 0 : result.error().database_code;
}

TEST(InsertHead, EndsWhereTheDataBegin) {
  const std::string text = "INSERT INTO db.t (a, format) SETTINGS async_insert=0 FORMAT JSONEachRow\n{\"a\":1}";
  const auto head = FindInsertHead(text);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->sql, "INSERT INTO db.t (a, format) SETTINGS async_insert=0 ");
  EXPECT_EQ(head->format, "JSONEachRow");
  EXPECT_EQ(text.substr(head->data_offset), "{\"a\":1}");
}

TEST(InsertHead, RemovesOneLineFeedOnly) {
  const std::string text = "insert into t format TSV \r\n\n1";
  const auto head = FindInsertHead(text);
  ASSERT_TRUE(head);
  EXPECT_EQ(text.substr(head->data_offset), "\n1");
}

TEST(InsertHead, SurvivesDataThatIsNotSql) {
  const auto head = FindInsertHead("INSERT INTO t FORMAT RowBinary\n\x01\xff'\"`/*");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->format, "RowBinary");
}

TEST(InsertHead, TakesValuesAsAFormat) {
  const std::string text = "INSERT INTO t VALUES (1, 'x FORMAT CSV')";
  const auto head = FindInsertHead(text);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->format, "Values");
  EXPECT_EQ(text.substr(head->data_offset), " (1, 'x FORMAT CSV')");
}

TEST(InsertHead, AcceptsATableCalledFormat) {
  const auto head = FindInsertHead("INSERT INTO format FORMAT CSV\n1");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->sql, "INSERT INTO format ");
  EXPECT_EQ(FindInsertHead("INSERT INTO db.values VALUES (1)")->sql, "INSERT INTO db.values ");
}

TEST(InsertHead, IsNotFoundWhereNoDataFollow) {
  for (const char* text :
       {"SELECT 1 FORMAT JSON", "INSERT INTO t SELECT * FROM s FORMAT CSV", "INSERT INTO t (a, b)",
        "INSERT INTO t FROM INFILE 'x' FORMAT CSV", "SELECT 'INSERT INTO t FORMAT CSV'", "-- INSERT INTO t FORMAT CSV",
        "INSERT INTO t", "INSERT INTO t FORMAT", "", "SELECT 1; INSERT INTO t VALUES (1)"}) {
    EXPECT_FALSE(FindInsertHead(text)) << text;
  }
}

TEST(InsertHead, GivesUpOnAnAdversary) {
  std::string text = "INSERT INTO t (";
  while (text.size() < 4 * kMaxInsertHead) text += "format, values, ";
  EXPECT_FALSE(FindInsertHead(text));
}

TEST(Statement, RoutesByTheFirstWord) {
  for (const char* text : {"SELECT 1", "(SELECT 1) UNION ALL SELECT 2", "WITH 1 AS x SELECT x", "FROM t SELECT a"}) {
    EXPECT_EQ(ReadStatement(text)->route, Route::kSelect) << text;
    EXPECT_TRUE(ReadStatement(text)->reads_only) << text;
  }
  for (const char* text : {"SHOW TABLES", "EXPLAIN SELECT 1", "DESCRIBE TABLE t"}) {
    EXPECT_EQ(ReadStatement(text)->route, Route::kWhole) << text;
    EXPECT_TRUE(ReadStatement(text)->reads_only) << text;
  }
  for (const char* text :
       {"INSERT INTO t SELECT 1", "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", "DROP TABLE t"}) {
    EXPECT_EQ(ReadStatement(text)->route, Route::kWhole) << text;
    EXPECT_FALSE(ReadStatement(text)->reads_only) << text;
  }
}

TEST(Statement, FindsItsFormatAtTheTop) {
  EXPECT_EQ(ReadStatement("SELECT 1 FORMAT JSON;")->format, "JSON");
  EXPECT_EQ(ReadStatement("SELECT 1 FORMAT CSV SETTINGS max_threads = 1")->format, "CSV");
  EXPECT_EQ(ReadStatement("SELECT format FROM (SELECT 1 AS format)")->format, "FROM");  // as ClickHouse would read it
  EXPECT_EQ(ReadStatement("SELECT 'x FORMAT JSON', f(format) FROM t")->format, "");
}

TEST(Statement, KnowsWhatCannotBeStreamed) {
  EXPECT_TRUE(ReadStatement("SELECT a, count() FROM t GROUP BY a WITH TOTALS")->framed);
  EXPECT_TRUE(ReadStatement("SELECT 1 SETTINGS output_format_json_array_of_rows = 1")->framed);
  EXPECT_FALSE(ReadStatement("SELECT 'totals'")->framed);
}

TEST(Statement, IsExactlyOne) {
  EXPECT_EQ(CodeOf(ReadStatement("SELECT 1; -- the end")), 0);
  EXPECT_EQ(CodeOf(ReadStatement("SELECT ';'")), 0);
  EXPECT_EQ(CodeOf(ReadStatement("SELECT 1; SELECT 2")), 62);
  EXPECT_EQ(CodeOf(ReadStatement("; SELECT 2")), 62);
  EXPECT_EQ(CodeOf(ReadStatement("")), 62);
  EXPECT_EQ(CodeOf(ReadStatement(" ; ")), 62);
  EXPECT_EQ(CodeOf(ReadStatement("SELECT 'open")), 62);
  EXPECT_EQ(CodeOf(ReadStatement("exit")), 62);
  EXPECT_EQ(CodeOf(ReadStatement("quit;")), 62);
}

TEST(Statement, RefusesFilesAndTheEndOfTheProcess) {
  for (const char* text :
       {"SELECT 1 INTO OUTFILE 'x'", "select 1 into /* */ outfile 'x' truncate",
        "INSERT INTO t FROM INFILE 'x' FORMAT CSV", "SYSTEM KILL", "SYSTEM SHUTDOWN", "SYSTEM DROP REPLICA 'x'"}) {
    EXPECT_EQ(CodeOf(ReadStatement(text)), 497) << text;
  }
  EXPECT_EQ(CodeOf(ReadStatement("SELECT 'INTO OUTFILE', 1 AS outfile FROM infile")), 0);
  EXPECT_EQ(CodeOf(ReadStatement("SYSTEM FLUSH LOGS")), 0);
}

TEST(Statement, ReadsAKill) {
  const auto kill = ReadStatement("KILL QUERY WHERE query_id = 'it\\'s' SYNC FORMAT JSON");
  ASSERT_TRUE(kill.ok());
  EXPECT_EQ(kill->route, Route::kKillQuery);
  EXPECT_EQ(kill->killed_query_id, "it's");
  EXPECT_EQ(kill->format, "JSON");
  EXPECT_FALSE(kill->kill_is_test);
  EXPECT_TRUE(ReadStatement("KILL QUERY WHERE query_id='x' TEST")->kill_is_test);
  EXPECT_EQ(CodeOf(ReadStatement("KILL QUERY WHERE user = 'default'")), 48);
  EXPECT_EQ(CodeOf(ReadStatement("KILL QUERY WHERE query_id = 'x' OR 1")), 48);
  EXPECT_EQ(CodeOf(ReadStatement("KILL MUTATION WHERE database = 'x'")), 48);
}

}  // namespace
}  // namespace chimera::engine
