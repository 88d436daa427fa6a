#include <atomic>
#include <future>
#include <thread>

#include "unit/clickhouse/client_test.h"

namespace chimera::clickhouse {
namespace {

TEST(Pool, ExhaustedIsBusy) {
  ScriptedServer server([](const WireRequest&, Peer& peer) {
    std::this_thread::sleep_for(300ms);
    return peer.Send(Reply(kBody));
  });
  HttpOptions options = OptionsFor({server.Port()});
  options.pool_size = 1;
  auto client = Connect(options);
  auto first = std::async(std::launch::async, [&] { return client->Read(Within(5s), {.sql = "x"}).ok(); });
  while (server.Requests().empty()) std::this_thread::sleep_for(1ms);
  auto second = client->Read(Within(50ms), {.sql = "x"});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
  EXPECT_TRUE(second.error().unsent);
  EXPECT_TRUE(first.get());
}

TEST(Pool, ItsStateIsShown) {
  std::atomic<bool> go{false};
  ScriptedServer server([&](const WireRequest&, Peer& peer) {
    while (!go) std::this_thread::sleep_for(1ms);
    return peer.Send(Reply(kBody));
  });
  HttpOptions options = OptionsFor({server.Port()});
  options.pool_size = 2;
  auto client = Connect(options);
  std::vector<std::future<bool>> calls;
  for (int i = 0; i < 5; ++i) {
    calls.push_back(std::async(std::launch::async, [&] { return client->Read(Within(5s), {.sql = "x"}).ok(); }));
  }
  while (client->State().waiting != 3 || server.Requests().size() != 2) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(client->State().in_use, 2u);
  go = true;
  for (auto& call : calls) EXPECT_TRUE(call.get());
  auto state = client->State();
  EXPECT_EQ(state.in_use, 0u);
  EXPECT_EQ(state.waiting, 0u);
  EXPECT_EQ(state.idle, 2u);
  ASSERT_EQ(state.hosts.size(), 1u);
  EXPECT_EQ(state.hosts[0].name, "127.0.0.1:" + std::to_string(server.Port()));
}

TEST(Pool, AServerThatClosedMeanwhileIsNotNoticedByTheCaller) {
  ScriptedServer server([](const WireRequest&, Peer& peer) {
    peer.Send(Reply(kBody));
    return false;
  });
  auto client = ConnectTo(server.Port());
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(client->Read(Within(5s), {.sql = "x"}));
    std::this_thread::sleep_for(30ms);
  }
  EXPECT_EQ(server.Connections(), 5u);
}

TEST(UnixSocket, Works) {
  TemporaryFolder folder;
  ScriptedServer server(Always(Reply(kBody)), folder.Socket());
  HttpOptions options = OptionsFor({1});
  options.unix_socket = folder.Socket();
  auto client = Connect(options);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client->Read(Within(5s), {.sql = "x"}));
  EXPECT_EQ(server.Connections(), 1u);
}

TEST(UnixSocket, MissingIsUnavailableAndUnsent) {
  TemporaryFolder folder;
  HttpOptions options = OptionsFor({1});
  options.unix_socket = folder.Socket();
  auto rows = Connect(options)->Read(Within(5s), {.sql = "x"});
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(rows.error().unsent);
  EXPECT_TRUE(Has(rows.error().message, folder.Socket()));
}

TEST(UnixSocket, AFullBacklogIsWaitedFor) {
  TemporaryFolder folder;
  ScriptedServer server(Always(Reply(kBody)), folder.Socket(), 0);
  HttpOptions options = OptionsFor({1});
  options.unix_socket = folder.Socket();
  options.pool_size = 32;
  auto client = Connect(options);
  std::vector<std::thread> threads;
  std::atomic<int> answered{0};
  for (int i = 0; i < 32; ++i) {
    threads.emplace_back([&] { answered += client->Read(Within(10s), {.sql = "x"}).ok() ? 1 : 0; });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(answered, 32);
}

TEST(Network, ARefusedConnectionIsUnsent) {
  int port = DeadPort();
  auto rows = ConnectTo(port)->Read(Within(5s), {.sql = "x"});
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(rows.error().unsent);
  EXPECT_TRUE(Has(rows.error().message, std::to_string(port)));
}

TEST(Network, TheNativePortIsNamed) {
  ScriptedServer server([](const WireRequest&, Peer& peer) {
    peer.Send(
        "HTTP/1.0 400 Bad Request\r\n\r\nPort 9000 is for clickhouse-client program\r\nYou must use port 8123 for "
        "HTTP.\r\n");
    return false;
  });
  auto rows = ConnectTo(server.Port())->Read(Within(5s), {.sql = "x"});
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(Has(rows.error().message, "native protocol")) << rows.error().message;
}

TEST(Network, GarbageIsUnavailable) {
  for (const std::string& garbage : {std::string("\x15\x03\x01\x00\x02\x02\x50", 7), std::string("SSH-2.0-x\r\n"),
                                     std::string("HTTP/1.1 999999999999999 X\r\n\r\n"), std::string(100000, 'x')}) {
    ScriptedServer server([&](const WireRequest&, Peer& peer) {
      peer.Send(garbage);
      return false;
    });
    auto rows = ConnectTo(server.Port())->Read(Within(5s), {.sql = "x"});
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().code, ErrorCode::kUnavailable);
  }
}

