#include "clickhouse/http_reply.h"

#include <gtest/gtest.h>

namespace chimera::clickhouse {
namespace {

using State = HttpReply::State;

struct Kept : Receiver {
  void OnHead(const ReplyHead& reply_head) override {
    head = reply_head;
    ++heads;
  }
  bool OnBody(std::string_view bytes) override {
    text += bytes;
    return text.size() < most;
  }
  ReplyHead head;
  int heads = 0;
  std::string text;
  size_t most = SIZE_MAX;
};

const std::string kPlain = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b \r\n\r\nhello";
const std::string kChunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n";

std::string Zipped(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

TEST(HttpReply, IsReadHoweverItIsCut) {
  for (const std::string& reply : {kPlain, kChunked, "HTTP/1.1 100 Continue\r\n\r\n" + kPlain, Zipped(Gzip("hello"))}) {
    for (size_t cut = 0; cut <= reply.size(); ++cut) {
      Kept kept;
      HttpReply parser(kept);
      parser.Feed(reply.substr(0, cut));
      ASSERT_EQ(parser.Now() == State::kComplete, cut == reply.size()) << cut;
      ASSERT_EQ(parser.Feed(reply.substr(cut)), State::kComplete) << cut;
      EXPECT_EQ(kept.text, "hello");
      EXPECT_EQ(kept.heads, 1);
      EXPECT_TRUE(kept.head.framed);
      EXPECT_TRUE(parser.KeepsAlive());
    }
  }
}

TEST(HttpReply, IsReadByteByByteAndItsHeadersFoundWithoutCase) {
  Kept kept;
  HttpReply parser(kept);
  for (char c : kPlain) parser.Feed({&c, 1});
  EXPECT_EQ(parser.Now(), State::kComplete);
  EXPECT_EQ(kept.head.Find("x-a"), "b");
  EXPECT_EQ(kept.head.Find("x-b"), "");
}

TEST(HttpReply, CutShortIsNeverComplete) {
  for (const std::string& reply : {kPlain, kChunked, Zipped(Gzip("hello"))}) {
    for (size_t length = 0; length < reply.size(); ++length) {
      Kept kept;
      HttpReply parser(kept);
      parser.Feed(reply.substr(0, length));
      EXPECT_NE(parser.End(), State::kComplete) << length;
    }
  }
}

TEST(HttpReply, OfUnknownLengthEndsWithTheConnection) {
  Kept kept;
  HttpReply parser(kept);
  EXPECT_EQ(parser.Feed("HTTP/1.0 400 Bad Request\r\n\r\nPort 9000"), State::kBody);
  EXPECT_EQ(parser.End(), State::kComplete);
  EXPECT_FALSE(kept.head.framed);
  EXPECT_FALSE(parser.KeepsAlive());
  EXPECT_EQ(kept.text, "Port 9000");
}

TEST(HttpReply, SaysWhetherTheConnectionGoesOn) {
  auto keeps = [](const std::string& start, const std::string& behind = "") {
    Kept kept;
    HttpReply parser(kept);
    parser.Feed(start + "Content-Length: 0\r\n\r\n" + behind);
    EXPECT_EQ(parser.Now(), State::kComplete);
    return parser.KeepsAlive();
  };
  EXPECT_TRUE(keeps("HTTP/1.1 200 OK\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1 200 OK\r\nConnection: Close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0 200 OK\r\n"));
  EXPECT_TRUE(keeps("HTTP/1.0 200 OK\r\nConnection: x, Keep-Alive\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1 200 OK\r\n", "more"));
}

TEST(HttpReply, KnowsHowLongThePeerWaits) {
  auto limit = [](const std::string& value) {
    Kept kept;
    HttpReply parser(kept);
    parser.Feed("HTTP/1.1 200 OK\r\nKeep-Alive: " + value + "\r\nContent-Length: 0\r\n\r\n");
    return parser.IdleLimit();
  };
  EXPECT_EQ(limit("timeout=3"), std::chrono::seconds(3));
  EXPECT_EQ(limit("timeout=10, max=100"), std::chrono::seconds(10));
  EXPECT_EQ(limit("timeout=99999999999999999999"), std::nullopt);
  EXPECT_EQ(limit("max=100"), std::nullopt);
}

TEST(HttpReply, ThatIsNoneIsRefusedAtOnce) {
  for (const std::string& nonsense :
       {std::string("\x15\x03\x01\x00\x02\x02\x50", 7), std::string("SSH-2.0-x\r\n"), std::string("HTTP/2 200\r\n\r\n"),
        std::string("HTTP/1.1 2x0 OK\r\n\r\n"), std::string("HTTP/1.1 99999 X\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\na: b\r\n c: folded\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
        "HTTP/1.1 200 " + std::string(300000, 'x')}) {
    Kept kept;
    HttpReply parser(kept);
    EXPECT_EQ(parser.Feed(nonsense), State::kMalformed) << nonsense.substr(0, 60);
    EXPECT_EQ(kept.heads, 0);
  }
}

TEST(HttpReply, WithADamagedBodyIsRefused) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& body :
       {std::string("x\r\n"), std::string("\r\n"), std::string("-1\r\n"), std::string("3\nabc"),
        std::string("3\r\nabcd\r\n"), std::string("fffffffffffffffff\r\n"), std::string(5000, '1')}) {
    Kept kept;
    HttpReply parser(kept);
    EXPECT_EQ(parser.Feed(head + body), State::kMalformed) << body.substr(0, 20);
  }
  std::string packed = Gzip(std::string(1000, 'x'));
  for (size_t at = 0; at < packed.size(); ++at) {  // a flipped bit is an error, or in a byte that means nothing
    std::string flipped = packed;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    Kept kept;
    HttpReply parser(kept);
    parser.Feed(Zipped(flipped));
    EXPECT_TRUE(parser.Now() != State::kComplete || kept.text == std::string(1000, 'x')) << at;
  }
}

TEST(HttpReply, TruncatedInsideItsGzipIsRefused) {
  std::string packed = Gzip("hello");
  Kept kept;
  HttpReply parser(kept);
  EXPECT_EQ(parser.Feed(Zipped(packed.substr(0, packed.size() - 1))), State::kMalformed);
  Kept empty;
  HttpReply none(empty);
  EXPECT_EQ(none.Feed(Zipped("")), State::kComplete);
}

TEST(HttpReply, IsReadToItsEndAfterTheReceiverHadEnough) {
  for (const std::string& reply : {kPlain, kChunked, Zipped(Gzip("hello"))}) {
    Kept kept;
    kept.most = 1;
    HttpReply parser(kept);
    EXPECT_EQ(parser.Feed(reply.substr(0, reply.size() - 1)), State::kBody);
    EXPECT_TRUE(parser.HadEnough());
    EXPECT_EQ(parser.Feed(reply.substr(reply.size() - 1)), State::kComplete);
    EXPECT_LE(kept.text.size(), 5u);
  }
}

TEST(HttpReply, WithoutABodyIsCompleteWithItsHead) {
  Kept kept;
  HttpReply parser(kept);
  EXPECT_EQ(parser.Feed("HTTP/1.1 204 No Content\r\n\r\n"), State::kComplete);
  EXPECT_TRUE(parser.KeepsAlive());
}

}  // namespace
}  // namespace chimera::clickhouse
