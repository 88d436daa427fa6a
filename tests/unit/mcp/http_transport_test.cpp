// The HTTP server over real sockets: what the library does, and that the rules reach the wire.
#include "mcp/http_transport.h"

#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "tests/unit/mcp/fake_catalog.h"

namespace chimera::mcp {
namespace {

constexpr const char* kJson = "application/json";
constexpr const char* kPing = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
constexpr const char* kInitialize =
    R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}})";

std::string StatelessCall(const std::string& tool) {
  return R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":")" + tool +
         R"(","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
         R"("io.modelcontextprotocol/clientCapabilities":{}}}})";
}

httplib::Headers StatelessHeaders(const std::string& tool) {
  return {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", "tools/call"}, {"Mcp-Name", tool}};
}

class HttpTransportTest : public ::testing::Test {
 protected:
  void Start(HttpServerOptions options = {}) {
    options.port = 0;
    auto http = HttpServer::Create(server_, options);
    ASSERT_TRUE(http.ok()) << http.error().message;
    http_ = std::move(*http);
    running_ = std::thread([this] { http_->Run(); });
  }
  void TearDown() override {
    catalog_.release = true;
    if (http_) http_->Stop();
    if (running_.joinable()) running_.join();
  }

  httplib::Client Client() const {
    httplib::Client client("127.0.0.1", http_->Port());
    client.set_read_timeout(20);
    return client;
  }
  httplib::Result Post(const std::string& body, httplib::Headers headers = {}, const char* type = kJson) const {
    return Client().Post("/mcp", headers, body, type);
  }
  httplib::Headers Open() const { return {{"Mcp-Session-Id", Post(kInitialize)->get_header_value("Mcp-Session-Id")}}; }

  int Connect() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(http_->Port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  testing::FakeCatalog catalog_;
  Server server_{testing::FakeServerOptions(), Features{.tools = &catalog_}};
  std::unique_ptr<HttpServer> http_;
  std::thread running_;
};

TEST_F(HttpTransportTest, ServesASession) {
  Start();
  const auto opened = Post(kInitialize);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->status, 200);
  EXPECT_EQ(opened->get_header_value("Content-Type"), kJson);
  const httplib::Headers session = {{"Mcp-Session-Id", opened->get_header_value("Mcp-Session-Id")}};
  EXPECT_EQ(Post(R"({"jsonrpc":"2.0","method":"notifications/initialized"})", session)->status, 202);
  EXPECT_EQ(Post(kPing, session)->body, R"({"jsonrpc":"2.0","id":1,"result":{}})");
  EXPECT_EQ(Client().Delete("/mcp", session)->status, 204);
  EXPECT_EQ(Post(kPing, session)->status, 404);
}

TEST_F(HttpTransportTest, AToolsHeadersAreSent) {
  catalog_.headers = {{"x-age-ms", "7"}};
  Start();
  const auto answer = Post(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}})", Open());
  EXPECT_EQ(answer->get_header_value("x-age-ms"), "7");
}

TEST_F(HttpTransportTest, RefusalsAreJson) {
  Start();
  const auto check = [](const httplib::Result& result, int status) {
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status, status);
    EXPECT_TRUE(Json::parse(result->body, nullptr, false).contains("error")) << result->body;
  };
  check(Post(kPing, {{"Host", "evil.example"}}), 403);
  check(Post(kPing, {{"Origin", "http://evil.example"}}), 403);
  check(Post(kPing, {}, "text/plain"), 415);
  check(Post(kPing, {{"Accept", "text/html"}}), 406);
  check(Post("{"), 400);
  check(Client().Post("/", kPing, kJson), 404);
  EXPECT_NE(Client().Get("/")->body.find("/mcp"), std::string::npos);
}

TEST_F(HttpTransportTest, GetNeedsASession) {
  Start();
  const auto result = Client().Get("/mcp");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 405);
  EXPECT_EQ(result->get_header_value("Allow"), "POST");
  const auto options = Client().Options("/mcp");
  EXPECT_EQ(options->status, 405);
  EXPECT_EQ(options->get_header_value("Allow"), "POST, GET, DELETE");
}

