// Reads over hosts that fail: repeats, circuits, and what does not count.
#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "unit/clickhouse/client_test.h"

namespace chimera::clickhouse {
namespace {

std::string Thrown(int code, const std::string& text) {
  return Reply("Code: " + std::to_string(code) + ". DB::Exception: " + text + ". (NAME)\n", 500,
               "X-ClickHouse-Exception-Code: " + std::to_string(code) + "\r\n");
}

/// Sends `first` to the first `count` requests, then rows. Without `first`: closes the connection.
ScriptedServer::Script AtFirst(int count, std::string first) {
  auto left = std::make_shared<std::atomic<int>>(count);
  return [left, first](const WireRequest&, Peer& peer) {
    if (left->fetch_sub(1) <= 0) return peer.Send(Reply(kBody));
    return !first.empty() && peer.Send(first);
  };
}

std::unique_ptr<Client> WithRetries(const std::vector<int>& ports, int retries) {
  HttpOptions options = OptionsFor(ports);
  options.retries = retries;
  return Connect(options);
}

TEST(Repeat, EachAttemptHasAQueryIdOfItsOwnAndTheLostOneIsKilled) {
  ScriptedServer server(AtFirst(2, ""));
  auto rows = WithRetries({server.Port()}, 3)->Read(Within(5s), {.sql = "x"});
  ASSERT_TRUE(rows) << rows.error().message;
  auto requests = server.Requests();
  ASSERT_EQ(requests.size(), 3u);
  std::set<std::string> ids;
  for (const auto& request : requests) ids.insert(request.Parameter("query_id"));
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_EQ(rows->query_id, requests[2].Parameter("query_id"));
  for (auto end = Deadline::After(2s); server.Kills().size() < 2 && !end.Expired();) std::this_thread::sleep_for(1ms);
  auto kills = server.Kills();
  ASSERT_EQ(kills.size(), 2u);
  EXPECT_TRUE(Has(kills[0], requests[0].Parameter("query_id")));
  EXPECT_TRUE(Has(kills[1], requests[1].Parameter("query_id")));
}

TEST(Repeat, WhatPassesByItselfIsRepeated) {
  for (const std::string& answer : {Thrown(202, "Too many"), Thrown(999, "Connection loss"), Reply("", 503),
                                    Reply("", 502), Reply("", 504), Reply("", 429)}) {
    ScriptedServer server(AtFirst(2, answer));
    auto client = WithRetries({server.Port()}, 3);
    EXPECT_TRUE(client->Read(Within(5s), {.sql = "x"})) << answer;
    EXPECT_EQ(server.Requests().size(), 3u);
    EXPECT_EQ(client->State().hosts[0].failures, 0u);
  }
}

TEST(Repeat, WhatWouldFailAgainIsNot) {
  for (const std::string& answer : {Thrown(60, "no table"), Thrown(159, "Timeout exceeded"), Thrown(241, "Memory"),
                                    Reply("", 404), Reply("<html>", 200)}) {
    ScriptedServer server(Always(answer));
    EXPECT_FALSE(WithRetries({server.Port()}, 3)->Read(Within(5s), {.sql = "x"})) << answer;
    EXPECT_EQ(server.Requests().size(), 1u);
  }
}

TEST(Repeat, TheErrorSaysHowOftenItWasTried) {
  ScriptedServer server(Always(Thrown(202, "Too many")));
  auto rows = WithRetries({server.Port()}, 2)->Read(Within(5s), {.sql = "x"});
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, ErrorCode::kBusy);
  EXPECT_EQ(rows.error().database_code, 202);
  EXPECT_TRUE(Has(rows.error().message, "(after 3 attempts)")) << rows.error().message;
  EXPECT_EQ(rows.error().query_id, server.Requests().at(2).Parameter("query_id"));
}

TEST(Repeat, NotBeyondTheDeadline) {
  ScriptedServer server(Always(Thrown(202, "Too many")));
  HttpOptions options = OptionsFor({server.Port()});
  options.retries = 9;
  options.pace.first_pause = options.pace.longest_pause = 1h;
  Error error;
  auto took = Timed([&] { error = Connect(options)->Read(Within(2s), {.sql = "x"}).error(); });
  EXPECT_EQ(error.database_code, 202);
  EXPECT_LT(took, 1500ms);
}

TEST(Repeat, APauseEndsWithTheCancellation) {
  ScriptedServer server(Always(Thrown(202, "Too many")));
  HttpOptions options = OptionsFor({server.Port()});
  options.retries = 1;
  options.pace.first_pause = options.pace.longest_pause = 1h;
  auto client = Connect(options);
  std::stop_source source;
  RequestContext context;
  context.stop = source.get_token();
  auto call = std::async(std::launch::async, [&] { return client->Read(context, {.sql = "x"}).error().code; });
  while (server.Requests().empty()) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(call.wait_for(20ms), std::future_status::timeout);
  source.request_stop();
  EXPECT_EQ(call.get(), ErrorCode::kCancelled);
}

TEST(Failover, ToTheNextHostWithoutAPause) {
  ScriptedServer server(Always(Reply(kBody)));
  HttpOptions options = OptionsFor({DeadPort(), server.Port()});
  options.retries = 1;
  options.pace.first_pause = options.pace.longest_pause = 1h;
  EXPECT_TRUE(Connect(options)->Read(Within(30s), {.sql = "x"}));
}

TEST(Failover, AnAnswerThatBreaksOffIsReadFromTheNextHost) {
  ScriptedServer broken([](const WireRequest&, Peer& peer) {
    peer.Send(ChunkedHead() + Chunk(kHeader + "[\"9\",\"x\"]\n"));
    return false;
  });
  ScriptedServer server(Always(Reply(kBody)));
  auto rows = WithRetries({broken.Port(), server.Port()}, 1)->Read(Within(5s), {.sql = "x"});
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->rows_json, kAllRows);
  EXPECT_EQ(rows->query_id, server.Requests().at(0).Parameter("query_id"));
  EXPECT_EQ(AwaitKill(broken).size(), 1u);
  EXPECT_TRUE(server.Kills().empty());
}

