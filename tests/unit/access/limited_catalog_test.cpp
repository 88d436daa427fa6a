#include "access/limited_catalog.h"

#include <gtest/gtest.h>

#include "mcp/server.h"  // fake_catalog.h needs it
#include "tests/unit/mcp/fake_catalog.h"

namespace chimera::access {
namespace {

// Reads as many rows as it is told: `fails` is what a statement was seen to read before it failed.
class Reading : public mcp::testing::FakeCatalog {
 public:
  bool Has(std::string_view) const override { return true; }
  mcp::ToolResult Call(const mcp::CallContext& context, std::string_view, std::string_view arguments) override {
    ++calls;
    const uint64_t rows = std::stoull(std::string(arguments));
    if (fails) context.on_progress({.done = static_cast<double>(rows), .total = {}, .message = {}});
    if (!fails && context.trace) context.trace->Note("q", "SELECT 1", {.rows_read = rows});
    return {"read", "{}", {}, false};
  }
  bool fails = false;
};

mcp::CallContext ContextOf(const std::string& principal) {
  mcp::CallContext context;
  context.principal = std::make_shared<Principal>(Principal{principal, {Scope::kRead}});
  return context;
}

class LimitedCatalogTest : public ::testing::Test {
 protected:
  LimitedCatalog Make(Limits limits) {
    return LimitedCatalog(tools_, std::move(limits), [this] { return now_; });
  }
  Reading tools_;
  Clock::time_point now_{};
};

TEST_F(LimitedCatalogTest, ARefusedCallIsNotMadeAndSaysWhenToComeBack) {
  auto catalog = Make({.calls_per_minute = 1});
  EXPECT_FALSE(catalog.Call(ContextOf("ana"), "echo", "0").is_error);
  const auto refused = catalog.Call(ContextOf("ana"), "echo", "0");
  EXPECT_TRUE(refused.is_error);
  EXPECT_EQ(refused.error_code, "rate_limited");
  const Json error = Json::parse(refused.meta_json)["chimera/error"];
  EXPECT_EQ(error["code"], "rate_limited");
  EXPECT_EQ(error["retry_after_s"], 60);
  EXPECT_EQ(tools_.calls, 1);
  EXPECT_FALSE(catalog.Call(ContextOf("bo"), "echo", "0").is_error);
}

TEST_F(LimitedCatalogTest, ChargesWhatTheDatabaseSaysThatItRead) {
  auto catalog = Make({.rows_per_hour = 1000});
  EXPECT_FALSE(catalog.Call(ContextOf("ana"), "echo", "999").is_error);
  EXPECT_FALSE(catalog.Call(ContextOf("ana"), "echo", "500").is_error);
  EXPECT_EQ(catalog.Call(ContextOf("ana"), "echo", "0").error_code, "quota_exceeded");
  EXPECT_FALSE(catalog.Call(ContextOf("bo"), "echo", "0").is_error);
}

TEST_F(LimitedCatalogTest, ChargesWhatAFailedStatementWasSeenToRead) {
  auto catalog = Make({.rows_per_hour = 1000});
  tools_.fails = true;
  EXPECT_FALSE(catalog.Call(ContextOf("ana"), "echo", "5000").is_error);
  EXPECT_EQ(catalog.Call(ContextOf("ana"), "echo", "0").error_code, "quota_exceeded");
}

TEST_F(LimitedCatalogTest, TwoSpellingsOfAToolShareItsLimit) {
  class Dotted : public Reading {
   public:
    const std::vector<mcp::ToolDefinition>& Definitions() const override { return definitions_; }

   private:
    const std::vector<mcp::ToolDefinition> definitions_ = {mcp::testing::FakeTool("query.trend", "Trend")};
  } dotted;
  LimitedCatalog catalog(dotted, {.tools = {{"query.*", 1}}}, [this] { return now_; });
  EXPECT_FALSE(catalog.Call(ContextOf("ana"), "query.trend", "0").is_error);
  EXPECT_TRUE(catalog.Call(ContextOf("ana"), "query_trend", "0").is_error);
}

}  // namespace
}  // namespace chimera::access
