// What transcripts cannot show: cancellation, deadlines, ids in flight, what reaches the tool's context.
#include "mcp/server.h"

#include <gtest/gtest.h>

#include <thread>

#include "mcp/exchange.h"
#include "tests/unit/mcp/fake_catalog.h"

namespace chimera::mcp {
namespace {

class ServerTest : public ::testing::Test {
 protected:
  std::optional<Reply> Ask(const std::string& text) {
    Incoming incoming = ParseIncoming(text);
    Admit(session_, incoming);
    return Answer(server_, session_, incoming);
  }
  void Initialize() {
    Ask(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25",)"
        R"("clientInfo":{"name":"a\nb","version":"1"}}})");
  }

  testing::FakeCatalog catalog_;
  Session session_{"0123456789abcdef"};
  Server server_{testing::FakeServerOptions(), Features{.tools = &catalog_}};
};

TEST_F(ServerTest, ACancelledRequestIsNotAnswered) {
  Initialize();
  std::optional<Reply> reply = Reply{};
  std::thread worker(
      [&] { reply = Ask(R"({"jsonrpc":"2.0","id":"7","method":"tools/call","params":{"name":"wait"}})"); });
  ASSERT_TRUE(catalog_.WaitForWaiting(1));
  Ask(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}})");
  EXPECT_EQ(catalog_.waiting, 1) << "the number 7 is another id than the string";
  Ask(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"7"}})");
  worker.join();
  EXPECT_FALSE(reply);
  EXPECT_EQ(catalog_.cancelled, 1);
}

TEST_F(ServerTest, CancelledBeforeItsTurnARequestDoesNotReachTheTool) {
  Initialize();
  Incoming incoming = ParseIncoming(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}})");
  Admit(session_, incoming);
  session_.Cancel(1);
  EXPECT_FALSE(Answer(server_, session_, incoming));
  EXPECT_EQ(catalog_.calls, 0);
  EXPECT_TRUE(session_.Register(1)) << "the id is free again";
}

TEST_F(ServerTest, AnIdInFlightIsRefusedAndTheFirstGoesOn) {
  Initialize();
  std::optional<Reply> reply;
  const std::string call = R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait"}})";
  std::thread worker([&] { reply = Ask(call); });
  ASSERT_TRUE(catalog_.WaitForWaiting(1));
  EXPECT_EQ(Ask(call)->error_code, kInvalidRequest);
  catalog_.release = true;
  worker.join();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->error_code, 0);
}

TEST_F(ServerTest, TheDeadlineReachesTheTool) {
  ServerOptions options = testing::FakeServerOptions();
  options.call_timeout = std::chrono::milliseconds(5);
  Server server(options, {.tools = &catalog_});
  Initialize();
  Incoming incoming = ParseIncoming(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait"}})");
  EXPECT_TRUE(Answer(server, session_, incoming));
}

TEST_F(ServerTest, ClientNamesCannotForgeLogLines) {
  Initialize();
  EXPECT_EQ(session_.Client(), "a_b/1");
  EXPECT_EQ(session_.LogName(), "01234567");
}

TEST_F(ServerTest, OnlyToolCallsWait) {
  const auto waits = [&](const char* text) { return Waits(server_, ParseIncoming(text)); };
  EXPECT_TRUE(waits(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}})"));
  EXPECT_TRUE(waits(R"([{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"tools/call"}])"));
  EXPECT_FALSE(waits(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})"));
  EXPECT_FALSE(waits(R"({"jsonrpc":"2.0","method":"tools/call"})"));
  EXPECT_FALSE(waits("{"));
}

/// Its tool "wait" may ask.
class AskingCatalog : public testing::FakeCatalog {
 public:
  bool MayAsk(std::string_view name) const override { return name == "wait"; }
};

TEST_F(ServerTest, SpeaksBeforeAResultOnlyToWhoWantsToHear) {
  AskingCatalog catalog;
  ServerOptions options = testing::FakeServerOptions();
  options.tools_speak = false;
  Server server(options, {.tools = &catalog});
  const auto speaks = [&](const std::string& name, const std::string& meta = "{}") {
    const std::string params = R"({"name":")" + name + R"(","_meta":)" + meta + "}";
    return server.MaySpeak(
        session_, ParseMessage(R"({"jsonrpc":"2.0","id":9,"method":"tools/call","params":)" + params + "}").message);
  };
  EXPECT_FALSE(speaks("wait")) << "there is no session to ask in";
  const auto initialize = [&](const std::string& capabilities) {
    Incoming incoming = ParseIncoming(
        R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":)" +
        capabilities + "}}");
    Admit(session_, incoming);
    ASSERT_TRUE(Answer(server, session_, incoming));
  };
  initialize(R"({"elicitation":{}})");
  EXPECT_TRUE(speaks("wait"));
  EXPECT_FALSE(speaks("echo"));
  EXPECT_TRUE(speaks("echo", R"({"progressToken":1})"));
}

TEST_F(ServerTest, RefuseFreesTheIds) {
  Incoming incoming = ParseIncoming(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}})");
  Admit(session_, incoming);
  EXPECT_EQ(Refuse(session_, incoming, {kServerBusy, "busy", {}})->error_code, kServerBusy);
  EXPECT_TRUE(session_.Register(1));
}

/// Tells of progress as no tool should, and once more after its end.
class BackwardCatalog : public testing::FakeCatalog {
 public:
  ToolResult Call(const CallContext& context, std::string_view, std::string_view) override {
    later = context.on_progress;
    for (const double done : {1.0, 1.0, 0.5, 2.0}) later({.done = done, .total = {}, .message = {}});
    return {"done", {}, {}, false};
  }
  std::function<void(const Progress&)> later;
};

class Lines : public Outlet {
 public:
  void Send(std::string message) override { sent.push_back(Json::parse(message)["params"]["progress"]); }
  std::vector<double> sent;
};

TEST_F(ServerTest, ProgressOnlyGrowsAndEndsWithTheReply) {
  BackwardCatalog catalog;
  Server server(testing::FakeServerOptions(), {.tools = &catalog});
  Initialize();
  Incoming incoming = ParseIncoming(
      R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","_meta":{"progressToken":"t"}}})");
  Admit(session_, incoming);
  const auto outlet = std::make_shared<Lines>();
  EXPECT_TRUE(Answer(server, session_, incoming, outlet));
  catalog.later({.done = 3, .total = {}, .message = {}});
  EXPECT_EQ(outlet->sent, (std::vector<double>{1, 2}));
}

}  // namespace
}  // namespace chimera::mcp