TEST(Failover, TheFirstHostIsUsedAgainOnceItIsBack) {
  int port = DeadPort();
  ScriptedServer second(Always(Reply(kBody)));
  auto client = WithRetries({port, second.Port()}, 1);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(client->Read(Within(5s), {.sql = "x"}));
  EXPECT_FALSE(client->State().hosts[0].in_use);
  EXPECT_TRUE(client->State().hosts[1].in_use);
  EXPECT_EQ(second.Requests().size(), 5u);
  ScriptedServer first(Always(Reply(kBody)), {}, 64, port);
  for (auto end = Deadline::After(5s); first.Requests().empty() && !end.Expired();) {
    ASSERT_TRUE(client->Read(Within(5s), {.sql = "x"}));
  }
  size_t before = second.Requests().size();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(client->Read(Within(5s), {.sql = "x"}));
  EXPECT_EQ(second.Requests().size(), before);
  EXPECT_TRUE(client->State().hosts[0].in_use);
}

TEST(Failover, OnlyTheNetworkCountsAgainstAHost) {
  std::atomic<bool> silent{false};
  ScriptedServer server([&](const WireRequest&, Peer& peer) {
    if (silent) peer.WaitForClose(5s);
    return peer.Send(Thrown(60, "no table"));
  });
  auto client = ConnectTo(server.Port());
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(client->Read(Within(5s), {.sql = "x"}));
  EXPECT_EQ(client->State().hosts[0].failures, 0u);
  silent = true;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client->Read(Within(20ms), {.sql = "x"}).error().code, ErrorCode::kTimeout);
  EXPECT_EQ(client->State().hosts[0].failures, 0u);
  EXPECT_TRUE(client->State().hosts[0].in_use);
}

