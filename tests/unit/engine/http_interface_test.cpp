// ClickHouse's HTTP interface as the engine offers it, over its Unix socket. The official client's tests are in
// tests/e2e/clickhouse_client.
#include <algorithm>

#include "engine/gzip.h"
#include "http_fixture.h"
#include "text_checks.h"

namespace chimera::engine {
namespace {

TEST_F(HttpInterface, AnswersPingAndARootWithoutAQuery) {
  EXPECT_EQ(Connect()->Get("/ping")->body, "Ok.\n");
  EXPECT_EQ(Connect()->Get("/")->body, "Ok.\n");
  EXPECT_EQ(Connect()->Get("/nothing")->status, 404);
}

TEST_F(HttpInterface, TellsAboutTheQueryInItsHeaders) {
  const auto response = Post("SELECT number FROM numbers(5)", "?query_id=mine&default_format=CSV");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "0\n1\n2\n3\n4\n");
  EXPECT_EQ(response->get_header_value("X-ClickHouse-Query-Id"), "mine");
  EXPECT_EQ(response->get_header_value("X-ClickHouse-Format"), "CSV");
  EXPECT_EQ(response->get_header_value("X-ClickHouse-Timezone"), "UTC");
  EXPECT_EQ(response->get_header_value("Content-Type"), "text/csv; charset=UTF-8; header=absent");
  EXPECT_TRUE(Holds(response->get_header_value("X-ClickHouse-Summary"), "\"read_rows\":\"5\""));
  EXPECT_TRUE(Holds(response->get_header_value("X-ClickHouse-Summary"), "\"result_rows\":\"5\""));
}

TEST_F(HttpInterface, AnswersExceptionsWithTheirStatusAndCode) {
  const auto response = Post("SELECT nothing");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->get_header_value("X-ClickHouse-Exception-Code"), "47");
  EXPECT_TRUE(Starts(response->body, "Code: 47. DB::Exception: "));
  EXPECT_TRUE(Holds(response->body, " (UNKNOWN_IDENTIFIER) (version 26."));
  EXPECT_TRUE(Ends(response->body, ")\n"));
  EXPECT_EQ(Post("garbage foo")->status, 400);
  EXPECT_EQ(Post("SELECT 1 FORMAT Nosuch")->status, 404);
  EXPECT_EQ(Post("SELECT 1", "?max_threads=abc")->status, 400);
}

TEST_F(HttpInterface, JoinsUrlAndBodyWithALineFeed) {
  EXPECT_EQ(Text("1 + 1", "?query=SELECT%20--"), Text("SELECT --\n1 + 1"));
  EXPECT_EQ(Text("1", "?query=SELECT"), "1\n");
  EXPECT_TRUE(Holds(Text("ECT 1", "?query=SEL"), "SYNTAX_ERROR"));
}

TEST_F(HttpInterface, AGetDoesNotWrite) {
  const auto response = Connect()->Get("/?query=CREATE%20TABLE%20t%20(a%20Int8)%20ENGINE=Memory");
  EXPECT_TRUE(Starts(response->body, "Code: 164. "));
  EXPECT_EQ(Connect()->Get("/?query=SELECT%201%20SETTINGS%20max_threads=1")->body, "1\n");
}

TEST_F(HttpInterface, EveryRequestIsASessionOfItsOwn) {
  EXPECT_EQ(Text("SET max_threads = 3"), "");
  EXPECT_NE(Text("SELECT getSetting('max_threads')"), "3\n");
  EXPECT_EQ(Text("SELECT getSetting('log_comment')", "?log_comment=mine"), "mine\n");
  EXPECT_EQ(Text("SELECT currentDatabase()", "?database=system"), "system\n");
  EXPECT_EQ(Text("SELECT currentDatabase()", "?database=system&readonly=1"), "system\n");
  EXPECT_TRUE(Starts(Text("SELECT 1", "?database=no%60where"), "Code: 81. "));
}

