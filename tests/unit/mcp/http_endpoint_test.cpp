// The rules of MCP over HTTP, without a socket.
#include "mcp/http_endpoint.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <optional>
#include <thread>

#include "tests/unit/mcp/fake_catalog.h"

namespace chimera::mcp {
namespace {

constexpr const char* kModern =
    R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}})";
constexpr const char* kModernVersion = "2026-07-28";

using RequestHeaders = std::map<std::string, std::string>;

HttpCall CallWith(std::string body, RequestHeaders headers) {
  HttpCall call;
  call.body = std::move(body);
  call.header = [headers](const char* name) -> std::optional<std::string> {
    const auto found = headers.find(name);
    return found == headers.end() || found->second.empty() ? std::nullopt : std::optional(found->second);
  };
  return call;
}

class HttpEndpointTest : public ::testing::Test {
 protected:
  HttpAnswer Post(const std::string& body, const std::string& session = {}, const std::string& version = {}) {
    return endpoint_.Post(CallWith(body, {{"Mcp-Session-Id", session}, {"MCP-Protocol-Version", version}}));
  }
  HttpAnswer PostStateless(const std::string& method, const std::string& params, RequestHeaders headers = {}) {
    headers.try_emplace("MCP-Protocol-Version", kModernVersion);
    headers.try_emplace("Mcp-Method", method);
    return endpoint_.Post(CallWith(R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":{)" + params + "}}",
                                   std::move(headers)));
  }
  std::string Open(const std::string& version = "2025-11-25") {
    const auto answer =
        Post(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":")" + version + "\"}}");
    EXPECT_EQ(answer.status, 200);
    EXPECT_NE(answer.session_id, "");
    return answer.session_id;
  }

  testing::FakeCatalog catalog_;
  Server server_{testing::FakeServerOptions(), Features{.tools = &catalog_}};
  HttpEndpoint endpoint_{server_, 100, std::chrono::seconds(60), [](const auto& job) {
                           std::thread(job).detach();
                           return true;
                         }};
  const std::string list_ = R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})";
};

TEST_F(HttpEndpointTest, SessionsOpenServeAndEnd) {
  const std::string id = Open();
  EXPECT_EQ(Post(R"({"jsonrpc":"2.0","method":"notifications/initialized"})", id).status, 202);
  EXPECT_EQ(Post(R"({"jsonrpc":"2.0","id":9,"result":{}})", id).status, 202);
  const auto list = Post(list_, id, "2025-11-25");
  EXPECT_EQ(list.status, 200);
  EXPECT_EQ(Json::parse(list.body)["result"]["tools"].size(), 5u);
  EXPECT_EQ(endpoint_.Delete(CallWith({}, {{"Mcp-Session-Id", id}})).status, 204);
  EXPECT_EQ(Post(list_, id).status, 404);
  EXPECT_EQ(endpoint_.Delete(CallWith({}, {{"Mcp-Session-Id", id}})).status, 404);
  EXPECT_EQ(endpoint_.Delete(CallWith({}, {})).status, 400);
}

