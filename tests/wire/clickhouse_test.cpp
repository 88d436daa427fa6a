// A real clickhouse-server (Debian's, of 2018): the truth for what is on the wire. Its dialect is too old for
// statements with parameters, so requests are made by hand.
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <thread>

#include "clickhouse/errors.h"
#include "clickhouse/gzip.h"
#include "clickhouse/http_client.h"
#include "clickhouse/probe.h"
#include "wire/calls.h"
#include "wire/clickhouse_server.h"

namespace chimera::clickhouse {
namespace {

using namespace std::chrono_literals;
using chimera::testing::Answer;
using chimera::testing::Authority;
using chimera::testing::Call;
using chimera::testing::ClickHouseServer;
using chimera::testing::Has;
using chimera::testing::IsWhole;
using chimera::testing::Send;
using chimera::testing::Within;

std::vector<Header> As(const std::string& user, const std::string& password) {
  return {{"X-ClickHouse-User", user}, {"X-ClickHouse-Key", password}};
}

class Wire : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!ClickHouseServer::IsInstalled()) return;
    authority_ = std::make_unique<Authority>();
    server_ = std::make_unique<ClickHouseServer>(authority_->Sign());
  }
  static void TearDownTestSuite() {
    server_.reset();
    authority_.reset();
  }
  void SetUp() override {
    if (!server_) GTEST_SKIP() << "no clickhouse-server is installed: apt-get install clickhouse-server";
  }

  static Endpoint At(int port, bool secure) {
    Endpoint endpoint{"", "127.0.0.1", port, secure};
    endpoint.tls.ca_file = authority_->File();
    return endpoint;
  }
  static Endpoint Https() { return At(server_->HttpsPort(), true); }
  static Endpoint Http() { return At(server_->HttpPort(), false); }

  static HttpOptions Options(bool secure) {
    HttpOptions options;
    options.hosts = {{"127.0.0.1", secure ? server_->HttpsPort() : server_->HttpPort()}};
    options.secure = secure;
    options.tls.ca_file = authority_->File();
    options.learn_account = false;
    options.retries = 0;
    return options;
  }

  /// What a caller is told who reaches the wrong port.
  static Error WrongPort(int port, bool secure) {
    Endpoint endpoint = At(port, secure);
    endpoint.connect_timeout = 1s;
    Connection connection(endpoint);
    Answer answer = Send(connection);
    if (IsWhole(answer)) return ForeignReply(endpoint, answer.head.status, answer.text);
    EXPECT_EQ(answer.exchange.outcome, Outcome::kFailed);
    return NetworkError(endpoint, answer.exchange);
  }

  static std::unique_ptr<Authority> authority_;
  static std::unique_ptr<ClickHouseServer> server_;
};

std::unique_ptr<Authority> Wire::authority_;
std::unique_ptr<ClickHouseServer> Wire::server_;

TEST_F(Wire, OneConnectionCarriesManyRequests) {
  for (const Endpoint& endpoint : {Http(), Https()}) {
    Connection connection(endpoint);
    std::string our_port;
    for (int i = 0; i < 300; ++i) {
      Answer answer = Send(connection, {.body = "SELECT port FROM system.processes WHERE query_id = 'counted'",
                                        .target = "/?query_id=counted"});
      ASSERT_TRUE(IsWhole(answer)) << answer.exchange.detail;
      if (i == 0) our_port = answer.text;
      ASSERT_EQ(answer.text, our_port);
      ASSERT_FALSE(connection.IsStale());
    }
    EXPECT_GT(our_port.size(), 2u);
  }
}

TEST_F(Wire, HttpsNeedsTheRightAuthority) {
  Connection right(Https());
  EXPECT_EQ(Send(right).text, "1\n");
  Authority other("Somebody Else");
  Endpoint endpoint = Https();
  endpoint.tls.ca_file = other.File();
  Connection wrong(endpoint);
  Answer answer = Send(wrong);
  EXPECT_EQ(answer.exchange.failure, Failure::kTlsUnknownAuthority);
  EXPECT_FALSE(answer.exchange.sent);
}

