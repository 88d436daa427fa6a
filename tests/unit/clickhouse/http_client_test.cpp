#include "clickhouse/http_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "unit/clickhouse/scripted_server.h"

namespace chimera::clickhouse {
namespace {

using namespace std::chrono_literals;
using chimera::testing::Chunk;
using chimera::testing::ChunkedHead;
using chimera::testing::kLastChunk;
using chimera::testing::Peer;
using chimera::testing::Reply;
using chimera::testing::ScriptedServer;
using chimera::testing::WireRequest;

const std::string kHeader = "[\"n\",\"s\"]\n[\"UInt64\",\"String\"]\n";
const std::string kBody = kHeader + "[\"1\",\"ä\\n\"]\n[\"2\",\"]\"]\n[\"3\",\"\"]\n";
const std::string kAllRows = "[\"1\",\"ä\\n\"],[\"2\",\"]\"],[\"3\",\"\"]";

RequestContext Within(std::chrono::milliseconds time) {
  RequestContext context;
  context.deadline = Deadline::After(time);
  return context;
}

/// Runs `call` and says how long it took.
template <typename F>
std::chrono::milliseconds Timed(F call) {
  auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

std::unique_ptr<Client> Connect(HttpOptions options) {
  auto client = CreateHttpClient(std::move(options));
  EXPECT_TRUE(client) << (client ? "" : client.error().message);
  return std::move(client).value();
}

std::unique_ptr<Client> ConnectTo(int port) {
  HttpOptions options;
  options.hosts = {{"127.0.0.1", port}};
  options.learn_account = false;
  options.account.password = "hunter22";
  options.database = "metrics";
  return Connect(options);
}

ScriptedServer::Script Always(std::string bytes) {
  return [bytes = std::move(bytes)](const WireRequest&, Peer& peer) { return peer.Send(bytes); };
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The kills a server saw, once there is one.
std::vector<std::string> AwaitKill(const ScriptedServer& server) {
  auto end = Deadline::After(2s);
  while (server.Kills().empty() && !end.Expired()) std::this_thread::sleep_for(1ms);
  return server.Kills();
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char pattern[] = "/tmp/chimera-test-XXXXXX";
    path_ = mkdtemp(pattern);
  }
  ~TemporaryFolder() {
    unlink(Socket().c_str());
    rmdir(path_.c_str());
  }
  std::string Socket() const { return path_ + "/s"; }

 private:
  std::string path_;
};

/// A listener that never accepts: connections succeed, then nothing is read and nothing comes.
class BlackHole {
 public:
  BlackHole() {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 16), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~BlackHole() { close(fd_); }
  int Port() const { return port_; }

 private:
  int fd_ = -1;
  int port_ = 0;
};

TEST(Read, SendsTheStatementWithLimitsParametersAndSettings) {
  ScriptedServer server(
      Always(Reply(kBody, 200, "X-ClickHouse-Summary: {\"read_rows\":\"7\",\"read_bytes\":\"56\"}\r\n")));
  auto client = ConnectTo(server.Port());
  Query query;
  query.sql = "SELECT {a:String}";
  query.parameters = {{"a", "x\ty"}, {"b", "", true}};
  query.settings = {{"max_threads", "2"}, {"readonly", "0"}};
  query.max_rows = 10;
  auto rows = client->Read(Within(1500ms), query);
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->rows_json, kAllRows);
  EXPECT_EQ(rows->row_count, 3u);
  EXPECT_FALSE(rows->truncated);
  EXPECT_EQ(rows->statistics.rows_read, 7u);
  EXPECT_EQ(rows->statistics.bytes_read, 56u);
  EXPECT_GT(rows->statistics.elapsed_ms, 0);

  WireRequest sent = server.Requests().at(0);
  EXPECT_EQ(sent.body, "SELECT {a:String}");
  EXPECT_EQ(sent.Parameter("query_id"), rows->query_id);
  EXPECT_EQ(sent.Parameter("database"), "metrics");
  EXPECT_EQ(sent.Parameter("readonly"), "1");
  EXPECT_EQ(sent.Parameter("max_execution_time"), "2");
  EXPECT_EQ(sent.Parameter("max_result_rows"), "11");
  EXPECT_EQ(sent.Parameter("result_overflow_mode"), "break");
  EXPECT_EQ(sent.Parameter("default_format"), "JSONCompactEachRowWithNamesAndTypes");
  EXPECT_EQ(sent.Parameter("date_time_output_format"), "iso");
  EXPECT_EQ(sent.Parameter("param_a"), "x\\ty");
  EXPECT_EQ(sent.Parameter("param_b"), "\\N");
  EXPECT_EQ(sent.Parameter("max_threads"), "2");
  EXPECT_TRUE(Has(sent.head, "X-ClickHouse-User: default\r\n"));
  EXPECT_TRUE(Has(sent.head, "X-ClickHouse-Key: hunter22\r\n"));
  EXPECT_FALSE(Has(sent.head, "Expect"));
}

TEST(Read, WithoutADeadlineThereIsNoExecutionLimit) {
  ScriptedServer server(Always(Reply(kBody)));
  ASSERT_TRUE(ConnectTo(server.Port())->Read({}, {.sql = "x"}));
  EXPECT_FALSE(server.Requests().at(0).Has("max_execution_time"));
}

TEST(Read, TakesAReplyHoweverItIsSplitAndKeepsTheConnection) {
  std::atomic<size_t> split{0};
  ScriptedServer server([&](const WireRequest&, Peer& peer) {
    return peer.Send(ChunkedHead() + Chunk(kBody.substr(0, split))) && peer.Send(Chunk(kBody.substr(split))) &&
           peer.Send(kLastChunk);
  });
  auto client = ConnectTo(server.Port());
  for (split = 1; split < kBody.size(); ++split) {
    auto rows = client->Read(Within(5s), {.sql = "x"});
    ASSERT_TRUE(rows) << split << ": " << rows.error().message;
    EXPECT_EQ(rows->rows_json, kAllRows);
  }
  EXPECT_EQ(server.Connections(), 1u);
}

TEST(Read, TakesAReplyByteByByte) {
  ScriptedServer server([](const WireRequest&, Peer& peer) {
    return peer.Drip(ChunkedHead() + Chunk(kBody) + std::string(kLastChunk), 0ms);
  });
  auto rows = ConnectTo(server.Port())->Read(Within(5s), {.sql = "x"});
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->rows_json, kAllRows);
}

TEST(Read, TruncationIsExactAndAShortRestKeepsTheConnection) {
  ScriptedServer server(Always(Reply(kBody)));
  auto client = ConnectTo(server.Port());
  for (uint64_t cap : {2, 3, 4}) {
    Query query{.sql = "x"};
    query.max_rows = cap;
    auto rows = client->Read(Within(5s), query);
    ASSERT_TRUE(rows);
    EXPECT_EQ(rows->row_count, std::min<uint64_t>(cap, 3));
    EXPECT_EQ(rows->truncated, cap < 3);
  }
  EXPECT_EQ(server.Connections(), 1u);
  EXPECT_TRUE(server.Kills().empty());
}

TEST(Read, ALongRestIsCutAndItsQueryStopped) {
  ScriptedServer server([](const WireRequest&, Peer& peer) {
    bool open = peer.Send(ChunkedHead() + Chunk(kHeader));
    while (open) open = peer.Send(Chunk("[\"1\",\"x\"]\n"));
    return false;
  });
  auto client = ConnectTo(server.Port());
  Query query{.sql = "x"};
  query.max_rows = 2;
  auto rows = client->Read(Within(5s), query);
  ASSERT_TRUE(rows);
  EXPECT_TRUE(rows->truncated);
  EXPECT_EQ(rows->rows_json, "[\"1\",\"x\"],[\"1\",\"x\"]");
  auto kills = AwaitKill(server);
  ASSERT_EQ(kills.size(), 1u);
  EXPECT_EQ(kills[0], "KILL QUERY WHERE query_id = '" + rows->query_id + "' ASYNC");
}

TEST(Read, ASlowRestIsNotWaitedFor) {
  ScriptedServer server([](const WireRequest&, Peer& peer) {
    peer.Send(ChunkedHead() + Chunk(kBody));
    peer.WaitForClose(5s);
    return false;
  });
  auto client = ConnectTo(server.Port());
  Query query{.sql = "x"};
  query.max_rows = 2;
  auto took = Timed([&] { EXPECT_TRUE(client->Read(Within(10s), query)->truncated); });
  EXPECT_LT(took, 2s);
}

TEST(Read, AnExceptionAfterRowsIsAnError) {
  const std::string text = "Code: 395. DB::Exception: boom. (THROWN) (version 26.7)\n";
  const std::string block =
      "\r\n__exception__\r\nTAG\r\n" + text + std::to_string(text.size()) + " TAG\r\n__exception__\r\n";
  for (const std::string& tail : {text, block, "[\"4\"," + block, "[\"4\"," + text}) {
    for (const std::string& end : {std::string(kLastChunk), std::string()}) {  // whole, or the connection just ends
      ScriptedServer server([&](const WireRequest&, Peer& peer) {
        peer.Send(ChunkedHead("X-ClickHouse-Exception-Tag: TAG\r\n") + Chunk(kBody) + Chunk(tail) + end);
        return false;
      });
      auto rows = ConnectTo(server.Port())->Read(Within(5s), {.sql = "x"});
      ASSERT_FALSE(rows);
      EXPECT_EQ(rows.error().database_code, 395);
      EXPECT_EQ(rows.error().message, "boom. (THROWN)");
      EXPECT_FALSE(rows.error().query_id.empty());
    }
  }
}

TEST(Read, AReplyCutAnywhereIsNeverAResult) {
  const std::string reply = ChunkedHead() + Chunk(kBody) + std::string(kLastChunk);
  std::atomic<size_t> length{0};
  ScriptedServer server([&](const WireRequest&, Peer& peer) {
    peer.Send(reply.substr(0, length));
    return false;
  });
  auto client = ConnectTo(server.Port());
  for (length = 0; length < reply.size(); ++length) {
    auto rows = client->Read(Within(5s), {.sql = "x"});
    ASSERT_FALSE(rows) << length;
    EXPECT_EQ(rows.error().code, ErrorCode::kUnavailable) << rows.error().message;
    EXPECT_FALSE(rows.error().unsent);
  }
}

TEST(Read, ABodyOfUnknownLengthIsNotAResult) {
  ScriptedServer server([](const WireRequest&, Peer& peer) {
    peer.Send("HTTP/1.1 200 OK\r\n\r\n" + kBody);
    return false;
  });
  EXPECT_FALSE(ConnectTo(server.Port())->Read(Within(5s), {.sql = "x"}));
}

TEST(Read, AnotherFormatIsExplained) {
  ScriptedServer server(Always(Reply("1\t2\n", 200, "X-ClickHouse-Format: TSV\r\n")));
  auto rows = ConnectTo(server.Port())->Read(Within(5s), {.sql = "x"});
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(Has(rows.error().message, "TSV"));
}

TEST(Read, AnErrorReplyKeepsTheConnectionAndNeverShowsThePassword) {
  ScriptedServer server(
      Always(Reply("Code: 60. DB::Exception: Table hunter22 does not exist. (UNKNOWN_TABLE) (version 26.7)\n", 404,
                   "X-ClickHouse-Exception-Code: 60\r\n")));
  auto client = ConnectTo(server.Port());
  for (int i = 0; i < 2; ++i) {
    auto rows = client->Read(Within(5s), {.sql = "x"});
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().code, ErrorCode::kUnknownTable);
    EXPECT_EQ(rows.error().message, "Table *** does not exist. (UNKNOWN_TABLE)");
  }
  EXPECT_EQ(server.Connections(), 1u);
}

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

