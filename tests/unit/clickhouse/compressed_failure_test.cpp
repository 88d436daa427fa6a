// A compressed result that breaks off never looks whole: with an exception inside the stream, without its end, or cut
// by something in between that closes its own framing properly.
#include "clickhouse/gzip.h"
#include "unit/clickhouse/client_test.h"

namespace chimera::clickhouse {
namespace {

std::unique_ptr<Client> CompressedClient(const ScriptedServer& server) {
  HttpOptions options = OptionsFor({server.Port()});
  options.compression = true;
  options.retries = 0;
  return Connect(options);
}

std::string GzipHead() {
  return ChunkedHead("Content-Encoding: gzip\r\nX-ClickHouse-Exception-Tag: TAG\r\n");
}

TEST(CompressedRead, AnExceptionInsideTheStreamIsFound) {
  const std::string text = "Code: 395. DB::Exception: boom. (THROWN) (version 26.7)\n";
  const std::string block =
      "\r\n__exception__\r\nTAG\r\n" + text + std::to_string(text.size()) + " TAG\r\n__exception__\r\n";
  for (const std::string& tail : {text, block, "[\"4\",\"Code: 60. DB::Exception: stored" + block}) {
    for (const std::string& end : {std::string(kLastChunk), std::string()}) {
      ScriptedServer server([&](const WireRequest&, Peer& peer) {
        peer.Send(GzipHead() + Chunk(Gzip(kBody + tail)) + end);
        return false;
      });
      auto rows = CompressedClient(server)->Read(Within(5s), {.sql = "x"});
      ASSERT_FALSE(rows);
      EXPECT_EQ(rows.error().database_code, 395) << rows.error().message;
    }
  }
}

TEST(CompressedRead, AStreamCutAnywhereIsNeverAResult) {
  const std::string stream = Gzip(kBody);
  std::atomic<size_t> length{0};
  ScriptedServer server([&](const WireRequest&, Peer& peer) {
    const std::string part = stream.substr(0, length);
    return peer.Send(GzipHead() + (part.empty() ? "" : Chunk(part)) + std::string(kLastChunk));
  });
  auto client = CompressedClient(server);
  for (length = 1; length < stream.size(); ++length) {
    EXPECT_FALSE(client->Read(Within(5s), {.sql = "x"})) << length.load();
  }
  EXPECT_TRUE(client->Read(Within(5s), {.sql = "x"}));
}

}  // namespace
}  // namespace chimera::clickhouse
