#include "tools/insert_value.h"

#include <gtest/gtest.h>

#include "sample_declaration.h"
#include "tools/time_value.h"

namespace chimera::tools {
namespace {

using ::chimera::testing::Column;
using ::testing::IsSubstring;

JsonValue Number(std::string_view text) {
  return {JsonKind::kNumber, text};
}
JsonValue Text(std::string_view text) {
  return {JsonKind::kString, text};
}
const JsonValue kNull{JsonKind::kNull, "null"};

struct Outcome {
  std::string stored;  // or "refused"
  std::string message;
  std::string hint;
  TimeFacts facts;
};

Outcome Check(const schema::InsertColumn& column, const JsonValue& value, bool is_partition = false) {
  auto rule = MakeColumnRule(column, is_partition);
  EXPECT_TRUE(rule.ok()) << column.type;
  Outcome outcome;
  auto refused = AppendValue(*rule, value, outcome.stored, outcome.facts);
  if (refused) return {"refused", refused->message, refused->hint, {}};
  return outcome;
}

Outcome Check(const char* type, const JsonValue& value) {
  return Check(Column("c", type), value);
}

TEST(InsertValue, TakesIntegersOfTheTypesRange) {
  EXPECT_EQ(Check("UInt8", Number("255")).stored, "255");
  EXPECT_EQ(Check("UInt8", Number("256")).stored, "refused");
  EXPECT_EQ(Check("UInt8", Number("-1")).stored, "refused");
  EXPECT_EQ(Check("Int8", Number("127")).stored, "127");
  EXPECT_EQ(Check("Int8", Number("128")).stored, "refused");
  EXPECT_EQ(Check("Int8", Number("-128")).stored, "-128");
  EXPECT_EQ(Check("Int8", Number("-129")).stored, "refused");
  EXPECT_EQ(Check("UInt32", Number("4294967297")).stored, "refused");
  EXPECT_PRED_FORMAT2(IsSubstring, "from 0 to 4294967295", Check("UInt32", Number("4294967297")).message);
}

TEST(InsertValue, TakesWholeNumbersInEverySpelling) {
  EXPECT_EQ(Check("UInt32", Number("5.0")).stored, "5");
  EXPECT_EQ(Check("UInt32", Number("1e3")).stored, "1000");
  EXPECT_EQ(Check("UInt32", Number("-0")).stored, "0");
  EXPECT_EQ(Check("UInt32", Number("1.5")).stored, "refused");
  EXPECT_EQ(Check("UInt32", Number("1e99999")).stored, "refused");
}

TEST(InsertValue, TakesWideIntegersAsStringsToo) {
  EXPECT_EQ(Check("UInt64", Text("18446744073709551615")).stored, "18446744073709551615");
  EXPECT_EQ(Check("UInt64", Number("18446744073709551615")).stored, "18446744073709551615");
  EXPECT_EQ(Check("UInt64", Text("18446744073709551616")).stored, "refused");
  EXPECT_EQ(Check("UInt64", Text("12 apples")).stored, "refused");
  EXPECT_EQ(Check("Int64", Text("-9223372036854775808")).stored, "-9223372036854775808");
  const Outcome narrow = Check("UInt32", Text("5"));
  EXPECT_EQ(narrow.stored, "refused");
  EXPECT_EQ(narrow.hint, "send 5 without quotes");
}

TEST(InsertValue, ChecksDeclaredBounds) {
  schema::InsertColumn rate = Column("rate", "Float32");
  rate.min = 0;
  rate.max = 1;
  EXPECT_EQ(Check(rate, Number("1")).stored, "1");
  EXPECT_EQ(Check(rate, Number("1.01")).message, "must be at most 1");
  EXPECT_EQ(Check(rate, Number("-0.5")).message, "must be at least 0");
  schema::InsertColumn count = Column("count", "UInt16");
  count.min = 1;
  EXPECT_EQ(Check(count, Number("0")).message, "must be at least 1");
  schema::InsertColumn cost = Column("cost", "Decimal(12, 6)");
  cost.min = 0;
  EXPECT_EQ(Check(cost, Number("-0.01")).stored, "refused");
}

TEST(InsertValue, TakesFloatsThatTheTypeHolds) {
  EXPECT_EQ(Check("Float32", Number("0.850")).stored, "0.85");
  EXPECT_EQ(Check("Float64", Number("1e300")).stored, "1e+300");
  EXPECT_EQ(Check("Float32", Number("-0.0")).stored, "0");
  EXPECT_PRED_FORMAT2(IsSubstring, "too large", Check("Float32", Number("1e39")).message);
  EXPECT_PRED_FORMAT2(IsSubstring, "stored as 0", Check("Float32", Number("1e-60")).message);
  EXPECT_EQ(Check("Float32", Text("nan")).stored, "refused");
  EXPECT_EQ(Check("Float32", Text("0.5")).hint, "send 0.5 without quotes");
}

TEST(InsertValue, KeepsDecimalsExact) {
  EXPECT_EQ(Check("Decimal(12, 6)", Number("0.010335")).stored, "0.010335");
  EXPECT_EQ(Check("Decimal(12, 6)", Text("0.010335")).stored, "0.010335");
  EXPECT_EQ(Check("Decimal(12, 6)", Number("1.0335e-2")).stored, "0.010335");
  EXPECT_EQ(Check("Decimal(12, 6)", Number("999999.999999")).stored, "999999.999999");
  EXPECT_EQ(Check("Decimal(12, 6)", Number("1000000")).stored, "refused");
  EXPECT_EQ(Check("Decimal(38, 10)", Text("1234567890123456789012345678.0123456789")).stored,
            "1234567890123456789012345678.0123456789");
}

TEST(InsertValue, RefusesDecimalsThatWouldLoseDigits) {
  EXPECT_EQ(Check("Decimal(12, 6)", Number("0.0000004")).stored, "refused");
  const Outcome sum = Check("Decimal(12, 6)", Number("0.30000000000000004"));
  EXPECT_EQ(sum.stored, "refused");
  EXPECT_EQ(sum.hint, "send 0.3 if rounding is right");
}

TEST(InsertValue, RefusesNullUnlessNullable) {
  EXPECT_EQ(Check("UInt32", kNull).message, "must not be null");
  EXPECT_EQ(Check(Column("c", "UInt32", 0), kNull).hint, "leave it out for its default");
  EXPECT_EQ(Check("Nullable(UInt32)", kNull).stored, "null");
}

TEST(InsertValue, RefusesOtherJsonTypes) {
  EXPECT_EQ(Check("String", Number("5")).message, "must be a string, not a number");
  EXPECT_EQ(Check("UInt8", {JsonKind::kBool, "true"}).stored, "refused");
  EXPECT_EQ(Check("Bool", Number("1")).stored, "refused");
  EXPECT_EQ(Check("Bool", {JsonKind::kBool, "true"}).stored, "true");
  EXPECT_EQ(Check("Decimal(12, 6)", {JsonKind::kObject, "{}"}).stored, "refused");
  EXPECT_EQ(Check("String", {JsonKind::kArray, "[]"}).stored, "refused");
}

TEST(InsertValue, EscapesText) {
  EXPECT_EQ(Check("String", Text("a\"b\\c\n")).stored, "\"a\\\"b\\\\c\\n\"");
  EXPECT_EQ(Check("String", Text("grün")).stored, "\"grün\"");
  EXPECT_EQ(Check("String", Text(std::string(kMaxStringBytes + 1, 'x'))).stored, "refused");
}

TEST(InsertValue, ChecksSetsOfWords) {
  schema::InsertColumn status = Column("status", "LowCardinality(String)");
  status.allowed = {"success", "failure", "timeout"};
  EXPECT_EQ(Check(status, Text("failure")).stored, "\"failure\"");
  EXPECT_EQ(Check(status, Text("failuer")).hint, "did you mean `failure`?");
  EXPECT_EQ(Check("Enum8('a' = 1, 'b' = 2)", Text("c")).message, "must be one of a, b");
  EXPECT_EQ(Check("Enum8('a' = 1, 'b' = 2)", Text("b")).stored, "\"b\"");
}

TEST(InsertValue, ChecksCommits) {
  schema::InsertColumn commit = Column("commit_sha", "FixedString(40)");
  commit.format = "commit";
  const std::string hash = "A16e4c8f2e3c6cd829ace8706a84cf25283897e5";
  EXPECT_EQ(Check(commit, Text(hash)).stored, "\"a16e4c8f2e3c6cd829ace8706a84cf25283897e5\"");
  EXPECT_PRED_FORMAT2(IsSubstring, "has 7 characters", Check(commit, Text("a16e4c8")).message);
  EXPECT_EQ(Check(commit, Text(std::string(40, 'g'))).stored, "refused");
}

TEST(InsertValue, ChecksHexadecimalBytes) {
  schema::InsertColumn address = Column("address", "Nullable(FixedString(6))");
  address.format = "hex";
  EXPECT_EQ(Check(address, Text("0xA0b8")).stored, "\"0xa0b8\"");
  for (const char* text : {"", "0", "0x", "0XA0b8", "a0b8ff", "0xa0b", "0xa0bg", "0xa0b8f", "0xa0b8ff"}) {
    EXPECT_EQ(Check(address, Text(text)).stored, "refused") << text;
  }
  EXPECT_PRED_FORMAT2(IsSubstring, "0x and an even number of hex digits", Check(address, Text("0xa0bg")).message);
  schema::InsertColumn data = Column("data", "String");
  data.format = "hex";
  EXPECT_EQ(Check(data, Text("0x")).stored, "\"0x\"");
  EXPECT_EQ(Check(data, Text("0xABc")).stored, "refused");
}

TEST(InsertValue, NeverLetsFixedStringsBePadded) {
  EXPECT_EQ(Check("FixedString(4)", Text("abcd")).stored, "\"abcd\"");
  EXPECT_EQ(Check("FixedString(4)", Text("abc")).stored, "refused");
  EXPECT_EQ(Check("FixedString(4)", Text("grün")).stored, "refused");  // five bytes
}

TEST(InsertValue, ChecksNonEmptyAndJsonText) {
  schema::InsertColumn title = Column("title", "String");
  title.format = "non-empty";
  EXPECT_EQ(Check(title, Text("  ")).stored, "refused");
  schema::InsertColumn metadata = Column("metadata", "String");
  metadata.format = "json";
  EXPECT_EQ(Check(metadata, {JsonKind::kObject, "{ \"a b\" : [1,\n 2] }"}).stored, "\"{\\\"a b\\\":[1,2]}\"");
  EXPECT_EQ(Check(metadata, Text("{\"a\":1}")).stored, "\"{\\\"a\\\":1}\"");
  EXPECT_EQ(Check(metadata, Text("{a:1}")).stored, "refused");
  EXPECT_EQ(Check(metadata, Text("")).hint, "send {} for nothing");
}

TEST(InsertValue, ChecksUuids) {
  EXPECT_EQ(Check("UUID", Text("B701AF3B-1e66-4a17-8122-59ce95d53e19")).stored,
            "\"b701af3b-1e66-4a17-8122-59ce95d53e19\"");
  for (const char* text : {"", "b701af3b1e664a17812259ce95d53e19", "b701af3b-1e66-4a17-8122-59ce95d53e1g",
                           "b701af3b-1e66-4a17-81222-9ce95d53e19", "{701af3b-1e66-4a17-8122-59ce95d53e19}"}) {
    EXPECT_EQ(Check("UUID", Text(text)).stored, "refused") << text;
  }
}

constexpr const char* kTime = "DateTime64(3, 'UTC')";

TEST(InsertValue, ReadsTimesAsPointsInUtc) {
  const std::string stored = "1735689600123";  // 2025-01-01T00:00:00.123Z
  EXPECT_EQ(Check(kTime, Text("2025-01-01T00:00:00.123Z")).stored, stored);
  EXPECT_EQ(Check(kTime, Text("2025-01-01 00:00:00.123")).stored, stored);
  EXPECT_EQ(Check(kTime, Text("2025-01-01T02:00:00.123+02:00")).stored, stored);
  EXPECT_EQ(Check(kTime, Text("2024-12-31T19:00:00.123-0500")).stored, stored);
  EXPECT_EQ(Check(kTime, Text("2025-01-01 00:00:00.123+00")).stored, stored);
  EXPECT_EQ(Check("DateTime('UTC')", Text("2025-01-01")).stored, "1735689600");
  EXPECT_EQ(Check(kTime, Text("1969-12-31T23:59:59.999Z")).stored, "-1");
}

TEST(InsertValue, SaysWhatItMadeOfATime) {
  EXPECT_FALSE(Check(kTime, Text("2025-01-01T00:00:00.123Z")).facts.assumed_utc);
  EXPECT_TRUE(Check(kTime, Text("2025-01-01T00:00:00.123")).facts.assumed_utc);
  EXPECT_FALSE(Check(kTime, Text("2025-01-24T12:34:56.789000")).facts.cut);
  const Outcome python = Check(kTime, Text("2025-01-24T12:34:56.789123"));
  EXPECT_EQ(python.stored, "1737722096789");
  EXPECT_TRUE(python.facts.cut);
  EXPECT_EQ(Check(kTime, Text("1969-12-31T23:59:59.9995Z")).stored, "-1");  // down, not towards zero
}

TEST(InsertValue, LeavesRoomForNow) {
  const Outcome now = Check(kTime, Text("now"));
  EXPECT_TRUE(now.facts.is_now);
  EXPECT_EQ(now.stored, "0000000000000");
  EXPECT_EQ(Check("DateTime('UTC')", Text("now")).stored, "0000000000");
}

TEST(InsertValue, RefusesTimesThatWouldChange) {
  EXPECT_EQ(Check("DateTime('UTC')", Text("2106-02-07T06:28:15Z")).stored, "4294967295");
  EXPECT_EQ(Check("DateTime('UTC')", Text("2106-02-07T06:28:16Z")).stored, "refused");
  EXPECT_EQ(Check("DateTime('UTC')", Text("1969-12-31T23:59:59Z")).stored, "refused");
  EXPECT_EQ(Check("Date", Text("2149-06-07")).stored, "refused");
  for (const char* text : {"", "yesterday", "2025-02-29", "2025-13-01", "2025-01-01T24:00:00Z", "2025-01-01T00:00:60Z",
                           "2025-01-01T00:00:00+25:00", "2025-01-01T00:00:00 UTC", "01/02/2025", "2025-01-01T"}) {
    EXPECT_EQ(Check(kTime, Text(text)).stored, "refused") << text;
  }
}

// toDate of ClickHouse wraps around outside these days, so that the row would be in another partition than its day.
TEST(InsertValue, RefusesPartitionTimesOutsideOfDate) {
  EXPECT_EQ(Check(Column("ts", kTime), Text("1969-12-31T23:59:59Z"), true).stored, "refused");
  EXPECT_EQ(Check(Column("ts", kTime), Text("2149-06-07T00:00:00Z"), true).stored, "refused");
  EXPECT_EQ(Check(Column("ts", kTime), Text("2149-06-06T23:59:59Z"), true).stored, "5662310399000");
}

TEST(InsertValue, SuggestsTheTimeOfAnEpochCount) {
  EXPECT_EQ(Check(kTime, Number("1735689600")).hint, "send 2025-01-01T00:00:00Z if that is the time you mean");
  EXPECT_EQ(Check(kTime, Number("1735689600123")).hint, "send 2025-01-01T00:00:00.123Z if that is the time you mean");
  EXPECT_EQ(Check(kTime, Text("1735689600")).hint, "send 2025-01-01T00:00:00Z if that is the time you mean");
  EXPECT_PRED_FORMAT2(IsSubstring, "ISO 8601", Check(kTime, Number("5")).hint);
}

TEST(InsertValue, TakesDates) {
  EXPECT_EQ(Check("Date", Text("2025-01-31")).stored, "\"2025-01-31\"");
  EXPECT_EQ(Check("Date", Text("2025-01-31T10:00:00Z")).stored, "refused");
  EXPECT_EQ(Check("Date", Number("20250131")).stored, "refused");
}

TEST(InsertValue, ChecksDeclarations) {
  EXPECT_FALSE(MakeColumnRule(Column("c", "UInt8", 300), false).ok());
  EXPECT_FALSE(MakeColumnRule(Column("c", "Array(String)"), false).ok());
  EXPECT_FALSE(MakeColumnRule(Column("c", "String"), true).ok());
  EXPECT_EQ(*MakeColumnRule(Column("c", "Decimal(12, 6)", 0.5), false)->fallback, "0.5");
  EXPECT_TRUE(MakeColumnRule(Column("c", kTime, "now"), true)->fallback_is_now);
}

}  // namespace
}  // namespace chimera::tools
