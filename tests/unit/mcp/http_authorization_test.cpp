// Authorization over HTTP: who gets in, what a refusal says, and that what belongs to somebody is nobody else's.
#include "mcp/http_authorization.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <cstdio>
#include <fstream>
#include <thread>

#include "base/text.h"
#include "mcp/http_endpoint.h"
#include "mcp/http_transport.h"
#include "tests/unit/mcp/fake_catalog.h"

namespace chimera::mcp {
namespace {

constexpr const char* kJson = "application/json";
constexpr const char* kInitialize =
    R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}})";
constexpr const char* kList = R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})";
constexpr const char* kEcho = R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}})";
constexpr const char* kModern =
    R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":)";

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class HttpAuthorizationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = ::testing::TempDir() + "tokens-" + RandomHex(8);
    std::ofstream(path_) << "ana " << Sha256Hex("ana-token") << " read,write\nbot " << Sha256Hex("bot-token")
                         << " read\nwriter " << Sha256Hex("writer-token") << " write\nroot " << Sha256Hex("root-token")
                         << " admin\n";
    authorizer_ = std::make_unique<auth::Authorizer>(auth::Credentials{*auth::TokenFile::Open(path_), nullptr, {}});
    HttpServerOptions options;
    options.port = 0;
    options.authorization = {.authorizer = authorizer_.get(), .issuer = "https://idp"};
    options.pages = {
        {.path = "/healthz", .make = [] { return HttpPage{.body = "ok\n"}; }},
        {.path = "/readyz",
         .make =
             [] {
               return HttpPage{503, kJson, R"({"why":"secret"})"};
             },
         .access = PageAccess::kStatus},
        {.path = "/metrics", .make = [] { return HttpPage{.body = "figures\n"}; }, .access = PageAccess::kAdmin}};
    auto http = HttpServer::Create(server_, options);
    ASSERT_TRUE(http.ok()) << http.error().message;
    http_ = std::move(*http);
    running_ = std::thread([this] { http_->Run(); });
  }
  void TearDown() override {
    catalog_.release = true;
    if (http_) http_->Stop();
    if (running_.joinable()) running_.join();
    std::remove(path_.c_str());
  }

  httplib::Client Client() const {
    httplib::Client client("127.0.0.1", http_->Port());
    client.set_read_timeout(20);
    return client;
  }
  static httplib::Headers As(const std::string& who, httplib::Headers others = {}) {
    others.emplace("Authorization", "Bearer " + who + "-token");
    return others;
  }
  httplib::Result Post(const std::string& body, const httplib::Headers& headers,
                       const std::string& path = "/mcp") const {
    return Client().Post(path, headers, body, kJson);
  }
  std::string Open(const std::string& who) const {
    return Post(kInitialize, As(who))->get_header_value("Mcp-Session-Id");
  }
  httplib::Result Stateless(const std::string& who, const std::string& method, const std::string& params,
                            const std::string& capabilities = "{}", const std::string& name = "") const {
    httplib::Headers headers = As(who, {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", method}});
    if (!name.empty()) headers.emplace("Mcp-Name", name);
    return Post(R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":{)" + params +
                    (params.empty() ? "" : ",") + kModern + capabilities + "}}}",
                headers);
  }

  std::string path_;
  testing::FakeCatalog catalog_;
  Server server_{testing::FakeServerOptions(), Features{.tools = &catalog_}};
  std::unique_ptr<auth::Authorizer> authorizer_;
  std::unique_ptr<HttpServer> http_;
  std::thread running_;
};

TEST_F(HttpAuthorizationTest, WithoutATokenSaysWhereToGetOne) {
  const auto answer = Post(kInitialize, {});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 401);
  const std::string origin = "http://127.0.0.1:" + std::to_string(http_->Port());
  EXPECT_EQ(
      answer->get_header_value("WWW-Authenticate"),
      "Bearer resource_metadata=\"" + origin + "/.well-known/oauth-protected-resource/mcp\", scope=\"read write\"");
  EXPECT_TRUE(Json::parse(answer->body).contains("error"));
  for (const char* path : {"/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"}) {
    const auto metadata = Client().Get(path);
    ASSERT_EQ(metadata->status, 200) << path;
    const Json document = Json::parse(metadata->body);
    EXPECT_EQ(document["resource"], origin + "/mcp");
    EXPECT_EQ(document["authorization_servers"], Json({"https://idp"}));
    EXPECT_EQ(document["scopes_supported"], Json({"read", "write", "admin"}));
    EXPECT_EQ(document["bearer_methods_supported"], Json({"header"}));
  }
  EXPECT_EQ(Client().Get("/.well-known/oauth-authorization-server")->status, 404);
  EXPECT_EQ(Post("{}", {}, "/.well-known/oauth-protected-resource")->status, 405);
  EXPECT_EQ(catalog_.calls, 0);
}

