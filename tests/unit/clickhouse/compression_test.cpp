#include "clickhouse/gzip.h"
#include "clickhouse/http_options.h"
#include "unit/clickhouse/client_test.h"

namespace chimera::clickhouse {
namespace {

TEST(Compression, BothWaysWhenItIsOn) {
  ScriptedServer server(Always(Reply(Gzip(kBody), 200, "Content-Encoding: gzip\r\n")));
  HttpOptions options = OptionsFor({server.Port()});
  options.compression = true;
  auto client = Connect(options);
  auto rows = client->Read(Within(5s), {.sql = "short"});
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->rows_json, kAllRows);
  std::string body(5000, 'x');
  EXPECT_TRUE(client->Write(Within(5s), {"db", "t", {"a"}, body, "token"}));
  auto requests = server.Requests();
  EXPECT_TRUE(Has(requests.at(0).head, "Accept-Encoding: gzip\r\n"));
  EXPECT_EQ(requests.at(0).Parameter("enable_http_compression"), "1");
  EXPECT_FALSE(Has(requests.at(0).head, "Content-Encoding"));
  EXPECT_EQ(requests.at(0).body, "short");
  EXPECT_TRUE(Has(requests.at(1).head, "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(requests.at(1).body, Gzip(body));
}

// The statement's own headers say gzip; the server would fail to unpack the kill and let the query run on.
TEST(Compression, DoesNotMarkAKillAsCompressed) {
  ScriptedServer server([](const WireRequest&, Peer& peer) { return peer.WaitForClose(5s); });
  HttpOptions options = OptionsFor({server.Port()});
  options.compression = true;
  EXPECT_FALSE(Connect(options)->Read(Within(100ms), {.sql = std::string(5000, 'x')}));
  AwaitKill(server);
  const auto kills = server.KillRequests();
  ASSERT_EQ(kills.size(), 1u);
  EXPECT_FALSE(Has(kills[0].head, "Encoding")) << kills[0].head;
  EXPECT_TRUE(Has(kills[0].head, "X-ClickHouse-Key: hunter22\r\n"));
}

TEST(Compression, IsOffOnTheLoopbackUnlessAskedFor) {
  ScriptedServer server(Always(Reply(kBody)));
  ASSERT_TRUE(ConnectTo(server.Port())->Read(Within(5s), {.sql = std::string(5000, ' ')}));
  auto request = server.Requests().at(0);
  EXPECT_FALSE(Has(request.head, "Encoding"));
  EXPECT_FALSE(request.Has("enable_http_compression"));
}

TEST(Compression, DependsOnTheHost) {
  HttpOptions options;
  options.hosts = {{"127.0.0.1", 1}, {"127.9.9.9", 1}, {"::1", 1}, {"Localhost", 1},
                   {"db", 1},        {"128.0.0.1", 1}, {"::2", 1}, {"localhost.example", 1}};
  for (size_t i = 0; i < options.hosts.size(); ++i) EXPECT_EQ(Compresses(options, i), i >= 4) << i;
  options.compression = false;
  EXPECT_FALSE(Compresses(options, 4));
  options.compression = true;
  EXPECT_TRUE(Compresses(options, 0));
  options.compression.reset();
  options.unix_socket = "/x";
  EXPECT_FALSE(Compresses(options, 0));
}

}  // namespace
}  // namespace chimera::clickhouse
