#include "metrics/observed_client.h"

#include <gtest/gtest.h>

#include "support/fake_client.h"

namespace chimera::metrics {
namespace {

class Recorder : public Observer {
 public:
  void OnStatement(const Statement& statement) override { statements.push_back(statement); }
  std::vector<Statement> statements;
};

RequestContext Context() {
  return RequestContext::For("test", std::chrono::seconds(5), {});
}

class ObservedClientTest : public ::testing::Test {
 protected:
  testing::FakeClient fake_;
  Recorder recorder_;
  ObservedClient client_{fake_, {&recorder_}};
};

TEST_F(ObservedClientTest, TellsWhatAReadGave) {
  auto rows = testing::MakeRows({{"a", "UInt8"}}, Json::parse("[[1],[2]]"));
  rows.statistics.rows_read = 700;
  rows.statistics.bytes_read = 5600;
  fake_.QueueRead(rows);
  ASSERT_TRUE(client_.Read(Context(), {"SELECT 1"}).ok());
  ASSERT_EQ(recorder_.statements.size(), 1u);
  const Statement& told = recorder_.statements[0];
  EXPECT_EQ(told.operation, Operation::kRead);
  EXPECT_EQ(Label(told.outcome), "ok");
  EXPECT_EQ(told.rows_returned, 2u);
  EXPECT_EQ(told.bytes_returned, std::string("[1],[2]").size());
  EXPECT_EQ(told.rows_read, 700u);
  EXPECT_EQ(told.bytes_read, 5600u);
}

TEST_F(ObservedClientTest, CountsTheRowsOfAWriteThatSucceeded) {
  const clickhouse::Insert insert{"db", "t", {"a"}, "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", "token"};
  fake_.QueueWrite(clickhouse::Written{});
  fake_.QueueWrite(MakeError(ErrorCode::kTimeout, "late"));
  ASSERT_TRUE(client_.Write(Context(), insert).ok());
  ASSERT_FALSE(client_.Write(Context(), insert).ok());
  ASSERT_EQ(recorder_.statements.size(), 2u);
  EXPECT_EQ(recorder_.statements[0].rows_written, 3u);
  EXPECT_EQ(recorder_.statements[0].table, "t");
  EXPECT_EQ(recorder_.statements[1].rows_written, 0u);
  EXPECT_EQ(Label(recorder_.statements[1].outcome), "timeout");
}

TEST_F(ObservedClientTest, TellsOfStatementsThatFail) {
  fake_.QueueExecute(MakeError(ErrorCode::kAccessDenied, "no"));
  ASSERT_FALSE(client_.Execute(Context(), "DROP", "").ok());
  ASSERT_EQ(recorder_.statements.size(), 1u);
  EXPECT_EQ(recorder_.statements[0].operation, Operation::kExecute);
  EXPECT_EQ(Label(recorder_.statements[0].outcome), "access_denied");
}

}  // namespace
}  // namespace chimera::metrics