TEST_F(HttpEndpointTest, WithoutASessionTheErrorShowsBothWays) {
  const auto answer = Post(list_);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(Json::parse(answer.body)["id"], 1);
  for (const char* part : {"initialize", "Mcp-Session-Id", "io.modelcontextprotocol/protocolVersion", "2026-07-28"}) {
    EXPECT_NE(answer.body.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(Post(R"({"jsonrpc":"2.0","method":"notifications/initialized"})").status, 400);
  EXPECT_EQ(Post(list_, "0123").status, 404);
}

TEST_F(HttpEndpointTest, StatelessRequestsNeedNoSession) {
  const auto answer = PostStateless("tools/call", R"("name":"echo",)" + std::string(kModern), {{"Mcp-Name", "echo"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.session_id, "");
  EXPECT_EQ(Json::parse(answer.body)["result"]["resultType"], "complete");
}

TEST_F(HttpEndpointTest, AToolsHeadersComeWithASingleBodyOfJson) {
  catalog_.headers = {{"X-Age", "7 ms"}};
  const std::string call = R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}})";
  EXPECT_EQ(Post(call, Open()).headers, catalog_.headers);
  EXPECT_EQ(PostStateless("tools/call", R"("name":"echo",)" + std::string(kModern), {{"Mcp-Name", "echo"}}).headers,
            catalog_.headers);
  HttpCall takes_events = CallWith(call, {{"Mcp-Session-Id", Open()}});
  takes_events.takes_events = true;
  const auto answer = endpoint_.Post(takes_events);
  ASSERT_FALSE(answer.stream);
  EXPECT_EQ(answer.headers, catalog_.headers);
  EXPECT_TRUE(Post(list_, Open()).headers.empty());
  EXPECT_TRUE(Post("[" + call + "]", Open("2025-03-26")).headers.empty());
}

TEST_F(HttpEndpointTest, AToolsHeadersComeWithACallThatCouldHaveBecomeATask) {
  catalog_.headers = {{"X-Age", "7 ms"}};
  const std::string meta =
      R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":)"
      R"({"extensions":{"io.modelcontextprotocol/tasks":{}}}})";
  EXPECT_EQ(PostStateless("tools/call", R"("name":"echo",)" + meta, {{"Mcp-Name", "echo"}}).headers, catalog_.headers);
}

TEST_F(HttpEndpointTest, HeadersThatWouldBreakTheAnswerAreDropped) {
  catalog_.headers = {{"X-A", "1\r\nSet-Cookie: x"}, {"X-B: 1", "2"}, {"", "3"}, {"X-C", "\xC3\xA9"}, {"X-D", "4"}};
  const auto answer = Post(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}})", Open());
  EXPECT_EQ(answer.headers, (Headers{{"X-D", "4"}}));
}

TEST_F(HttpEndpointTest, StatelessErrorsHaveStatusesOfTheirOwn) {
  EXPECT_EQ(PostStateless("nope", kModern).status, 404);
  const auto unsupported = PostStateless("nope", R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2031-01-01"})",
                                         {{"MCP-Protocol-Version", "2031-01-01"}});
  EXPECT_EQ(unsupported.status, 400);
  const Json error = Json::parse(unsupported.body)["error"];
  EXPECT_EQ(error["code"], kUnsupportedVersion);
  EXPECT_EQ(error["data"]["requested"], "2031-01-01");
  EXPECT_EQ(error["data"]["supported"][0], "2026-07-28");
  const auto mismatch = PostStateless("nope", kModern, {{"MCP-Protocol-Version", "2025-11-25"}});
  EXPECT_EQ(mismatch.status, 400);
  EXPECT_EQ(Json::parse(mismatch.body)["error"]["code"], kHeaderMismatch);
}

TEST_F(HttpEndpointTest, TheVersionHeaderIsChecked) {
  const std::string id = Open("2025-06-18");
  EXPECT_EQ(Post(list_, id, "1999-01-01").status, 400);
  EXPECT_EQ(Post(list_, id, "2025-06-18").status, 200);
  EXPECT_EQ(Post(list_, id).status, 200) << "missing: the session's";
  const auto newer = Post(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2031-01-01"}})",
                          {}, "2031-01-01");
  EXPECT_EQ(Json::parse(newer.body)["result"]["protocolVersion"], "2025-11-25") << "initialize negotiates";
}

TEST_F(HttpEndpointTest, ErrorsOfTheMessageItself) {
  const std::string id = Open();
  EXPECT_EQ(Post("{", id).status, 400);
  EXPECT_EQ(Post("", id).status, 400);
  EXPECT_EQ(Post("{}", id).status, 400);
  EXPECT_EQ(Post(R"({"jsonrpc":"2.0","id":1,"method":"nope"})", id).status, 200);
  const auto failed = Post(R"({"jsonrpc":"2.0","id":0,"method":"initialize"})");
  EXPECT_EQ(failed.session_id, "") << "a failed initialize opens nothing";
}