TEST(Pool, ExhaustedIsBusy) {
  ScriptedServer server([](const WireRequest&, Peer& peer) {
    std::this_thread::sleep_for(300ms);
    return peer.Send(Reply(kBody));
  });
  HttpOptions options;
  options.hosts = {{"127.0.0.1", server.Port()}};
  options.learn_account = false;
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
  HttpOptions options;
  options.unix_socket = folder.Socket();
  auto client = Connect(options);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client->Read(Within(5s), {.sql = "x"}));
  EXPECT_EQ(server.Connections(), 1u);
}

TEST(UnixSocket, MissingIsUnavailableAndUnsent) {
  TemporaryFolder folder;
  HttpOptions options;
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
  HttpOptions options;
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
  int port = 0;
  { port = BlackHole().Port(); }
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
  HttpOptions options;
  options.hosts = {{"127.0.0.1", hole.Port()}};
  options.learn_account = false;
  options.secure = true;
  auto client = Connect(options);
  auto took = Timed([&] {
    auto rows = client->Read(Within(200ms), {.sql = "x"});
    ASSERT_FALSE(rows);
    EXPECT_TRUE(rows.error().unsent);
  });
  EXPECT_LT(took, 5s);
}

TEST(Write, SendsOneDeduplicatedBlock) {
  ScriptedServer server(Always(Reply("")));
  auto client = ConnectTo(server.Port());
  std::string body(3 * 1024 * 1024, 'x');
  body += "\n{}";
  auto written = client->Write(Within(5s), {"my`db", "t", {"a", "b c"}, body, "token/1"});
  ASSERT_TRUE(written) << written.error().message;
  WireRequest sent = server.Requests().at(0);
  EXPECT_EQ(sent.body, body);
  EXPECT_EQ(sent.Parameter("query").find("INSERT INTO `my"), 0u);
  EXPECT_TRUE(Has(sent.Parameter("query"), "db`.`t` (`a`, `b c`) FORMAT JSONEachRow"));
  EXPECT_EQ(sent.Parameter("query_id"), written->query_id);
  EXPECT_EQ(sent.Parameter("insert_deduplication_token"), "token/1");
  EXPECT_EQ(sent.Parameter("async_insert"), "0");
  EXPECT_EQ(sent.Parameter("insert_deduplicate"), "1");
  EXPECT_EQ(sent.Parameter("deduplicate_blocks_in_dependent_materialized_views"), "1");
  EXPECT_EQ(sent.Parameter("input_format_null_as_default"), "0");
  EXPECT_EQ(sent.Parameter("wait_end_of_query"), "1");
  EXPECT_FALSE(sent.Has("readonly"));
}