TEST_F(HttpAuthorizationTest, ATokenCountsInItsHeaderAlone) {
  EXPECT_EQ(Post(kInitialize, As("ana"))->status, 200);
  EXPECT_EQ(Post(kInitialize, As("eve"))->status, 401);
  EXPECT_TRUE(Has(Post(kInitialize, As("eve"))->get_header_value("WWW-Authenticate"), "error=\"invalid_token\""));
  EXPECT_EQ(Post(kInitialize, {{"Cookie", "access_token=ana-token"}})->status, 401);
  EXPECT_EQ(Post(kInitialize, {{"Authorization", "Basic ana-token"}})->status, 401);
  EXPECT_EQ(Post(kInitialize, {}, "/mcp?token=ana-token")->status, 401);
  for (const auto& headers : {httplib::Headers{}, As("ana")}) {
    const auto answer = Post(kInitialize, headers, "/mcp?access_token=ana-token");
    EXPECT_EQ(answer->status, 400);
    EXPECT_TRUE(Has(answer->get_header_value("WWW-Authenticate"), "error=\"invalid_request\""));
    EXPECT_FALSE(Has(answer->body, "ana-token"));
  }
  EXPECT_EQ(Post(kInitialize, As("ana", As("bot")))->status, 400) << "two headers";
  EXPECT_EQ(Client().Get("/mcp", {{"Accept", "text/event-stream"}})->status, 401);
  EXPECT_EQ(Client().Delete("/mcp")->status, 401);
  EXPECT_EQ(Client().Get("/sse", {{"Accept", "text/event-stream"}})->status, 401);
  EXPECT_EQ(Post(kInitialize, {}, "/messages")->status, 401);
}

TEST_F(HttpAuthorizationTest, ABodyIsNotWaitedForWithoutAToken) {
  httplib::Client client = Client();
  const auto start = std::chrono::steady_clock::now();
  const auto answer = client.Post("/mcp", {{"Content-Length", "1000000"}}, "{", kJson);
  EXPECT_TRUE(!answer || answer->status == 401);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(8));
}

TEST_F(HttpAuthorizationTest, ASessionIsItsOpenersAlone) {
  const std::string id = Open("ana");
  ASSERT_NE(id, "");
  const httplib::Headers session = {{"Mcp-Session-Id", id}};
  EXPECT_EQ(Post(kList, As("ana", session))->status, 200);
  EXPECT_EQ(Post(kList, As("bot", session))->status, 404);
  EXPECT_EQ(Post(kList, session)->status, 401);
  EXPECT_EQ(Client().Delete("/mcp", As("bot", session))->status, 404);
  httplib::Headers events = As("bot", session);
  events.emplace("Accept", "text/event-stream");
  EXPECT_EQ(Client().Get("/mcp", events)->status, 404);
  events.emplace("Last-Event-ID", "x-1");
  EXPECT_EQ(Client().Get("/mcp", events)->status, 404);
  EXPECT_EQ(Client().Delete("/mcp", As("ana", session))->status, 204);
}

TEST_F(HttpAuthorizationTest, ScopesDecideWhatIsListedAndCalled) {
  const auto tools = [&](const std::string& who) {
    return Json::parse(Stateless(who, "tools/list", "")->body)["result"]["tools"].size();
  };
  EXPECT_EQ(tools("ana"), 5u);
  EXPECT_EQ(tools("writer"), 0u) << "all of them read";
  EXPECT_EQ(Json::parse(Stateless("ana", "tools/list", "")->body)["result"]["cacheScope"], "private");
  EXPECT_EQ(Stateless("bot", "tools/call", R"("name":"echo")", "{}", "echo")->status, 200);
  const auto refused = Stateless("writer", "tools/call", R"("name":"echo")", "{}", "echo");
  EXPECT_EQ(refused->status, 403);
  const std::string challenge = refused->get_header_value("WWW-Authenticate");
  EXPECT_TRUE(Has(challenge, "error=\"insufficient_scope\", scope=\"read\"")) << challenge;
  const Json error = Json::parse(refused->body)["error"];
  EXPECT_EQ(error["code"], kInsufficientScope);
  EXPECT_EQ(error["data"]["missingScopes"], Json({"read"}));
  EXPECT_EQ(catalog_.calls, 1);
}