TEST(Network, TlsToASilentPeerEndsAtTheDeadline) {
  BlackHole hole;
  HttpOptions options = OptionsFor({hole.Port()});
  options.secure = true;
  auto client = Connect(options);
  auto took = Timed([&] {
    auto rows = client->Read(Within(200ms), {.sql = "x"});
    ASSERT_FALSE(rows);
    EXPECT_TRUE(rows.error().unsent);
  });
  EXPECT_LT(took, 5s);
}

TEST(Network, APeerThatNeverSpokeTlsIsNotAskedAgain) {
  BlackHole hole;
  HttpOptions options = OptionsFor({hole.Port()});
  options.secure = true;
  options.retries = 3;
  options.connect_timeout = 1s;
  Error error;
  auto took = Timed([&] { error = Connect(options)->Read(Within(10s), {.sql = "x"}).error(); });
  EXPECT_LT(took, 1900ms);
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_TRUE(error.unsent);
  EXPECT_TRUE(Has(error.hint, "if port " + std::to_string(hole.Port()) + " speaks no TLS, set CH_SECURE=false"))
      << error.hint;
}

TEST(Network, WhatWentToTheWrongPortIsNotStoppedThere) {
  const std::string alert("\x15\x03\x01\x00\x02\x02\x50", 7);
  const std::string native("\x02\x01\x00", 3);
  for (const std::string& answer : {alert, native, std::string("SSH-2.0-x\r\n")}) {
    ScriptedServer server([&](const WireRequest&, Peer& peer) {
      peer.Send(answer);
      return false;
    });
    EXPECT_FALSE(ConnectTo(server.Port())->Read(Within(5s), {.sql = "x"}));
    EXPECT_TRUE(server.KillRequests().empty()) << "the client is gone, and what it had to stop with it";
  }
}

TEST(Network, AnInsertThatWentToTheWrongPortIsKnownNotToBeStored) {
  ScriptedServer server([](const WireRequest&, Peer& peer) {
    peer.Send(std::string("\x15\x03\x01\x00\x02\x02\x50", 7));
    return false;
  });
  const Insert insert{
      .database = "d", .table = "t", .columns = {"a"}, .body = "{\"a\":1}\n", .deduplication_token = "x"};
  auto written = ConnectTo(server.Port())->Write(Within(5s), insert);
  ASSERT_FALSE(written);
  EXPECT_TRUE(written.error().unsent);
  EXPECT_FALSE(Has(written.error().message, "may or may not")) << written.error().message;
}

TEST(Network, AProxysRefusalIsNoWrongPassword) {
  ScriptedServer server(Always(Reply("host not allowed", 403)));
  auto rows = ConnectTo(server.Port())->Read(Within(5s), {.sql = "x"});
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, ErrorCode::kAccessDenied);
  EXPECT_TRUE(Has(rows.error().message, "HTTP 403 \"host not allowed\"")) << rows.error().message;
  EXPECT_FALSE(Has(rows.error().hint, "CH_PASSWORD")) << rows.error().hint;
}

TEST(Options, ThatCannotWorkAreRefused) {
  auto code = [](HttpOptions options) {
    auto client = CreateHttpClient(std::move(options));
    return client ? std::optional<ErrorCode>() : client.error().code;
  };
  EXPECT_EQ(code({}), std::nullopt);
  EXPECT_EQ(code({.hosts = {{"", 8123}}}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.hosts = {{"db", 0}}}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.hosts = {{"db", 65536}}}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.account = {.username = "a\r\nb"}}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.write_account = Account{"a", "b\n"}}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.retries = -1}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.pool_size = 0}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.unix_socket = std::string(108, 'x')}), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace chimera::clickhouse