TEST_F(HttpTransportTest, AnOldClientGetsAStreamWithoutChunks) {
  Start();
  for (const char* keep : {"", "Connection: Keep-Alive\r\n"}) {
    const int fd = Connect();
    const std::string request = std::string("GET /sse HTTP/1.0\r\nHost: localhost\r\n") + keep + "\r\n";
    ASSERT_EQ(::send(fd, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
    std::string answer;
    char piece[1024];
    for (ssize_t size = 1; size > 0 && !answer.ends_with("\n\n");) {
      size = ::recv(fd, piece, sizeof piece, 0);
      if (size > 0) answer.append(piece, static_cast<size_t>(size));
    }
    EXPECT_EQ(answer.find("chunked"), std::string::npos) << answer;
    EXPECT_NE(answer.find("\r\n\r\nevent: endpoint\ndata: /messages"), std::string::npos) << answer;
    http_->Stop();
    EXPECT_EQ(::recv(fd, piece, sizeof piece, 0), 0) << "the end of the stream is the end of the connection";
    ::close(fd);
    running_.join();
    Start();
  }
}

TEST_F(HttpTransportTest, PagesStandBesideTheProtocol) {
  HttpServerOptions options;
  options.pages = {{.path = "/healthz",
                    .make =
                        [] {
                          return HttpPage{200, "text/plain", "ok"};
                        }},
                   {.path = "/readyz", .make = [] {
                      return HttpPage{503, "application/json", "{}"};
                    }}};
  Start(options);
  const auto page = Client().Get("/healthz");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 200);
  EXPECT_EQ(page->body, "ok");
  EXPECT_EQ(page->get_header_value("Cache-Control"), "no-store");
  EXPECT_EQ(Client().Head("/healthz")->body, "");
  EXPECT_EQ(Client().Get("/readyz")->body, "{}") << "a page's own error keeps its body";
  EXPECT_EQ(Client().Post("/healthz", kPing, kJson)->status, 405);
  EXPECT_EQ(Client().Get("/healthz", {{"Host", "evil.example"}})->status, 403);
  EXPECT_EQ(Client().Get("/healthzz")->status, 404);
}

TEST_F(HttpTransportTest, PagesAnswerWhileAllCallsAreTaken) {
  HttpServerOptions options;
  options.calls = 2;
  options.connections = 4;
  options.pages = {{.path = "/healthz", .make = [] { return HttpPage{200, "text/plain", "ok"}; }}};
  Start(options);
  std::vector<std::thread> callers;
  for (int i = 0; i < 2; ++i) callers.emplace_back([this] { Post(StatelessCall("wait"), StatelessHeaders("wait")); });
  ASSERT_TRUE(catalog_.WaitForWaiting(2));
  EXPECT_EQ(Client().Get("/healthz")->status, 200);
  const auto refused = Post(StatelessCall("echo"), StatelessHeaders("echo"));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->get_header_value("Retry-After"), "1");
  catalog_.release = true;
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(Post(StatelessCall("echo"), StatelessHeaders("echo"))->status, 200);
}

TEST_F(HttpTransportTest, SessionsAreCounted) {
  Start();
  EXPECT_EQ(http_->Sessions(), 0u);
  const auto session = Open();
  EXPECT_EQ(http_->Sessions(), 1u);
  Client().Delete("/mcp", session);
  EXPECT_EQ(http_->Sessions(), 0u);
}

TEST_F(HttpTransportTest, BodiesAreLimited) {
  HttpServerOptions options;
  options.max_body_bytes = 1000;
  Start(options);
  const auto plain = Post(std::string(2000, ' '));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->status, 413);
  EXPECT_NE(plain->body.find("1000"), std::string::npos);
  const auto chunked = Client().Post(
      "/mcp", {{"Content-Type", kJson}},
      [](size_t offset, httplib::DataSink& sink) {
        if (offset >= 100'000) return sink.done(), true;
        return sink.write(std::string(500, ' ').data(), 500);
      },
      kJson);
  EXPECT_TRUE(!chunked || chunked->status == 413);
  EXPECT_EQ(Post(kInitialize)->status, 200);
}

