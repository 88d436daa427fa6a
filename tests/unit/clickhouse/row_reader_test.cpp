#include "clickhouse/row_reader.h"

#include <gtest/gtest.h>

namespace chimera::clickhouse {
namespace {

const std::string kHeader = "[\"a\",\"b\"]\n[\"UInt64\",\"String\"]\n";
const std::string kRows = "[\"1\",\"x\\n]\"]\n[\"2\",\"[ü\"]\n[\"3\",\"\"]\n";

/// `body` read in pieces of `step` bytes.
RowReader ReadIn(size_t step, const std::string& body, uint64_t max_rows = 100, uint64_t max_bytes = 1000) {
  RowReader reader(max_rows, max_bytes);
  for (size_t at = 0; at < body.size(); at += step) {
    if (!reader.Append(std::string_view(body).substr(at, step))) break;
  }
  return reader;
}

TEST(RowReader, ReadsRowsHoweverTheBodyIsSplit) {
  const std::string body = kHeader + kRows;
  for (size_t step = 1; step <= body.size(); ++step) {
    auto reader = ReadIn(step, body);
    EXPECT_TRUE(reader.IsWhole());
    Rows rows = reader.Take();
    ASSERT_EQ(rows.columns.size(), 2u);
    EXPECT_EQ(rows.columns[1].name, "b");
    EXPECT_EQ(rows.columns[1].type, "String");
    EXPECT_EQ(rows.row_count, 3u);
    EXPECT_EQ(rows.rows_json, "[\"1\",\"x\\n]\"],[\"2\",\"[ü\"],[\"3\",\"\"]");
    EXPECT_FALSE(rows.truncated);
  }
}

TEST(RowReader, TruncatesExactlyAtTheRowCap) {
  auto at_cap = ReadIn(7, kHeader + kRows, 3);
  EXPECT_FALSE(at_cap.Truncated());
  EXPECT_EQ(at_cap.Take().row_count, 3u);

  auto beyond = ReadIn(7, kHeader + kRows, 2);
  EXPECT_TRUE(beyond.Truncated());
  Rows rows = beyond.Take();
  EXPECT_EQ(rows.row_count, 2u);
  EXPECT_FALSE(rows.truncated_by_bytes);
  EXPECT_EQ(rows.rows_json, "[\"1\",\"x\\n]\"],[\"2\",\"[ü\"]");
}

TEST(RowReader, ReplacesBytesThatJsonCannotHold) {
  RowReader reader(10, 1000);
  EXPECT_TRUE(reader.Append("[\"\xFFname\"]\n[\"String\"]\n[\"a\xC3\"]\n"));
  const Rows rows = reader.Take();
  EXPECT_TRUE(rows.invalid_utf8);
  EXPECT_EQ(rows.columns.at(0).name, "\xEF\xBF\xBDname");
  EXPECT_EQ(rows.rows_json, "[\"a\xEF\xBF\xBD\"]");
}

TEST(RowReader, ZeroRowsMayBeAskedFor) {
  EXPECT_TRUE(ReadIn(7, kHeader + kRows, 0).Truncated());
  EXPECT_FALSE(ReadIn(7, kHeader, 0).Truncated());
}

TEST(RowReader, TruncatesExactlyAtTheByteCap) {
  const std::string body = "[\"a\"]\n[\"String\"]\n[\"12\"]\n[\"34\"]\n";  // 6 + 1 + 6 bytes of rows
  EXPECT_FALSE(ReadIn(3, body, 100, 13).Truncated());
  for (size_t step : {1, 5, 100}) {
    auto reader = ReadIn(step, body, 100, 12);
    Rows rows = reader.Take();
    EXPECT_EQ(rows.row_count, 1u);
    EXPECT_TRUE(rows.truncated);
    EXPECT_TRUE(rows.truncated_by_bytes);
  }
}

TEST(RowReader, ARowAboveTheByteCapIsNotCollected) {
  RowReader reader(10, 100);
  ASSERT_TRUE(reader.Append("[\"a\"]\n[\"String\"]\n[\""));
  EXPECT_FALSE(reader.Append(std::string(200, 'x')));
  EXPECT_TRUE(reader.Truncated());
  EXPECT_EQ(reader.Take().row_count, 0u);
}

TEST(RowReader, AnEmptyBodyIsAResultWithoutColumns) {
  RowReader reader(1, 1);
  EXPECT_TRUE(reader.IsWhole());
  EXPECT_TRUE(reader.Take().columns.empty());
}

TEST(RowReader, HalfARowIsNeverARow) {
  const std::string body = kHeader + kRows;
  for (size_t length = 0; length < body.size(); ++length) {
    auto reader = ReadIn(1000, body.substr(0, length));
    bool at_line_end = length == 0 || (length >= kHeader.size() && body[length - 1] == '\n');
    EXPECT_EQ(reader.IsWhole(), at_line_end) << length;
  }
}

TEST(RowReader, AnExceptionAfterRowsIsKeptApart) {
  const std::string exception = "Code: 395. DB::Exception: boom. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)\n";
  for (const std::string& half : {std::string(), std::string("[\"4\",\"[1]"), std::string("[\"4\"]")}) {
    const std::string body = kHeader + kRows + half + "\r\n__exception__\r\nTAG\r\n" + exception;
    for (size_t step = 1; step <= body.size(); ++step) {
      auto reader = ReadIn(step, body);
      EXPECT_FALSE(reader.IsWhole());
      EXPECT_NE(reader.Rest().find(exception), std::string::npos);
      EXPECT_EQ(reader.Take().row_count, 3u);
    }
  }
}

TEST(RowReader, TextInsteadOfRowsIsKeptUpToALimit) {
  RowReader reader(10, 10);
  EXPECT_TRUE(reader.Append("Code: 60. DB::Exception"));
  EXPECT_EQ(reader.Rest(), "Code: 60. DB::Exception");
  EXPECT_FALSE(reader.Append(std::string(100000, 'x')));
  EXPECT_EQ(reader.Rest().size(), 64u * 1024);
}

TEST(RowReader, HeaderLinesMustFitEachOther) {
  EXPECT_FALSE(ReadIn(5, "[\"a\",\"b\"]\n[\"UInt8\"]\n").IsWhole());
  EXPECT_FALSE(ReadIn(5, "[1]\n[2]\n").IsWhole());
  EXPECT_FALSE(ReadIn(5, "[\"a\"]\n").IsWhole());
}

TEST(Rows, ParseForSmallResults) {
  auto rows = ReadIn(9, kHeader + kRows).Take();
  Json parsed = rows.Parsed();
  ASSERT_EQ(parsed.size(), 3u);
  EXPECT_EQ(parsed[0][1], "x\n]");
  EXPECT_EQ(Rows().Parsed(), Json::array());
}

}  // namespace
}  // namespace chimera::clickhouse