TEST(Circuit, TheErrorSpeaksOfTheDatabaseAndNotOfTheCircuit) {
  for (const auto& ports : {std::vector<int>{DeadPort()}, std::vector<int>{DeadPort(), DeadPort()}}) {
    auto client = WithRetries(ports, 9);
    for (int i = 0; i < 2; ++i) {
      auto rows = client->Read(Within(5s), {.sql = "x"});
      ASSERT_FALSE(rows);
      EXPECT_EQ(rows.error().code, ErrorCode::kUnavailable);
      EXPECT_TRUE(rows.error().unsent);
      for (int port : ports) {
        EXPECT_TRUE(Has(rows.error().message, "no connection to 127.0.0.1:" + std::to_string(port)))
            << rows.error().message;
      }
      EXPECT_FALSE(Has(rows.error().message, "circuit")) << rows.error().message;
      EXPECT_TRUE(Has(rows.error().hint, "check that ClickHouse runs there")) << rows.error().hint;
    }
  }
}

TEST(Circuit, TheFirstCallAfterARestartSucceeds) {
  int port = DeadPort();
  HttpOptions options = OptionsFor({port});
  options.pace = {};  // the real cool-downs, up to a second
  auto client = Connect(options);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(client->Read(Within(5s), {.sql = "x"}));
  EXPECT_FALSE(client->State().hosts[0].in_use);
  ScriptedServer server(Always(Reply(kBody)), {}, 64, port);
  EXPECT_TRUE(client->Read(Within(5s), {.sql = "x"}));
  EXPECT_TRUE(client->State().hosts[0].in_use);
}

TEST(Circuit, ACallWithLittleTimeIsNotRefusedForTheCoolDown) {
  int port = DeadPort();
  HttpOptions options = OptionsFor({port});
  options.pace.first_cooldown = options.pace.longest_cooldown = 1h;
  auto client = Connect(options);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(client->Read(Within(5s), {.sql = "x"}));
  ScriptedServer server(Always(Reply(kBody)), {}, 64, port);
  EXPECT_TRUE(client->Read(Within(2s), {.sql = "x"}));
}

TEST(Circuit, ItIsTriedByOneAndThenUsedByAll) {
  int port = DeadPort();
  HttpOptions options = OptionsFor({port});
  options.pace.first_cooldown = options.pace.longest_cooldown = 200ms;
  options.pool_size = 16;
  auto client = Connect(options);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(client->Read(Within(5s), {.sql = "x"}));
  std::atomic<int> waiting{0};
  std::atomic<bool> first_alone{false};
  ScriptedServer server(
      [&](const WireRequest&, Peer& peer) {
        if (waiting++ == 0) {  // the others stay away while the first has no answer
          std::this_thread::sleep_for(50ms);
          first_alone = waiting == 1;
        }
        return peer.Send(Reply(kBody));
      },
      {}, 64, port);
  std::vector<std::thread> threads;
  std::atomic<int> answered{0};
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] { answered += client->Read(Within(10s), {.sql = "x"}).ok() ? 1 : 0; });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(answered, 16);
  EXPECT_TRUE(first_alone);
}

TEST(Circuit, AWaitEndsWithTheCancellation) {
  HttpOptions options = OptionsFor({DeadPort()});
  options.pace.first_cooldown = options.pace.longest_cooldown = 1h;
  auto client = Connect(options);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(client->Read(Within(5s), {.sql = "x"}));
  std::stop_source source;
  RequestContext context;
  context.stop = source.get_token();
  auto call = std::async(std::launch::async, [&] { return client->Read(context, {.sql = "x"}).error().code; });
  EXPECT_EQ(call.wait_for(20ms), std::future_status::timeout);
  source.request_stop();
  EXPECT_EQ(call.get(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace chimera::clickhouse