TEST_F(HttpInterface, TakesAnInsertInPiecesOfAnyKind) {
  ASSERT_EQ(Text("CREATE TABLE t (a UInt32, b String) ENGINE = MergeTree ORDER BY a"), "");
  int piece = 0;
  const auto response = Connect()->Post(
      "/?query=INSERT%20INTO%20t%20FORMAT%20JSONEachRow",
      [&](size_t, httplib::DataSink& sink) {
        const std::string row = "{\"a\":" + std::to_string(piece) + ",\"b\":\"x\"}\n";
        // Each row in two chunks.
        sink.write(row.data(), 4);
        sink.write(row.data() + 4, row.size() - 4);
        if (++piece == 100) sink.done();
        return true;
      },
      "application/json");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "");
  EXPECT_TRUE(Holds(response->get_header_value("X-ClickHouse-Summary"), "\"written_rows\":\"100\""));
  EXPECT_EQ(Text("INSERT INTO t VALUES (1000, 'a'), (1001, 'b' || 'c')"), "");
  EXPECT_EQ(Text("INSERT INTO t FORMAT TSV\n1002\td\n"), "");
  EXPECT_EQ(Text("INSERT INTO t SELECT 1003, 'e'"), "");
  EXPECT_EQ(Text("SELECT count(), sum(a), arraySort(groupArrayIf(b, a >= 1000)) FROM t"),
            "104\t8956\t['a','bc','d','e']\n");
}

TEST_F(HttpInterface, ABadInsertStoresNothing) {
  ASSERT_EQ(Text("CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a"), "");
  const auto response = Post("{\"a\":1}\n{\"a\":\"x\"}\n", "?query=INSERT%20INTO%20t%20FORMAT%20JSONEachRow");
  EXPECT_EQ(response->status, 400);
  EXPECT_EQ(Text("SELECT count() FROM t"), "0\n");
  EXPECT_TRUE(Starts(Text("1\n", "?query=INSERT%20INTO%20nothing%20FORMAT%20TSV"), "Code: 60. "));
}

TEST_F(HttpInterface, StreamsALargeResultAndEndsItWithExactCounts) {
  const auto response = Post("SELECT number AS n FROM numbers(300000) FORMAT CSVWithNames");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->get_header_value("Transfer-Encoding"), "chunked");
  EXPECT_EQ(std::count(response->body.begin(), response->body.end(), '\n'), 300001);
  EXPECT_TRUE(Starts(response->body, "\"n\"\n0\n1\n"));
  EXPECT_TRUE(Ends(response->body, "\n299999\n"));
  EXPECT_TRUE(Holds(response->trailers.find("X-ClickHouse-Summary")->second, "\"result_rows\":\"300000\""));
}

TEST_F(HttpInterface, MakesWholeWhatCannotBeStreamed) {
  const std::string rows = "SELECT number AS n FROM numbers(200000) FORMAT ";
  for (const std::string format : {"JSON", "JSONEachRow SETTINGS output_format_json_array_of_rows=1"}) {
    const auto response = Post(rows + format, "?enable_http_compression=0");
    ASSERT_TRUE(response);
    EXPECT_FALSE(response->has_header("Transfer-Encoding")) << format;
    EXPECT_EQ(response->body.find("}{"), std::string::npos);
    EXPECT_TRUE(Holds(response->body, "199999"));
  }
}

TEST_F(HttpInterface, MarksAnExceptionBehindTheFirstRows) {
  const auto client = Connect();
  std::string body, tag;
  const auto result = client->Get(
      "/?query=SELECT%20throwIf(number%20%3D%201900000)%20FROM%20numbers(2000000)%20FORMAT%20TSV",
      [&](const httplib::Response& response) {
        tag = response.get_header_value("X-ClickHouse-Exception-Tag");
        return response.status == 200;
      },
      [&](const char* data, size_t size) {
        body.append(data, size);
        return true;
      });
  EXPECT_FALSE(result) << "the body must not end as if it were complete";
  ASSERT_EQ(tag.size(), 16u);
  EXPECT_TRUE(Holds(body, "\r\n__exception__\r\n" + tag + "\r\nCode: 395. "));
  EXPECT_TRUE(Ends(body, " " + tag + "\r\n__exception__\r\n"));
}

TEST_F(HttpInterface, AQueryWithoutItsClientEnds) {
  auto client = Connect();
  std::thread waiting([&] { client->Post("/?query_id=left", kEndless, "text/plain"); });
  const std::string running =
      "SELECT count() FROM system.processes WHERE Settings['cluster_for_parallel_replicas'] = 'left'";
  EXPECT_TRUE(Within(10s, [&] { return Text(running) == "1\n"; }));
  client->stop();
  waiting.join();
  EXPECT_TRUE(Within(5s, [&] { return Text(running) == "0\n"; }));
}

TEST_F(HttpInterface, KillsByTheCallersId) {
  httplib::Result killed;
  std::thread waiting([&] { killed = Connect()->Post("/?query_id=mine", kEndless, "text/plain"); });
  const std::string kill = "KILL QUERY WHERE query_id = 'mine' SYNC FORMAT TSV";
  EXPECT_TRUE(Within(10s, [&] { return Text(kill) == std::string("waiting\tmine\tdefault\t") + kEndless + "\n"; }));
  waiting.join();
  EXPECT_TRUE(Starts(killed->body, "Code: 394. "));
  EXPECT_EQ(Text(kill), "");
}

