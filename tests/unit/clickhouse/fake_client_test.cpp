#include "support/fake_client.h"

#include <gtest/gtest.h>

namespace chimera::testing {
namespace {

TEST(FakeClient, AnswersFromTheQueueThenFromTheCallbackAndRecords) {
  FakeClient client("db");
  client.QueueRead(MakeRows({{"a", "UInt8"}}, Json::array({Json::array({1}), Json::array({2})})));
  client.OnRead([](const clickhouse::Query& query) -> Result<clickhouse::Rows> {
    return MakeError(ErrorCode::kUnknownTable, query.sql);
  });
  auto rows = client.Read({}, {.sql = "first"});
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->rows_json, "[1],[2]");
  EXPECT_EQ(rows->row_count, 2u);
  auto failed = client.Read({}, {.sql = "second"});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "second");
  ASSERT_EQ(client.Queries().size(), 2u);
  EXPECT_EQ(client.Queries()[1].sql, "second");
}

TEST(FakeClient, AnUnscriptedCallIsAnErrorThatNamesTheStatement) {
  FakeClient client;
  auto read = client.Read({}, {.sql = "SELECT 7"});
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("SELECT 7"), std::string::npos);
  EXPECT_FALSE(client.Execute({}, "CREATE", ""));
}

TEST(FakeClient, KeepsTheBytesOfAnInsert) {
  FakeClient client;
  client.QueueWrite(clickhouse::Written{});
  {
    std::string body = "{\"a\":1}";
    clickhouse::Insert insert{"db", "t", {"a"}, body, "token"};
    ASSERT_TRUE(client.Write({}, insert));
  }
  ASSERT_EQ(client.Inserts().size(), 1u);
  EXPECT_EQ(client.Inserts()[0].body, "{\"a\":1}");
}

}  // namespace
}  // namespace chimera::testing
