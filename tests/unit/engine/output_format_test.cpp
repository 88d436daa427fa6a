#include "engine/output_format.h"

#include <gtest/gtest.h>

namespace chimera::engine {
namespace {

TEST(OutputFormat, StreamsRowsOneAfterTheOther) {
  for (const char* name : {"JSONEachRow", "JSONCompactEachRowWithNamesAndTypes", "TSV", "TabSeparatedWithNames",
                           "CSVWithNamesAndTypes", "Native", "RowBinaryWithNamesAndTypes"}) {
    EXPECT_TRUE(IsStreamable(name)) << name;
  }
  for (const char* name : {"JSON", "JSONCompact", "Parquet", "Pretty", "ArrowStream", "TSVRawWithNames",
                           "JSONCompactEachRowWithProgress", "Nosuch", ""}) {
    EXPECT_FALSE(IsStreamable(name)) << name;
  }
}

std::string Stripped(const std::string& format, std::initializer_list<std::string> chunks) {
  HeaderStripper stripper(format);
  std::string body;
  for (const std::string& chunk : chunks) body += stripper.Strip(chunk);
  return body;
}

TEST(HeaderStripper, KeepsTheFirstHeaderOnly) {
  const std::string header = "[\"a\"]\n[\"UInt8\"]\n";
  EXPECT_EQ(Stripped("JSONCompactEachRowWithNamesAndTypes", {header + "[1]\n", header + "[2]\n"}),
            header + "[1]\n[2]\n");
  EXPECT_EQ(Stripped("TSVWithNames", {"a\n", "a\n1\n"}), "a\n1\n");
}

TEST(HeaderStripper, LeavesFormatsWithoutHeaderAlone) {
  EXPECT_EQ(Stripped("TSV", {"a\n", "a\n"}), "a\na\n");
}

TEST(HeaderStripper, ReadsQuotedNamesOfCsv) {
  EXPECT_EQ(Stripped("CSVWithNames", {"\"a\nb\",\"c\"\"\"\n1,2\n", "\"a\nb\",\"c\"\"\"\n3,4\n"}),
            "\"a\nb\",\"c\"\"\"\n1,2\n3,4\n");
}

TEST(HeaderStripper, ReadsBinaryHeaders) {
  const std::string header = std::string("\x01\x01") + "n" + "\x05" + "UInt8";
  EXPECT_EQ(Stripped("RowBinaryWithNamesAndTypes", {header + "\x07", header + "\x08"}), header + "\x07\x08");
}

TEST(HeaderSize, StaysInsideATruncatedChunk) {
  EXPECT_EQ(HeaderSize("RowBinaryWithNamesAndTypes", "\xff\xff\xff\xff\x7f\x20"), 6u);
  EXPECT_EQ(HeaderSize("CSVWithNames", "\"a"), 2u);
  EXPECT_EQ(HeaderSize("TSVWithNamesAndTypes", ""), 0u);
}

}  // namespace
}  // namespace chimera::engine
