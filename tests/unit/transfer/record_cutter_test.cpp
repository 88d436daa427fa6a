#include "transfer/record_cutter.h"

#include <gtest/gtest.h>

#include "sources.h"

namespace chimera::transfer {
namespace {

using ::chimera::testing::TextSource;

struct Cut {
  std::vector<std::string> batches;
  std::vector<uint64_t> lines;
  std::string error;
};

Cut CutAll(const std::string& text, bool quotes, BatchLimits limits, size_t piece = 1 << 16) {
  TextSource source(text, piece);
  RecordCutter cutter(source, "f.csv", quotes);
  Cut cut;
  for (;;) {
    auto records = cutter.Fill(limits);
    if (!records) {
      cut.error = records.error().message;
      return cut;
    }
    if (*records == 0) return cut;
    const RecordBatch batch = cutter.Take(*records);
    EXPECT_EQ(batch.index, cut.batches.size() + 1);
    cut.batches.emplace_back(batch.Text());
    cut.lines.push_back(batch.first_line);
  }
}

using Strings = std::vector<std::string>;

TEST(RecordCutter, EndsBatchesByRecordsAndBytes) {
  EXPECT_EQ(CutAll("a\nb\nc\n", true, {.records = 2}).batches, (Strings{"a\nb\n", "c\n"}));
  EXPECT_EQ(CutAll("aaaa\nb\nc\nd\n", true, {.records = 9, .bytes = 6}).batches, (Strings{"aaaa\nb\n", "c\nd\n"}));
  EXPECT_EQ(CutAll("", true, {}).batches, Strings{});
}

TEST(RecordCutter, TheLastLineNeedsNoEnd) {
  EXPECT_EQ(CutAll("a\nb", true, {}).batches, CutAll("a\nb\n", true, {}).batches);
}

TEST(RecordCutter, QuotedLineEndsBelongToTheRecordInCsvOnly) {
  const std::string text = "1,\"x\ny \"\"z\n\"\n2,b\n";
  const Cut csv = CutAll(text, true, {.records = 1});
  EXPECT_EQ(csv.batches, (Strings{"1,\"x\ny \"\"z\n\"\n", "2,b\n"}));
  EXPECT_EQ(csv.lines, (std::vector<uint64_t>{1, 4}));
  EXPECT_EQ(CutAll(text, false, {.records = 1}).batches.size(), 4u);
}

TEST(RecordCutter, CutsTheSameHoweverTheBytesCome) {
  std::string text;
  for (int i = 0; i < 500; ++i)
    text += std::to_string(i) + ",\"line\n" + std::string(static_cast<size_t>(i % 17), 'x') + "\"\"\"\r\n";
  const Cut whole = CutAll(text, true, {.records = 7, .bytes = 100});
  EXPECT_GT(whole.batches.size(), 50u);
  for (size_t piece : {1u, 3u, 64u, 1000u}) {
    const Cut pieces = CutAll(text, true, {.records = 7, .bytes = 100}, piece);
    EXPECT_EQ(pieces.batches, whole.batches);
    EXPECT_EQ(pieces.lines, whole.lines);
  }
}

TEST(RecordCutter, SkipsTheByteOrderMarkAndTakesTheHeader) {
  TextSource source("\xEF\xBB\xBFid,name\r\n1,a\n", 1);
  RecordCutter cutter(source, "f.csv", true);
  EXPECT_EQ(**cutter.TakeHeader(), "id,name");
  ASSERT_EQ(*cutter.Fill({}), 1u);
  const RecordBatch batch = cutter.Take(1);
  EXPECT_EQ(batch.index, 1u);
  EXPECT_EQ(batch.first_line, 2u);
  EXPECT_EQ(batch.Text(), "1,a\n");
}

TEST(RecordCutter, ASmallerBatchLeavesTheRest) {
  TextSource source("a\nb\nc\n");
  RecordCutter cutter(source, "f", false);
  ASSERT_EQ(*cutter.Fill({}), 3u);
  EXPECT_EQ(cutter.Peek(2), "a\nb\n");
  EXPECT_EQ(cutter.Take(1).Text(), "a\n");
  ASSERT_EQ(*cutter.Fill({}), 2u);
  const RecordBatch rest = cutter.Take(2);
  EXPECT_EQ(rest.Text(), "b\nc\n");
  EXPECT_EQ(rest.first_line, 2u);
}

TEST(RecordCutter, NamesTheLineOfAQuoteThatIsNeverClosed) {
  EXPECT_EQ(CutAll("a\n\"b\nc\nd\n", true, {}).error, "f.csv, line 2: a quote of this record is never closed");
  EXPECT_NE(CutAll(std::string("\xFF\xFE") + "a", true, {}).error.find("UTF-16"), std::string::npos);
}

}  // namespace
}  // namespace chimera::transfer
