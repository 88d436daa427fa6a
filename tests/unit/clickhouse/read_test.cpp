#include <atomic>

#include "unit/clickhouse/client_test.h"

namespace chimera::clickhouse {
namespace {

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
  for (length = 0; length < reply.size(); ++length) {
    auto rows = ConnectTo(server.Port())->Read(Within(5s), {.sql = "x"});
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

}  // namespace
}  // namespace chimera::clickhouse