TEST_F(Wire, AWrongPasswordIsTheDatabasesWord) {
  Connection connection(Https());
  Answer answer = Send(connection, {.headers = As("alice", "hearts")});
  ASSERT_TRUE(IsWhole(answer));
  EXPECT_EQ(answer.head.status, 401);
  EXPECT_EQ(FindException(answer.text, {}, 0).value_or(Exception{}).code, 193);
  EXPECT_EQ(Send(connection, {.headers = As("alice", "wonderland")}).text, "1\n");

  HttpOptions options = Options(true);
  options.account = {"alice", "hearts"};
  auto status = (*CreateHttpClient(options))->Execute(Within(20s), "SELECT 1", "");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kAccessDenied);
  EXPECT_EQ(status.error().database_code, 193);
}

TEST_F(Wire, AReaderMayNotWrite) {
  HttpOptions options = Options(true);
  options.account = {"reader", "looking-glass"};
  auto client = *CreateHttpClient(options);
  EXPECT_TRUE(client->Execute(Within(20s), "SELECT 1", ""));
  auto status = client->Execute(Within(20s), "CREATE TABLE default.forbidden (a UInt8) ENGINE = Memory", "");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().database_code, 164);
}

TEST_F(Wire, AnExceptionBehindRowsComesInAWhole200) {
  for (bool gzip : {false, true}) {
    Connection connection(Https());
    Call call{.body = "SELECT number, throwIf(number = 3000000) FROM system.numbers",
              .target = gzip ? "/?enable_http_compression=1" : "/"};
    if (gzip) call.headers.push_back({"Accept-Encoding", "gzip"});
    Answer answer = Send(connection, call);
    EXPECT_EQ(answer.head.status, 200);
    EXPECT_GT(answer.text.size(), 1000000u);
    auto tail = std::string_view(answer.text).substr(answer.text.size() - 1000);
    EXPECT_EQ(FindException(tail, {}, 0).value_or(Exception{}).code, 395) << tail;
  }
}

TEST_F(Wire, GzipComesOnlyWhenAskedFor) {
  const std::string sql = "SELECT number, 'the same words in every row' FROM system.numbers LIMIT 100000";
  Connection connection(Https());
  Answer plain = Send(connection, {.body = sql, .target = "/?enable_http_compression=1"});
  EXPECT_EQ(plain.head.Find("Content-Encoding"), "");
  Call asking{.body = sql, .target = "/?enable_http_compression=1"};
  asking.headers.push_back({"Accept-Encoding", "gzip"});
  Answer packed = Send(connection, asking);
  ASSERT_TRUE(IsWhole(packed));
  EXPECT_EQ(packed.head.Find("Content-Encoding"), "gzip");
  EXPECT_TRUE(packed.head.framed);
  EXPECT_TRUE(packed.text == plain.text) << packed.text.size() << " and " << plain.text.size();
  EXPECT_FALSE(connection.IsStale());
}

TEST_F(Wire, AnEmptyResultMayBeGzip) {
  Connection connection(Https());
  Call call{.body = "SELECT 1 WHERE 0", .target = "/?enable_http_compression=1"};
  call.headers.push_back({"Accept-Encoding", "gzip"});
  Answer answer = Send(connection, call);
  EXPECT_TRUE(IsWhole(answer)) << answer.exchange.detail;
  EXPECT_EQ(answer.text, "");
}

TEST_F(Wire, AGzipBodyIsStored) {
  Connection connection(Https());
  ASSERT_EQ(Send(connection, {.body = "CREATE TABLE default.packed (a UInt32, b String) ENGINE = Memory"}).text, "");
  std::string rows;
  for (int i = 0; i < 10000; ++i) rows += "{\"a\":" + std::to_string(i) + ",\"b\":\"row\"}\n";
  Call insert{.body = Gzip(rows), .target = "/?query=INSERT%20INTO%20default.packed%20FORMAT%20JSONEachRow"};
  insert.headers.push_back({"Content-Encoding", "gzip"});
  Answer answer = Send(connection, insert);
  ASSERT_EQ(answer.head.status, 200) << answer.text;
  EXPECT_EQ(Send(connection, {.body = "SELECT count(), sum(a) FROM default.packed"}).text, "10000\t49995000\n");
}