TEST_F(HttpInterface, LeavesWithinSecondsWhateverRuns) {
  std::thread waiting([&] { Connect()->Post("/?query_id=busy", kEndless, "text/plain"); });
  EXPECT_TRUE(Within(10s, [&] { return Text("KILL QUERY WHERE query_id = 'busy' TEST") != ""; }));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(EndEngine(SIGTERM));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  waiting.join();
}

TEST_F(HttpInterface, CompressesWhenBothSidesWantIt) {
  const auto client = Connect();
  client->set_decompress(false);
  const auto encoding = [&](const std::string& url, const std::string& sql) {
    const httplib::Headers headers = {{"Accept-Encoding", "gzip"}};
    const auto response = client->Post("/" + url, headers, sql, "text/plain");
    return response->get_header_value("Content-Encoding") + " " + std::to_string(response->body.size());
  };
  const std::string rows = "SELECT number FROM numbers(100000) FORMAT ";
  for (const std::string format : {"TSV", "RowBinary", "JSON"}) {
    EXPECT_TRUE(Starts(encoding("", rows + format), "gzip ")) << format;
    EXPECT_TRUE(Starts(encoding("?enable_http_compression=0", rows + format), " ")) << format;
  }
  EXPECT_TRUE(Starts(encoding("", "SELECT 1"), "gzip "));
  EXPECT_EQ(encoding("", "SELECT 1 WHERE 0"), " 0");
}

TEST_F(HttpInterface, ACutOrDamagedCompressedInsertStoresNothing) {
  ASSERT_EQ(Text("CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a"), "");
  std::string rows, body;
  for (int i = 0; i < 20000; ++i) rows += std::to_string(i) + "\n";
  Gzip gzip(6);
  gzip.Add(rows, body);
  gzip.Finish(body);
  const auto insert = [&](const std::string& bytes) {
    const httplib::Headers headers = {{"Content-Encoding", "gzip"}};
    return Connect()->Post("/?query=INSERT%20INTO%20t%20FORMAT%20TSV", headers, bytes, "text/plain")->body;
  };
  EXPECT_TRUE(Starts(insert(body.substr(0, body.size() - 1)), "Code: 354. "));
  EXPECT_TRUE(Starts(insert(body + "x"), "Code: 354. "));
  EXPECT_EQ(Text("SELECT count() FROM t"), "0\n");
  EXPECT_EQ(insert(body), "");
  EXPECT_EQ(Text("SELECT count() FROM t"), "20000\n");
}

TEST_F(HttpInterface, LeavesAlthoughAConnectionStaysHalfOpen) {
  const int half = RawConnect();
  const std::string begun = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nSELECT";
  ASSERT_EQ(send(half, begun.data(), begun.size(), 0), ssize_t(begun.size()));
  const int silent = RawConnect();
  EXPECT_EQ(Text("SELECT 1"), "1\n");
  EXPECT_TRUE(EndEngine(SIGTERM));  // within 10 s; either would hold it for 30
  close(half);
  close(silent);
}

TEST_F(HttpInterface, RefusesWhatWouldReachOutOfTheDatabase) {
  EXPECT_EQ(Post("SELECT 1 INTO OUTFILE 'x'")->status, 403);
  EXPECT_EQ(Post("SYSTEM KILL")->status, 403);
  EXPECT_EQ(Post("SELECT 1", "?user=root")->status, 403);
  EXPECT_EQ(Post("exit")->status, 400);
  EXPECT_TRUE(Text("SELECT * FROM file('-', 'LineAsString', 'a String')").starts_with("Code: 497."));
  EXPECT_EQ(Text("SELECT 1"), "1\n");
}

TEST_F(HttpInterface, HostileRequestsDoNotEndIt) {
  const auto client = Connect();
  EXPECT_EQ(client->Post("/", std::string(17u << 20, ' '), "text/plain")->status, 413);
  EXPECT_EQ(Post(std::string("SELECT '\0'", 10))->status, 400);
  EXPECT_EQ(Post("SELECT 1", "?max_threads=1%00")->status, 400);
  EXPECT_EQ(Post("\xff\xfe")->status, 400);
  EXPECT_EQ(Post("SELECT 1", "?query_id=%0d%0aX-Injected:%201")->get_header_value("X-Injected"), "");
  EXPECT_EQ(Text("SELECT 1"), "1\n");
}

}  // namespace
}  // namespace chimera::engine
