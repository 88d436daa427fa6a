#include "metrics/observed_catalog.h"

#include <gtest/gtest.h>

#include "mcp/server.h"  // fake_catalog.h needs it
#include "tests/unit/mcp/fake_catalog.h"

namespace chimera::metrics {
namespace {

class Recorder : public Observer {
 public:
  void OnToolCall(const ToolCall& call) override { calls.push_back(std::string(call.tool) + " " + Outcome(call)); }
  std::vector<std::string> calls;

 private:
  static std::string Outcome(const ToolCall& call) { return std::string(Label(call.outcome)); }
};

// Two tools: one listed with a dot, one with an underscore. Both fail with the code that they are given.
class TwoTools : public mcp::testing::FakeCatalog {
 public:
  const std::vector<mcp::ToolDefinition>& Definitions() const override { return definitions_; }
  mcp::ToolResult Call(const mcp::CallContext&, std::string_view, std::string_view arguments) override {
    if (arguments.empty()) throw std::runtime_error("a bug");
    if (arguments == "ok") return {"done", "{}", {}, false};
    return {"it failed", {}, {}, true, std::string(arguments)};
  }

 private:
  const std::vector<mcp::ToolDefinition> definitions_ = {mcp::testing::FakeTool("query.trend", "Trend"),
                                                         mcp::testing::FakeTool("list_tables", "Tables")};
};

class ObservedCatalogTest : public ::testing::Test {
 protected:
  std::string Told(const std::string& tool, const std::string& arguments, std::stop_token stop = {}) {
    const mcp::CallContext context{RequestContext::For("test", std::chrono::seconds(5), std::move(stop))};
    try {
      (void)catalog_.Call(context, tool, arguments);
    } catch (const std::runtime_error&) {
      threw_ = true;
    }
    return recorder_.calls.back();
  }

  TwoTools tools_;
  Recorder recorder_;
  ObservedCatalog catalog_{tools_, {&recorder_}};
  bool threw_ = false;
};

TEST_F(ObservedCatalogTest, NamesAToolAsItIsListedWhicheverWayItIsCalled) {
  EXPECT_EQ(Told("query.trend", "ok"), "query.trend ok");
  EXPECT_EQ(Told("query_trend", "ok"), "query.trend ok");
  EXPECT_EQ(Told("list.tables", "ok"), "list_tables ok");
  EXPECT_EQ(Told("a name that somebody made up", "ok"), "unknown ok");
}

TEST_F(ObservedCatalogTest, TellsTheCodeOfAnErrorAndOnlyKnownCodes) {
  EXPECT_EQ(Told("query.trend", "unknown_column"), "query.trend unknown_column");
  EXPECT_EQ(Told("query.trend", "made_up"), "query.trend internal");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(Told("query.trend", "timeout", stop.get_token()), "query.trend cancelled");
}

TEST_F(ObservedCatalogTest, CountsACallThatThrows) {
  EXPECT_EQ(Told("query.trend", ""), "query.trend internal");
  EXPECT_TRUE(threw_);
  EXPECT_EQ(catalog_.InFlight(), 0u);
}

}  // namespace
}  // namespace chimera::metrics