TEST_F(HttpTransportTest, LargeMessagesPassBothWaysUncompressed) {
  Start();
  const auto session = Open();
  const std::string rows(3'000'000, 'r');
  const std::string call =
      R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"rows":")";
  auto headers = session;
  headers.emplace("Accept-Encoding", "gzip");
  const auto result = Post(call + rows + "\"}}}", headers);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->has_header("Content-Encoding"));
  EXPECT_EQ(Json::parse(result->body)["result"]["structuredContent"]["arguments"]["rows"], rows);
}

TEST_F(HttpTransportTest, OneConnectionCarriesManyRequestsWithoutDelay) {
  Start();
  const auto session = Open();
  httplib::Client client = Client();
  client.set_keep_alive(true);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 200; ++i) ASSERT_EQ(client.Post("/mcp", session, kPing, kJson)->status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4)) << "delayed ACKs take 44 ms a request";
}

TEST_F(HttpTransportTest, AHungUpStatelessCallIsCancelled) {
  Start();
  httplib::Client client = Client();
  std::thread caller([&] { client.Post("/mcp", StatelessHeaders("wait"), StatelessCall("wait"), kJson); });
  ASSERT_TRUE(catalog_.WaitForWaiting(1));
  client.stop();
  caller.join();
  for (int i = 0; i < 5000 && catalog_.cancelled == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(catalog_.cancelled, 1);
}

TEST_F(HttpTransportTest, AStatelessCallIsNotCancelledWhileItsClientWaits) {
  Start();
  httplib::Result result{nullptr, httplib::Error::Unknown};
  std::thread caller([&] { result = Post(StatelessCall("wait"), StatelessHeaders("wait")); });
  ASSERT_TRUE(catalog_.WaitForWaiting(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(350));
  catalog_.release = true;
  caller.join();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
}

TEST_F(HttpTransportTest, StopLetsRequestsInFlightFinish) {
  Start();
  httplib::Result result{nullptr, httplib::Error::Unknown};
  std::thread caller([&] { result = Post(StatelessCall("wait"), StatelessHeaders("wait")); });
  ASSERT_TRUE(catalog_.WaitForWaiting(1));
  http_->Stop();
  catalog_.release = true;
  caller.join();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  running_.join();
}

TEST_F(HttpTransportTest, StopCancelsWhatTakesTooLongAndAnswersIt) {
  HttpServerOptions options;
  options.drain = std::chrono::milliseconds(50);
  Start(options);
  httplib::Result result{nullptr, httplib::Error::Unknown};
  std::thread caller([&] { result = Post(StatelessCall("wait"), StatelessHeaders("wait")); });
  ASSERT_TRUE(catalog_.WaitForWaiting(1));
  http_->Stop();
  running_.join();
  caller.join();
  EXPECT_EQ(catalog_.cancelled, 1);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 503);
  EXPECT_NE(result->body.find("-32000"), std::string::npos) << result->body;
}

TEST_F(HttpTransportTest, StopBeforeRunEndsRunAtOnce) {
  HttpServerOptions options;
  options.port = 0;
  auto http = HttpServer::Create(server_, options);
  ASSERT_TRUE(http.ok());
  (*http)->Stop();
  (*http)->Run();
}

TEST_F(HttpTransportTest, APortInUseIsNamed) {
  Start();
  HttpServerOptions options;
  options.port = http_->Port();
  const auto second = HttpServer::Create(server_, options);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kIoError);
  EXPECT_EQ(second.error().message, "port " + std::to_string(options.port) + " on 127.0.0.1 is in use");
  EXPECT_NE(second.error().hint.find("--http 127.0.0.1:PORT"), std::string::npos);
}

TEST_F(HttpTransportTest, AnAddressOfAnotherMachineIsNamed) {
  HttpServerOptions options;
  options.host = "203.0.113.1";
  options.port = 0;
  const auto result = HttpServer::Create(server_, options);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("203.0.113.1"), std::string::npos);
}

}  // namespace
}  // namespace chimera::mcp
