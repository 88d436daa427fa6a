#include "transfer/batch_reader.h"

#include <gtest/gtest.h>

#include "sources.h"

namespace chimera::transfer {
namespace {

using ::chimera::testing::EventsTable;
using ::chimera::testing::MakeColumn;
using ::chimera::testing::TextSource;

RecordBatch BatchOf(const std::string& text, bool quotes) {
  TextSource source(text);
  RecordCutter cutter(source, "f", quotes);
  const auto records = cutter.Fill({});
  return cutter.Take(*records);
}

ParsedBatch Read(const Target& target, FileFormat format, const std::vector<std::string>& header,
                 const std::string& text, std::optional<tools::Instant> since = {}) {
  auto reader = BatchReader::Create(target, {}, format, header, since, {});
  EXPECT_TRUE(reader) << reader.error().message;
  return reader->Read(BatchOf(text, format == FileFormat::kCsv));
}

const std::vector<std::string> kAll = {"ts", "n", "name", "note"};

TEST(BatchReader, SortsRowsByDay) {
  const auto parsed = Read(EventsTable(), FileFormat::kCsv, kAll,
                           "2025-01-02 00:00:00+00,1,a,\n"
                           "2025-01-01 23:59:59.999+00,2,\"b\",\"\"\n"
                           "2025-01-02 02:00:00+02,3,\"say \"\"hi\"\"\",x\n");
  EXPECT_EQ(parsed.rows, 3u);
  EXPECT_TRUE(parsed.bad.empty());
  ASSERT_EQ(parsed.groups.size(), 2u);
  EXPECT_EQ(parsed.groups[0].body, "[1735775999999,2,\"b\",\"\"]\n");
  EXPECT_EQ(parsed.groups[1].body, "[1735776000000,1,\"a\",null]\n[1735776000000,3,\"say \\\"hi\\\"\",\"x\"]\n");
}

TEST(BatchReader, NamesLineColumnAndReasonOfBadRows) {
  const auto parsed = Read(EventsTable(), FileFormat::kCsv, kAll,
                           "2025-01-01,1,a,\n"
                           "2025-01-01,4294967296,a,\n"
                           "2025-01-01,1,\"two\nlines\",\n"
                           "2025-01-01,,a,\n"
                           "2025-01-01,1,a\n"
                           "\n"
                           "2025-01-01,1,\xFF,\n"
                           "soon,1,a,\n"
                           "now,1,a,\n");
  EXPECT_EQ(parsed.rows, 2u);
  ASSERT_EQ(parsed.bad.size(), 6u);
  EXPECT_EQ(parsed.bad[0].line, 2u);
  EXPECT_EQ(parsed.bad[0].column, "n");
  EXPECT_NE(parsed.bad[0].message.find("out of range"), std::string::npos);
  EXPECT_EQ(parsed.bad[0].record, "2025-01-01,4294967296,a,");
  EXPECT_EQ(parsed.bad[1].line, 5u);
  EXPECT_EQ(parsed.bad[1].message, "is empty, and the column takes no NULL");
  EXPECT_EQ(parsed.bad[2].message, "has 3 fields; the header names 4");
  EXPECT_EQ(parsed.bad[3].line, 8u);
  EXPECT_EQ(parsed.bad[3].message, "is not valid UTF-8");
  EXPECT_EQ(parsed.bad[4].message, "is not a time");
  EXPECT_EQ(parsed.bad[5].line, 10u);
}

TEST(BatchReader, SkipsWhatIsTooOld) {
  const auto since = std::chrono::sys_days(std::chrono::year(2025) / 1 / 2);
  const auto parsed = Read(EventsTable(), FileFormat::kCsv, kAll,
                           "2025-01-01T23:59:59Z,1,a,\n2025-01-02T00:00:00Z,2,a,\n", tools::Instant(since));
  EXPECT_EQ(parsed.rows, 1u);
  EXPECT_EQ(parsed.skipped, 1u);
}

TEST(BatchReader, CountsWhatIsPastRetention) {
  Target target = EventsTable();
  target.keep_days = 30;
  const tools::Instant now = std::chrono::sys_days(std::chrono::year(2025) / 1 / 31);
  auto reader = BatchReader::Create(target, {}, FileFormat::kCsv, kAll, {}, now);
  const auto parsed =
      reader->Read(BatchOf("2024-12-31T23:59:59Z,1,a,\n2025-01-01T00:00:00Z,2,a,\n2020-01-01T00:00:00Z,-1,a,\n", true));
  EXPECT_EQ(parsed.rows, 2u);
  EXPECT_EQ(parsed.past_retention, 1u);
}

TEST(BatchReader, TakesPostgresBooleans) {
  Target target = EventsTable();
  target.columns[1] = MakeColumn("n", "UInt8");
  target.columns[3] = MakeColumn("note", "Bool");
  const auto parsed = Read(target, FileFormat::kTsv, kAll, "2025-01-01\tt\ta\tf\n2025-01-01\t0\t\ttrue\n");
  ASSERT_TRUE(parsed.bad.empty()) << parsed.bad[0].message;
  EXPECT_EQ(parsed.groups[0].body, "[1735689600000,1,\"a\",false]\n[1735689600000,0,\"\",true]\n");
}

TEST(BatchReader, JsonLinesMayHaveTheirFieldsInAnyOrder) {
  const auto parsed = Read(EventsTable(), FileFormat::kJsonLines, {},
                           "{\"n\": 1, \"name\": \"a\", \"ts\": \"2025-01-01T00:00:00Z\"}\r\n"
                           "{\"ts\":\"2025-01-01T00:00:00Z\",\"n\":2,\"name\":\"\\u00e9\",\"note\":null}\n"
                           "{\"ts\":\"2025-01-01T00:00:00Z\",\"n\":2}\n"
                           "{\"ts\":\"2025-01-01T00:00:00Z\",\"n\":\"x\",\"name\":\"a\"}\n"
                           "{\"ts\":\"2025-01-01T00:00:00Z\",\"n\":1,\"name\":\"a\",\"nam\":\"b\"}\n"
                           "{\"n\":1,\"n\":2}\n"
                           "{\"n\":1} {\n"
                           "[1]\n");
  EXPECT_EQ(parsed.rows, 2u);
  ASSERT_EQ(parsed.groups.size(), 1u);
  EXPECT_EQ(parsed.groups[0].body,
            "{\"n\":1,\"name\":\"a\",\"ts\":1735689600000}\n"
            "{\"ts\":1735689600000,\"n\":2,\"name\":\"\xC3\xA9\",\"note\":null}\n");
  ASSERT_EQ(parsed.bad.size(), 6u);
  EXPECT_EQ(parsed.bad[0].line, 3u);
  EXPECT_EQ(parsed.bad[0].column, "name");
  EXPECT_EQ(parsed.bad[0].message, "is required");
  EXPECT_EQ(parsed.bad[1].column, "n");
  EXPECT_EQ(parsed.bad[2].column, "nam");
  EXPECT_EQ(parsed.bad[3].message, "is given twice");
  EXPECT_EQ(parsed.bad[4].message, "is not a JSON object");
  EXPECT_EQ(parsed.bad[5].message, "is a JSON array");
}

}  // namespace
}  // namespace chimera::transfer
