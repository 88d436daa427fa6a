#include <atomic>
#include <future>
#include <thread>

#include "unit/clickhouse/client_test.h"

namespace chimera::clickhouse {
namespace {

TEST(Deadline, EndsASilentDatabaseAndStopsTheQuery) {
  ScriptedServer server([](const WireRequest&, Peer& peer) {
    peer.WaitForClose(5s);
    return false;
  });
  auto client = ConnectTo(server.Port());
  auto took = Timed([&] {
    auto rows = client->Read(Within(100ms), {.sql = "x"});
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().code, ErrorCode::kTimeout);
    EXPECT_FALSE(rows.error().unsent);
  });
  EXPECT_GE(took, 99ms);
  EXPECT_LT(took, 2s);
  EXPECT_EQ(AwaitKill(server).size(), 1u);
}

TEST(Deadline, EndsADripOfHeadersOrRows) {
  for (size_t fast : {size_t{0}, ChunkedHead().size() + 10}) {
    ScriptedServer server([&](const WireRequest&, Peer& peer) {
      const std::string reply = ChunkedHead() + Chunk(kBody) + std::string(kLastChunk);
      return peer.Send(reply.substr(0, fast)) && peer.Drip(reply.substr(fast), 30ms);
    });
    auto client = ConnectTo(server.Port());
    auto took = Timed([&] {
      auto rows = client->Read(Within(200ms), {.sql = "x"});
      ASSERT_FALSE(rows);
      EXPECT_EQ(rows.error().code, ErrorCode::kTimeout);
    });
    EXPECT_LT(took, 2s);
  }
}

TEST(Deadline, EndsAWriteThatNobodyReads) {
  BlackHole hole;
  auto client = ConnectTo(hole.Port());
  std::string body(64 * 1024 * 1024, 'x');
  auto took = Timed([&] {
    auto written = client->Write(Within(200ms), {"db", "t", {"a"}, body, "token"});
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::kTimeout);
    EXPECT_FALSE(written.error().unsent);
  });
  EXPECT_LT(took, 2s);
}

TEST(Deadline, ThatPassedAlreadySendsNothing) {
  ScriptedServer server(Always(Reply(kBody)));
  auto rows = ConnectTo(server.Port())->Read(Within(0ms), {.sql = "x"});
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, ErrorCode::kTimeout);
  EXPECT_TRUE(rows.error().unsent);
  EXPECT_TRUE(server.Requests().empty());
}

TEST(Deadline, AShortOneDoesNotHauntTheNextCallOfItsConnection) {
  ScriptedServer server([](const WireRequest& request, Peer& peer) {
    if (request.body == "slow") std::this_thread::sleep_for(300ms);
    return peer.Send(Reply(kBody));
  });
  auto client = ConnectTo(server.Port());
  ASSERT_TRUE(client->Read(Within(150ms), {.sql = "fast"}));
  EXPECT_TRUE(client->Read(Within(5s), {.sql = "slow"}));
  EXPECT_EQ(server.Connections(), 1u);
}

TEST(Cancel, IsHeardAtOnceAndStopsTheQuery) {
  ScriptedServer server([](const WireRequest&, Peer& peer) {
    peer.WaitForClose(5s);
    return false;
  });
  auto client = ConnectTo(server.Port());
  std::stop_source source;
  RequestContext context = Within(60s);
  context.stop = source.get_token();
  auto call = std::async(std::launch::async, [&] { return client->Read(context, {.sql = "x"}).error(); });
  while (server.Requests().empty()) std::this_thread::sleep_for(1ms);
  Error error;
  auto took = Timed([&] {
    source.request_stop();
    error = call.get();
  });
  EXPECT_LT(took, 1s);
  EXPECT_EQ(error.code, ErrorCode::kCancelled);
  EXPECT_FALSE(error.unsent);
  EXPECT_TRUE(Has(AwaitKill(server).at(0), error.query_id));
}

TEST(Cancel, BeforeTheCallIsNotLost) {
  ScriptedServer server(Always(Reply(kBody)));
  std::stop_source source;
  source.request_stop();
  RequestContext context;
  context.stop = source.get_token();
  auto rows = ConnectTo(server.Port())->Read(context, {.sql = "x"});
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(rows.error().unsent);
  EXPECT_TRUE(server.Requests().empty());
}

TEST(Cancel, AtAnyMomentEndsTheCallOneWayOrTheOther) {
  ScriptedServer server([](const WireRequest&, Peer& peer) { return peer.Drip(Reply(kBody), 0ms); });
  auto client = ConnectTo(server.Port());
  for (int i = 0; i < 200; ++i) {
    std::stop_source source;
    RequestContext context = Within(5s);
    context.stop = source.get_token();
    std::thread canceller([&] {
      std::this_thread::sleep_for(std::chrono::microseconds(i * 5));
      source.request_stop();
    });
    auto rows = client->Read(context, {.sql = "x"});
    canceller.join();
    if (rows) {
      EXPECT_EQ(rows->rows_json, kAllRows);
    } else {
      EXPECT_EQ(rows.error().code, ErrorCode::kCancelled) << rows.error().message;
    }
  }
}

}  // namespace
}  // namespace chimera::clickhouse
