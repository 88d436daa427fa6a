#include "audit/audited_catalog.h"

#include "mcp/server.h"  // fake_catalog.h needs it
#include "tests/unit/audit/log_folder.h"
#include "tests/unit/mcp/fake_catalog.h"

namespace chimera::audit {
namespace {

// Two tools, `query` and `insert.runs`, that do what `act` does.
class Acting : public mcp::testing::FakeCatalog {
 public:
  Acting() { definitions_[1].annotations.read_only = false; }
  const std::vector<mcp::ToolDefinition>& Definitions() const override { return definitions_; }
  bool Has(std::string_view) const override { return true; }
  mcp::ToolResult Call(const mcp::CallContext& context, std::string_view, std::string_view) override {
    ++calls;
    last_comment = context.log_comment;
    context.trace->Note("q1", "SELECT before", {.rows_read = 1, .bytes_read = 10});
    context.trace->Note("q2", "SELECT last", {.rows_read = 2, .rows_written = 5});
    if (throws) throw std::runtime_error("a bug");
    return result;
  }
  mcp::ToolResult result{"four", R"({"a":1})", {}, false};
  bool throws = false;
  std::string last_comment;

 private:
  std::vector<mcp::ToolDefinition> definitions_ = {mcp::testing::FakeTool("query", "Query"),
                                                   mcp::testing::FakeTool("insert.runs", "Insert")};
};

class AuditedCatalogTest : public testing::LogFolder {
 protected:
  AuditedCatalogTest() {
    context_.request_id = "7";
    context_.session_id = "5d0e";
    context_.client = "claude/2";
    context_.peer = "10.0.0.1";
    context_.principal = std::make_shared<Principal>(Principal{"ana", {}});
  }
  AuditedCatalog Make(AuditOptions options = {}) {
    options.transport = "stdio";
    return AuditedCatalog(tools_, *log_, std::move(options));
  }
  Json LastLine() const { return Json::parse(LinesOf(path_).back()); }

  Acting tools_;
  mcp::CallContext context_;
  std::unique_ptr<LogFile> log_ = *LogFile::Open(Options());
};

TEST_F(AuditedCatalogTest, WritesWhoAskedWhatAndWhatCameOfIt) {
  tools_.result.rows = 3;
  (void)Make().Call(context_, "query", R"({"sql":"SELECT mine","max_rows":3})");
  const Json line = LastLine();
  EXPECT_EQ(line["request"], "7");
  EXPECT_EQ(line["session"], "5d0e");
  EXPECT_EQ(line["principal"], "ana");
  EXPECT_EQ(line["client"], "claude/2");
  EXPECT_EQ(line["peer"], "10.0.0.1");
  EXPECT_EQ(line["tool"], "query");
  EXPECT_EQ(line["arguments"], Json::parse(R"({"max_rows":3})"));
  EXPECT_EQ(line["statement"], "SELECT mine");
  EXPECT_EQ(line["query_ids"], Json::parse(R"(["q1","q2"])"));
  EXPECT_EQ(line["verdict"], "allowed");
  EXPECT_EQ(line["rows_read"], 3);
  EXPECT_EQ(line["bytes_read"], 10);
  EXPECT_EQ(line["rows_returned"], 3);
  EXPECT_EQ(line["bytes_returned"], 11);
}

TEST_F(AuditedCatalogTest, StatementsCarryTheLinesId) {
  (void)Make().Call(context_, "query", "{}");
  const Json comment = Json::parse(tools_.last_comment);
  EXPECT_EQ(comment["call"], LastLine()["id"]);
  EXPECT_EQ(comment["principal"], "ana");
  EXPECT_EQ(comment["tool"], "query");
}

TEST_F(AuditedCatalogTest, AToolThatMakesItsOwnStatementsIsRecordedWithTheLastOne) {
  (void)Make().Call(context_, "insert_runs", R"({"rows":[{"x":"secret value"}]})");
  const Json line = LastLine();
  EXPECT_EQ(line["tool"], "insert.runs");
  EXPECT_EQ(line["statement"], "SELECT last");
  EXPECT_EQ(line["arguments"]["rows"], 1);
  EXPECT_EQ(line["rows_written"], 5);
  EXPECT_EQ(ToText(line).find("secret value"), std::string::npos);
}

TEST_F(AuditedCatalogTest, TellsRefusedFailedCancelledAndAskedApart) {
  AuditedCatalog audited = Make();
  const auto verdict = [&](std::string code) {
    tools_.result = {"no", {}, {}, true, std::move(code)};
    (void)audited.Call(context_, "query", "{}");
    return LastLine()["verdict"].get<std::string>() + " " + LastLine()["code"].get<std::string>();
  };
  EXPECT_EQ(verdict("statement_refused"), "refused statement_refused");
  EXPECT_EQ(verdict("timeout"), "failed timeout");
  tools_.result.need.state = 1;
  (void)audited.Call(context_, "query", "{}");
  EXPECT_EQ(LastLine()["verdict"], "asked");
  std::stop_source stop;
  stop.request_stop();
  context_.stop = stop.get_token();
  EXPECT_EQ(verdict("timeout"), "cancelled cancelled");
}

TEST_F(AuditedCatalogTest, WritesOfCallsThatThrowAndOfThoseThatTheProtocolRefused) {
  AuditedCatalog audited = Make();
  tools_.throws = true;
  EXPECT_THROW((void)audited.Call(context_, "query", "{}"), std::runtime_error);
  EXPECT_EQ(LastLine()["verdict"], "failed");
  EXPECT_EQ(LastLine()["code"], "internal");
  context_.peer.clear();
  audited.OnRefused(context_, "drop.everything", "{}", "unknown_tool");
  EXPECT_EQ(LastLine()["verdict"], "refused");
  EXPECT_EQ(LastLine()["code"], "unknown_tool");
  EXPECT_EQ(LastLine()["tool"], "drop.everything");
  EXPECT_EQ(LastLine()["peer"], "stdio");
  EXPECT_EQ(LinesOf(path_).size(), 2u);
}

TEST_F(AuditedCatalogTest, WithoutALogWritesStopAndReadsGoOn) {
  AuditedCatalog audited = Make();
  std::filesystem::remove_all(folder_);
  const auto refused = audited.Call(context_, "insert.runs", "{}");
  EXPECT_EQ(refused.error_code, "unavailable");
  EXPECT_NE(refused.text.find("audit log cannot be written"), std::string::npos);
  EXPECT_EQ(tools_.calls, 0);
  EXPECT_FALSE(audited.Call(context_, "query", "{}").is_error);
  std::filesystem::create_directory(folder_);
  EXPECT_FALSE(audited.Call(context_, "insert.runs", "{}").is_error);
  EXPECT_EQ(Json::parse(LinesOf(path_).front())["lines"], 2);
}

TEST_F(AuditedCatalogTest, ReadsStopTooOrNothingDoesWhereThatIsWanted) {
  AuditedCatalog all = Make({.required = Required::kAll});
  AuditedCatalog none = Make({.required = Required::kNone});
  std::filesystem::remove_all(folder_);
  EXPECT_TRUE(all.Call(context_, "query", "{}").is_error);
  EXPECT_FALSE(none.Call(context_, "insert.runs", "{}").is_error);
}

}  // namespace
}  // namespace chimera::audit