TEST_F(HttpEndpointTest, BatchesInTheirVersionOnly) {
  const std::string batch = "[" + list_ + R"(,{"jsonrpc":"2.0","id":2,"method":"ping"}])";
  const auto answer = Post(batch, Open("2025-03-26"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(Json::parse(answer.body).size(), 2u);
  EXPECT_EQ(Post(R"([{"jsonrpc":"2.0","method":"notifications/initialized"}])", Open("2025-03-26")).status, 202);
  EXPECT_EQ(Post(batch, Open("2025-06-18")).status, 400);
  EXPECT_EQ(Post(batch).status, 400);
}

TEST_F(HttpEndpointTest, ABatchHoldsNoStatelessRequests) {
  const std::string id = Open("2025-03-26");
  const auto answer = Post(R"([{"jsonrpc":"2.0","id":5,"method":"subscriptions/listen","params":{"notifications":{},)" +
                               std::string(kModern) + "}}]",
                           id);
  EXPECT_EQ(Json::parse(answer.body)[0]["error"]["code"], kInvalidRequest) << answer.body;
}

TEST_F(HttpEndpointTest, OutsideASessionTheErrorSaysWhatCame) {
  const std::string list = R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})";
  EXPECT_NE(Post("[" + list + "]").body.find("a batch came outside a session"), std::string::npos);
  EXPECT_NE(Post(R"({"jsonrpc":"2.0","id":1,"result":{}})").body.find("a response came outside"), std::string::npos);
}

TEST_F(HttpEndpointTest, AnEventThatWasNeverSentIsNoPlaceToResume) {
  const std::string id = Open();
  const auto get = [&](const std::string& last_seen) {
    return endpoint_.Get(CallWith({}, {{"Mcp-Session-Id", id}, {"Last-Event-ID", last_seen}})).status;
  };
  const auto stream = endpoint_.Get(CallWith({}, {{"Mcp-Session-Id", id}})).stream;
  ASSERT_TRUE(stream);
  EXPECT_EQ(get(stream->Name() + "-1"), 200) << "its first event opens it";
  EXPECT_EQ(get(stream->Name() + "-2"), 400);
  stream->Send("{}");
  EXPECT_EQ(get(stream->Name() + "-2"), 200);
  for (const char* number : {"-0", "-3", "-18446744073709551615", "-18446744073709551616", "-", "--1", ""}) {
    EXPECT_EQ(get(stream->Name() + number), 400) << number;
  }
}

TEST_F(HttpEndpointTest, ListeningNeedsAnEventStream) {
  const auto answer = PostStateless("subscriptions/listen", R"("notifications":{},)" + std::string(kModern));
  EXPECT_EQ(answer.status, 406);
  EXPECT_NE(answer.body.find("send Accept: application/json, text/event-stream"), std::string::npos) << answer.body;
}

TEST_F(HttpEndpointTest, AllowNamesWhatThisClientMaySend) {
  const RequestHeaders stateless = {{"MCP-Protocol-Version", kModernVersion}};
  for (const HttpAnswer& answer : {endpoint_.Get(CallWith({}, stateless)), endpoint_.Delete(CallWith({}, stateless)),
                                   endpoint_.Get(CallWith({}, {}))}) {
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.allow, "POST");
  }
}

TEST_F(HttpEndpointTest, AFloodOfSessionsEndsNoneThatIsInUse) {
  HttpEndpoint small(server_, 2, std::chrono::seconds(60), [](const auto&) { return false; });
  const auto open = [&] {
    return small.Post(
        CallWith(R"({"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-11-25"}})", {}));
  };
  const auto read = [&](const std::string& id) { return small.Get(CallWith({}, {{"Mcp-Session-Id", id}})); };
  std::optional<HttpAnswer> first = read(open().session_id);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(open().status, 200);
  EXPECT_FALSE(first->stream->Finished());
  const HttpAnswer second = read(open().session_id);
  const HttpAnswer refused = open();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.session_id, "");
  EXPECT_EQ(Json::parse(refused.body)["id"], "i");
  EXPECT_EQ(small.OpenSse({}, "/messages").status, 503);
  EXPECT_FALSE(second.stream->Finished());
  first.reset();
  EXPECT_EQ(open().status, 200);
}

