#include "unit/clickhouse/client_test.h"

namespace chimera::clickhouse {
namespace {

const std::string kFile = "PAR1 Code: 60. DB::Exception: a text of a row. (UNKNOWN_TABLE) PAR1";

/// Puts pieces together, and refuses one that does not follow the others unless it begins anew.
struct Collector {
  bool may_begin_again = true;
  std::string bytes = {};

  TakeBytes Take() {
    return [this](uint64_t offset, std::string_view piece) -> Status {
      if (offset == 0 && may_begin_again) bytes.clear();
      if (offset != bytes.size()) return MakeError(ErrorCode::kIoError, "begun again");
      bytes += piece;
      return Ok();
    };
  }
};

TEST(ReadBytes, HandsOverWhatComesAndCountsRows) {
  ScriptedServer server(Always(Reply(kFile, 200, "X-ClickHouse-Summary: {\"result_rows\":\"12\"}\r\n")));
  Collector collector;
  const auto rows = ConnectTo(server.Port())->ReadBytes(Within(5s), {.sql = "x FORMAT Parquet"}, collector.Take());
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(*rows, 12u);
  EXPECT_EQ(collector.bytes, kFile);
  EXPECT_EQ(server.Requests()[0].Parameter("wait_end_of_query"), "1");
  EXPECT_EQ(server.Requests()[0].Parameter("readonly"), "1");
}

TEST(ReadBytes, ACutReplyIsNoResult) {
  ScriptedServer server([](const WireRequest&, Peer& peer) {
    peer.Send(ChunkedHead() + Chunk(kFile));
    return false;
  });
  Collector collector;
  const auto rows = ConnectTo(server.Port())->ReadBytes(Within(5s), {.sql = "x"}, collector.Take());
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, ErrorCode::kUnavailable);
}

TEST(ReadBytes, ARepeatBeginsAgainWhereItsTakerCan) {
  for (const bool may : {true, false}) {
    std::atomic<int> requests{0};
    ScriptedServer server([&](const WireRequest&, Peer& peer) {
      if (++requests > 1) return peer.Send(Reply(kFile));
      peer.Send(ChunkedHead() + Chunk("PAR1"));
      return false;
    });
    HttpOptions options = OptionsFor({server.Port()});
    options.retries = 3;
    Collector collector{.may_begin_again = may};
    const auto rows = Connect(options)->ReadBytes(Within(5s), {.sql = "x"}, collector.Take());
    EXPECT_EQ(rows.ok(), may);
    EXPECT_EQ(collector.bytes, may ? kFile : "PAR1");
    if (!may) {
      EXPECT_EQ(rows.error().code, ErrorCode::kIoError);
    }
    EXPECT_EQ(requests, 2);
  }
}

TEST(ReadBytes, AnErrorIsNotHandedOver) {
  ScriptedServer server(
      Always(Reply("Code: 60. DB::Exception: Table t does not exist. (UNKNOWN_TABLE) (version 26.7)\n", 404,
                   "X-ClickHouse-Exception-Code: 60\r\n")));
  Collector collector;
  const auto rows = ConnectTo(server.Port())->ReadBytes(Within(5s), {.sql = "x"}, collector.Take());
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, ErrorCode::kUnknownTable);
  EXPECT_EQ(collector.bytes, "");
}

}  // namespace
}  // namespace chimera::clickhouse