TEST_F(HttpAuthorizationTest, ScopesCountInSessionsAndInStreams) {
  httplib::Headers headers = As("writer", {{"Mcp-Session-Id", Open("writer")}});
  EXPECT_EQ(Post(kEcho, headers)->status, 403);
  headers.emplace("Accept", "application/json, text/event-stream");
  const auto streamed =
      Post(R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","_meta":{"progressToken":1}}})",
           headers);
  EXPECT_EQ(streamed->status, 403);
  EXPECT_EQ(catalog_.calls, 0);
}

TEST_F(HttpAuthorizationTest, ATaskIsItsOpenersAlone) {
  constexpr const char* kTasks = R"({"extensions":{"io.modelcontextprotocol/tasks":{}}})";
  ServerOptions options = testing::FakeServerOptions();
  options.task_after = std::chrono::milliseconds(1);
  Server server(options, Features{.tools = &catalog_});
  HttpEndpoint endpoint(server, 10, std::chrono::seconds(60), [](const auto& job) {
    std::thread(job).detach();
    return true;
  });
  const auto ask = [&](const std::string& who, const std::string& method, const std::string& params, const char* name) {
    HttpCall call;
    call.body =
        R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":{)" + params + "," + kModern + kTasks + "}}}";
    call.sender = std::make_shared<const Principal>(Principal{who, {Scope::kRead}, nullptr});
    call.header = [&](const char* header) -> std::optional<std::string> {
      const std::string key = header;
      if (key == "MCP-Protocol-Version") return "2026-07-28";
      if (key == "Mcp-Method") return method;
      if (key == "Mcp-Name") return name;
      return std::nullopt;
    };
    return Json::parse(endpoint.Post(call).body);
  };
  const Json begun = ask("ana", "tools/call", R"("name":"wait")", "wait");
  ASSERT_TRUE(begun["result"].contains("taskId")) << begun;
  const std::string id = begun["result"]["taskId"];
  const std::string params = R"("taskId":")" + id + "\"";
  EXPECT_EQ(ask("ana", "tasks/get", params, id.c_str())["result"]["status"], "working");
  EXPECT_TRUE(Has(ToText(ask("bot", "tasks/get", params, id.c_str())), "there is no task"));
  EXPECT_TRUE(Has(ToText(ask("bot", "tasks/cancel", params, id.c_str())), "there is no task"));
  EXPECT_TRUE(
      Has(ToText(ask("bot", "tasks/update", params + R"(,"inputResponses":{})", id.c_str())), "there is no task"));
  catalog_.release = true;
}

TEST_F(HttpAuthorizationTest, PagesTellWhatTheyMay) {
  EXPECT_EQ(Client().Get("/healthz")->status, 200);
  EXPECT_EQ(Client().Get("/readyz")->status, 503);
  EXPECT_FALSE(Has(Client().Get("/readyz")->body, "secret"));
  EXPECT_FALSE(Has(Client().Get("/readyz", As("ana"))->body, "secret"));
  EXPECT_TRUE(Has(Client().Get("/readyz", As("root"))->body, "secret"));
  EXPECT_EQ(Client().Get("/metrics")->status, 401);
  EXPECT_EQ(Client().Get("/metrics", As("ana"))->status, 403);
  EXPECT_TRUE(Has(Client().Get("/metrics", As("ana"))->get_header_value("WWW-Authenticate"), "scope=\"admin\""));
  EXPECT_EQ(Client().Get("/metrics", As("root"))->body, "figures\n");
}

TEST(HttpAuthorization, ThePublicUrlIsTheResource) {
  auth::Authorizer authorizer{auth::Credentials{}};
  const HttpAuthorization rules({&authorizer, "https://example.com/team/mcp", ""}, "/mcp", false);
  EXPECT_EQ(Json::parse(rules.Metadata("10.0.0.1"))["resource"], "https://example.com/team/mcp");
  EXPECT_FALSE(Json::parse(rules.Metadata("x")).contains("authorization_servers"));
  EXPECT_TRUE(rules.IsMetadata("/.well-known/oauth-protected-resource/team/mcp"));
  EXPECT_FALSE(rules.IsMetadata("/.well-known/oauth-protected-resource/other"));
  EXPECT_TRUE(
      Has(rules.ScopeChallenge("write", "h"), "https://example.com/.well-known/oauth-protected-resource/team/mcp"));
  const HttpAuthorization derived({&authorizer, "", ""}, "/mcp", true);
  EXPECT_EQ(Json::parse(derived.Metadata("h:1\"x"))["resource"], "https://h:1x/mcp");
  const HttpAuthorization none({}, "/mcp", false);
  EXPECT_FALSE(none.IsMetadata("/.well-known/oauth-protected-resource"));
}

}  // namespace
}  // namespace chimera::mcp