TEST_F(HttpEndpointTest, TheEndOfASessionEndsItsStream) {
  const std::string id = Open();
  const auto stream = endpoint_.Get(CallWith({}, {{"Mcp-Session-Id", id}})).stream;
  ASSERT_TRUE(stream);
  endpoint_.Delete(CallWith({}, {{"Mcp-Session-Id", id}}));
  EXPECT_TRUE(stream->Finished());
}

TEST_F(HttpEndpointTest, WhenNoWorkerIsFreeTheClientHearsIt) {
  HttpEndpoint full(server_, 100, std::chrono::seconds(60), [](const auto&) { return false; });
  HttpCall call = CallWith(
      R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo",)" + std::string(kModern) + "}}",
      {{"MCP-Protocol-Version", kModernVersion}, {"Mcp-Method", "tools/call"}, {"Mcp-Name", "echo"}});
  call.takes_events = true;
  const auto answer = full.Post(call);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(Json::parse(answer.body)["error"]["code"], kServerBusy);
}

class HttpEndpointWaitTest : public HttpEndpointTest {
 protected:
  void StartWaiting(const std::string& session, const std::string& meta = "\"x\":1",
                    std::shared_ptr<ClientLink> client = nullptr) {
    const std::string body = R"({"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"wait",)" + meta + "}}";
    worker_ = std::thread([this, body, session, client] {
      HttpCall call = CallWith(body, {{"Mcp-Session-Id", session},
                                      {"MCP-Protocol-Version", session.empty() ? kModernVersion : ""},
                                      {"Mcp-Method", "tools/call"},
                                      {"Mcp-Name", "wait"}});
      call.client = client;
      answer_ = endpoint_.Post(call);
    });
    ASSERT_TRUE(catalog_.WaitForWaiting(1));
  }
  void ExpectCancelled() {
    worker_.join();
    EXPECT_EQ(catalog_.cancelled, 1);
    EXPECT_EQ(answer_.status, 202);
    EXPECT_EQ(answer_.body, "");
  }
  void TearDown() override {
    catalog_.release = true;
    if (worker_.joinable()) worker_.join();
  }

  std::thread worker_;
  HttpAnswer answer_;
};

TEST_F(HttpEndpointWaitTest, ANotificationCancels) {
  const std::string id = Open();
  StartWaiting(id);
  Post(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}})", Open());
  EXPECT_EQ(catalog_.waiting, 1) << "another session's request is not touched";
  Post(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}})", id);
  ExpectCancelled();
}

TEST_F(HttpEndpointWaitTest, DeleteCancels) {
  const std::string id = Open();
  StartWaiting(id);
  endpoint_.Delete(CallWith({}, {{"Mcp-Session-Id", id}}));
  ExpectCancelled();
}

TEST_F(HttpEndpointWaitTest, ADisconnectCancelsAStatelessRequest) {
  const auto client = std::make_shared<ClientLink>();
  StartWaiting({}, kModern, client);
  client->Cut();
  ExpectCancelled();
}

TEST_F(HttpEndpointWaitTest, ADisconnectDoesNotCancelInASession) {
  const auto client = std::make_shared<ClientLink>();
  StartWaiting(Open(), "\"x\":1", client);
  client->Cut();
  EXPECT_EQ(catalog_.cancelled, 0);
}

TEST_F(HttpEndpointWaitTest, AShutdownCancelsAtItsDeadline) {
  StartWaiting(Open());
  endpoint_.CloseBy(Deadline::After(std::chrono::milliseconds(10)));
  worker_.join();
  EXPECT_EQ(catalog_.cancelled, 1);
  EXPECT_EQ(answer_.status, 503) << "the client shall know that it may try again";
  EXPECT_EQ(Json::parse(answer_.body)["id"], 5);
}

}  // namespace
}  // namespace chimera::mcp
