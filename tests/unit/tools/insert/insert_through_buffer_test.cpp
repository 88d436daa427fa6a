// The insert tools while all rows have to go through the buffer: nothing goes past it, whatever the mode.
#include <gtest/gtest.h>

#include "base/principal.h"
#include "sample_declaration.h"
#include "support/fake_client.h"
#include "tools/insert_tool.h"

namespace chimera::tools {
namespace {

using testing::EventsTool;
using testing::FakeClient;
using testing::SampleDataset;

constexpr char kRow[] = R"("data":{"run_id":"b701af3b-1e66-4a17-8122-59ce95d53e19","source":"council"})";

class FakeBuffer : public ingest::WriteBuffer {
 public:
  Result<ingest::Accepted> Accept(const RequestContext&, const ingest::Write& write) override {
    accepted.push_back(write);
    return ingest::Accepted{1'700'000'000'000'000, accepted.size() + stored.size() > 1};
  }
  bool TakesAll() const override { return takes_all; }
  Result<ingest::Accepted> AcceptAndFlush(const RequestContext&, const ingest::Write& write) override {
    if (failure) return *failure;
    stored.push_back(write);
    return ingest::Accepted{1'700'000'000'000'000, accepted.size() + stored.size() > 1};
  }
  Status Flush(const RequestContext&, const std::vector<ingest::Destination>&, ingest::Position) override {
    return Ok();
  }
  Result<std::vector<ingest::Backlog>> Backlogs(const RequestContext&) override {
    return std::vector<ingest::Backlog>();
  }
  Result<std::vector<ingest::Entry>> Waiting(const RequestContext&, const ingest::Destination&,
                                             const ingest::BatchLimits&) override {
    return std::vector<ingest::Entry>();
  }

  bool takes_all = true;
  std::optional<Error> failure;
  std::vector<ingest::Write> accepted;
  std::vector<ingest::Write> stored;
};

class InsertThroughBufferTest : public ::testing::Test {
 protected:
  InsertThroughBufferTest() {
    client_.OnWrite([](const clickhouse::Insert&) { return clickhouse::Written{}; });
    InsertOptions options;
    options.buffer = &buffer_;
    // At noon: around midnight, rows without a time are looked for under the day before.
    const auto noon = [] { return Instant(std::chrono::hours(24 * 20'000 + 12)); };
    tool_ = CreateInsertTool(client_, SampleDataset(), EventsTool(), noon, options);
  }
  Result<Answer> Call(const std::string& more = "", const RequestContext& context = {}) {
    return tool_->Run(context, std::string("{") + kRow + more + "}");
  }

  FakeClient client_;
  FakeBuffer buffer_;
  std::unique_ptr<Tool> tool_;
};

TEST_F(InsertThroughBufferTest, SyncWaitsForTheTableAndNeverGoesPast) {
  const auto answer = Call();
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  ASSERT_EQ(buffer_.stored.size(), 1u);
  EXPECT_TRUE(client_.Inserts().empty());
  EXPECT_TRUE(client_.Queries().empty());
  EXPECT_EQ(answer->summary.find("1 row is in metrics.events"), 0u) << answer->summary;
  const Json told = Json::parse(answer->structured_json);
  EXPECT_EQ(told["position"], "2023-11-14T22:13:20.000000Z");
  EXPECT_EQ(answer->structured_json.find("those of mode sync"), std::string::npos);
  const auto again = Call(R"(,"mode":"buffered")");
  ASSERT_TRUE(again.ok());
  ASSERT_EQ(buffer_.accepted.size(), 1u);
  EXPECT_EQ(buffer_.accepted[0].identity, buffer_.stored[0].identity) << "a repeat, whatever its mode";
  EXPECT_NE(again->summary.find("came before"), std::string::npos) << again->summary;
}

TEST_F(InsertThroughBufferTest, SaysWhatTheBufferSays) {
  buffer_.failure = MakeError(ErrorCode::kTimeout, "the rows are safe in the buffer");
  const auto answer = Call();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().message, "the rows are safe in the buffer");
  EXPECT_TRUE(client_.Inserts().empty());
}

TEST_F(InsertThroughBufferTest, ACallerWithADatabaseAccountCannotWriteMeanwhile) {
  auto principal = std::make_shared<Principal>();
  principal->database_account = std::make_shared<DatabaseAccount>();
  RequestContext context;
  context.principal = principal;
  const auto refused = Call("", context);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kAccessDenied);
  EXPECT_NE(refused.error().hint.find("two databases"), std::string::npos);
  EXPECT_TRUE(client_.Inserts().empty());
}

TEST_F(InsertThroughBufferTest, OtherwiseSyncGoesPastIt) {
  buffer_.takes_all = false;
  ASSERT_TRUE(Call().ok());
  EXPECT_EQ(client_.Inserts().size(), 1u);
  EXPECT_TRUE(buffer_.stored.empty());
}

}  // namespace
}  // namespace chimera::tools