TEST(Write, AnExceptionIsAnErrorWhateverTheStatus) {
  for (int status : {200, 400, 500}) {
    ScriptedServer server(Always(Reply("Code: 252. DB::Exception: Too many partitions. (TOO_MANY_PARTS)", status,
                                       "X-ClickHouse-Exception-Code: 252\r\n")));
    auto written = ConnectTo(server.Port())->Write(Within(5s), {"db", "t", {"a"}, "{}", "token"});
    ASSERT_FALSE(written) << status;
    EXPECT_EQ(written.error().code, ErrorCode::kDatabaseError);
    EXPECT_EQ(written.error().database_code, 252);
  }
}

TEST(Execute, RunsAStatementWithoutReadonly) {
  ScriptedServer server(Always(Reply("")));
  auto client = ConnectTo(server.Port());
  ASSERT_TRUE(client->Execute(Within(5s), "CREATE DATABASE x", ""));
  ASSERT_TRUE(client->Execute(Within(5s), "CREATE TABLE t", "x"));
  auto requests = server.Requests();
  EXPECT_EQ(requests.at(0).body, "CREATE DATABASE x");
  EXPECT_FALSE(requests.at(0).Has("database"));
  EXPECT_FALSE(requests.at(0).Has("readonly"));
  EXPECT_EQ(requests.at(1).Parameter("database"), "x");
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
  EXPECT_EQ(code({.pool_size = 0}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.unix_socket = std::string(108, 'x')}), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace chimera::clickhouse
