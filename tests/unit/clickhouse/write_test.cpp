#include "unit/clickhouse/client_test.h"

namespace chimera::clickhouse {
namespace {

TEST(Write, SendsOneDeduplicatedBlock) {
  ScriptedServer server(Always(Reply("")));
  auto client = ConnectTo(server.Port());
  std::string body(3 * 1024 * 1024, 'x');
  body += "\n{}";
  auto written = client->Write(Within(5s), {"my`db", "t", {"a", "b c"}, body, "token/1"});
  ASSERT_TRUE(written) << written.error().message;
  WireRequest sent = server.Requests().at(0);
  EXPECT_EQ(sent.body, body);
  EXPECT_EQ(sent.Parameter("query").find("INSERT INTO `my"), 0u);
  EXPECT_TRUE(Has(sent.Parameter("query"), "db`.`t` (`a`, `b c`) FORMAT JSONEachRow"));
  EXPECT_EQ(sent.Parameter("query_id"), written->query_id);
  EXPECT_EQ(sent.Parameter("insert_deduplication_token"), "token/1");
  EXPECT_EQ(sent.Parameter("async_insert"), "0");
  EXPECT_EQ(sent.Parameter("insert_deduplicate"), "1");
  EXPECT_EQ(sent.Parameter("deduplicate_blocks_in_dependent_materialized_views"), "1");
  EXPECT_EQ(sent.Parameter("input_format_null_as_default"), "0");
  EXPECT_EQ(sent.Parameter("wait_end_of_query"), "1");
  EXPECT_FALSE(sent.Has("readonly"));
}

TEST(Write, AnExceptionIsAnErrorWhateverTheStatus) {
  for (int status : {200, 400, 500}) {
    ScriptedServer server(Always(Reply("Code: 252. DB::Exception: Too many partitions. (TOO_MANY_PARTS)", status,
                                       "X-ClickHouse-Exception-Code: 252\r\n")));
    auto written = ConnectTo(server.Port())->Write(Within(5s), {"db", "t", {"a"}, "{}", "token"});
    ASSERT_FALSE(written) << status;
    EXPECT_EQ(written.error().code, ErrorCode::kDatabaseError);
    EXPECT_EQ(written.error().database_code, 252);
  }
}

TEST(Execute, RunsAStatementWithoutReadonly) {
  ScriptedServer server(Always(Reply("")));
  auto client = ConnectTo(server.Port());
  ASSERT_TRUE(client->Execute(Within(5s), "CREATE DATABASE x", ""));
  ASSERT_TRUE(client->Execute(Within(5s), "CREATE TABLE t", "x"));
  auto requests = server.Requests();
  EXPECT_EQ(requests.at(0).body, "CREATE DATABASE x");
  EXPECT_FALSE(requests.at(0).Has("database"));
  EXPECT_FALSE(requests.at(0).Has("readonly"));
  EXPECT_EQ(requests.at(1).Parameter("database"), "x");
}

}  // namespace
}  // namespace chimera::clickhouse