TEST_F(Wire, AKilledQueryEndsWithItsException) {
  Connection connection(Https());
  auto running = std::async(std::launch::async, [&] {
    return Send(connection, {.body = "SELECT count() FROM system.numbers", .target = "/?query_id=endless"});
  });
  Connection killer(Https());
  std::string killed;
  auto end = Deadline::After(20s);
  while (killed.empty() && !end.Expired()) {
    killed = Send(killer, {.body = "KILL QUERY WHERE query_id = 'endless' ASYNC"}).text;
  }
  EXPECT_TRUE(Has(killed, "endless")) << killed;
  Answer answer = running.get();
  EXPECT_EQ(FindException(answer.text, {}, 0).value_or(Exception{}).code, 394) << answer.text;
}

TEST_F(Wire, ADeadlineEndsTheWait) {
  Connection connection(Https());
  ASSERT_TRUE(IsWhole(Send(connection)));
  Answer answer = Send(connection, {.body = "SELECT sleep(3)", .context = Within(200ms)});
  EXPECT_EQ(answer.exchange.outcome, Outcome::kExpired);
  EXPECT_TRUE(answer.exchange.sent);
  EXPECT_TRUE(connection.IsStale());
  EXPECT_TRUE(IsWhole(Send(connection)));
}

TEST_F(Wire, AnIdleConnectionIsLeftBeforeTheServerClosesIt) {
  Connection connection(Http());
  ASSERT_TRUE(IsWhole(Send(connection)));
  EXPECT_FALSE(connection.IsStale());
  std::this_thread::sleep_for(2100ms);  // the server's keep_alive_timeout is 3 s
  EXPECT_TRUE(connection.IsStale());
}

TEST_F(Wire, TheWrongPortIsNamed) {
  Error plain_to_tls = WrongPort(server_->HttpsPort(), false);  // this server closes without a word
  EXPECT_TRUE(Has(plain_to_tls.message, "expects TLS")) << plain_to_tls.message;
  EXPECT_TRUE(Has(plain_to_tls.hint, "CH_SECURE=true")) << plain_to_tls.hint;
  // This server waits for the end of a line, which the random bytes of a handshake may hold.
  EXPECT_TRUE(Has(WrongPort(server_->HttpPort(), true).hint,
                  "if port " + std::to_string(server_->HttpPort()) + " speaks no TLS, set CH_SECURE=false"));
  EXPECT_TRUE(Has(WrongPort(server_->NativePort(), false).message, "is ClickHouse's native protocol"));
  EXPECT_TRUE(Has(WrongPort(server_->NativePort(), true).message, "is ClickHouse's native protocol"));
  EXPECT_TRUE(Has(WrongPort(server_->NativeTlsPort(), true).message, "is ClickHouse's native protocol"));
}

TEST_F(Wire, TheProbeWalksTheWholeWay) {
  auto secure = Probe(Within(20s), Options(true), 0);
  ASSERT_FALSE(secure.error) << secure.error->message;
  EXPECT_TRUE(secure.tls && secure.ping_ms);
  auto plain = Probe(Within(20s), Options(false), 0);
  EXPECT_FALSE(plain.error || plain.tls);
  EXPECT_TRUE(plain.ping_ms);
  HttpOptions insecure = Options(false);
  insecure.hosts[0].port = server_->HttpsPort();
  auto silent = Probe(Within(20s), insecure, 0);
  ASSERT_TRUE(silent.error);
  EXPECT_TRUE(Has(silent.error->message, "expects TLS")) << silent.error->message;
  HttpOptions native = Options(false);
  native.hosts[0].port = server_->NativePort();
  auto wrong = Probe(Within(20s), native, 0);
  ASSERT_TRUE(wrong.error);
  EXPECT_TRUE(Has(wrong.error->message, "native protocol")) << wrong.error->message;
}

TEST_F(Wire, ARestartBetweenTwoRequestsIsNotNoticed) {
  auto client = *CreateHttpClient(Options(true));
  Connection connection(Https());
  ASSERT_TRUE(client->Execute(Within(20s), "SELECT 1", ""));
  ASSERT_TRUE(IsWhole(Send(connection)));
  server_->Stop();
  EXPECT_TRUE(connection.IsStale());
  auto down = client->Execute(Within(20s), "SELECT 1", "");
  ASSERT_FALSE(down);
  EXPECT_TRUE(down.error().unsent);
  server_->Start();
  EXPECT_TRUE(client->Execute(Within(20s), "SELECT 1", ""));
}

}  // namespace
}  // namespace chimera::clickhouse
