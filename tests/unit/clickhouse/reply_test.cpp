#include "clickhouse/reply.h"

#include <gtest/gtest.h>

#include "unit/clickhouse/learned_profile.h"

namespace chimera::clickhouse {
namespace {

const std::string kHeader = "[\"a\",\"b\"]\n[\"UInt64\",\"String\"]\n";

RowsReply Reply(const std::string& body, const std::string& tag = {},
                const AccountProfile& profile = AccountProfile::Unrestricted()) {
  RowsReply reply(100, 1000, profile);
  reply.OnHead({200, true, {{"X-ClickHouse-Exception-Tag", tag}}});
  reply.OnBody(body);
  return reply;
}

TEST(RowsReply, ARowThatHoldsTheTextOfAnExceptionIsARow) {
  const auto reply = Reply(kHeader + "[\"1\",\"Code: 60. DB::Exception: no. (UNKNOWN_TABLE)\"]\n", "tag");
  EXPECT_TRUE(reply.IsResult());
  EXPECT_FALSE(reply.FindError());
}

TEST(RowsReply, ACutRowThatHoldsTheTextOfAnExceptionIsNoException) {
  const auto reply = Reply(kHeader + "[\"1\",\"Code: 60. DB::Exception: no. (UNKNOWN_TABLE)");
  EXPECT_FALSE(reply.IsResult());
  EXPECT_FALSE(reply.FindError());
}

TEST(RowsReply, AnExceptionBehindRowsIsFound) {
  const std::string exception = "Code: 395. DB::Exception: boom. (NAME) (version 22.3.1.1)\n";
  for (const std::string& end :
       {exception, "\r\n__exception__\r\ntag\r\n" + exception + "50 tag\r\n__exception__\r\n"}) {
    const auto reply = Reply(kHeader + "[\"1\",\"x\"]\n" + end, "tag");
    EXPECT_FALSE(reply.IsResult());
    ASSERT_TRUE(reply.FindError());
    EXPECT_EQ(reply.FindError()->code, 395);
  }
}

// Servers without a mark for it write the text behind whatever they had sent, and it may end like a row.
TEST(RowsReply, HalfARowWithAnExceptionThatEndsLikeARowIsNone) {
  for (const char* last : {"[\"1\",\"xCode: 395. DB::Exception: [boom]",
                           "[\"1\",\"xCode: 395. DB::Exception: \"]"
                           "[\"]",
                           "[\"1\"]", "[\"1\",\"x\",2]"}) {
    const auto reply = Reply(kHeader + "[\"1\",\"x\"]\n" + last + "\n");
    EXPECT_FALSE(reply.IsResult()) << last;
    EXPECT_EQ(reply.Text(), last);
  }
}

TEST(RowsReply, ConvertsForAReadonlyAccountAndCountsWhatItPassesOn) {
  RowsReply reply(100, 11, testing::ReadonlyAccount());
  reply.OnHead({200, true, {}});
  EXPECT_TRUE(reply.OnBody(kHeader + "[1,\"x\"]\n"));
  EXPECT_TRUE(reply.IsResult());
  EXPECT_FALSE(reply.OnBody("[2,\"y\"]\n"));
  const Rows rows = reply.TakeRows();
  EXPECT_EQ(rows.rows_json, "[\"1\",\"x\"]");
  EXPECT_TRUE(rows.truncated_by_bytes);
}

TEST(RowsReply, ARowThatCannotBeConvertedIsNoRow) {
  const auto reply = Reply(kHeader + "[1,\"x]\n", {}, testing::ReadonlyAccount());
  EXPECT_FALSE(reply.IsResult());
  EXPECT_EQ(reply.Text(), "[1,\"x]\n");
}

TEST(RowsReply, NotesComeWithTheRows) {
  auto reply = Reply("[\"f\"]\n[\"Float64\"]\n[null]\n", {}, testing::ReadonlyAccount());
  EXPECT_EQ(reply.TakeRows().notes.size(), 1u);
  auto plain = Reply("[\"f\"]\n[\"Float64\"]\n[null]\n");
  EXPECT_TRUE(plain.TakeRows().notes.empty());
}

TEST(TextReply, AWriteThatFailedBehindItsHeadIsAnError) {
  TextReply reply;
  reply.OnHead({200, true, {}});
  reply.OnBody("Code: 252. DB::Exception: Too many parts. (TOO_MANY_PARTS) (version 23.8.1.1)\n");
  EXPECT_TRUE(reply.FindError());
  TextReply fine;
  fine.OnHead({200, true, {}});
  EXPECT_FALSE(fine.FindError());
}

}  // namespace
}  // namespace chimera::clickhouse
