#include "clickhouse/value_converter.h"

#include <gtest/gtest.h>

#include "unit/clickhouse/learned_profile.h"

namespace chimera::clickhouse {
namespace {

using testing::AllSettings;
using testing::Fixed;
using testing::Free;
using testing::Learned;
using testing::ReadonlyAccount;

std::vector<Column> Columns(const std::vector<std::string>& types) {
  std::vector<Column> columns;
  for (const auto& type : types) columns.push_back({"c" + std::to_string(columns.size()), type});
  return columns;
}

/// `line` as a readonly account's client passes it on.
std::string Converted(const std::vector<std::string>& types, const std::string& line,
                      const AccountProfile& profile = ReadonlyAccount()) {
  const auto converter = ValueConverter::For(Columns(types), profile);
  if (!converter) return line;
  std::string out;
  return converter->Convert(line, out) ? out : "no row: " + out;
}

/// The note about columns of these types, or "" for none.
std::string Note(const std::vector<std::string>& types, const AccountProfile& profile = ReadonlyAccount()) {
  const auto notes = ValueNotes(Columns(types), profile);
  EXPECT_LE(notes.size(), 1u);
  return notes.empty() ? "" : notes[0];
}

// Both lines as ClickHouse 26.7 printed the same row, without settings and with all of them.
TEST(ValueConverter, PrintsWhatTheSettingsWouldHavePrinted) {
  const std::vector<std::string> types = {"UInt64",
                                          "Int128",
                                          "UInt256",
                                          "Decimal(18, 2)",
                                          "Array(UInt64)",
                                          "Tuple(UInt64, String)",
                                          "Tuple(a UInt64, b UInt8)",
                                          "Map(String, UInt64)",
                                          "Map(DateTime('UTC'), UInt64)",
                                          "DateTime",
                                          "DateTime64(3)",
                                          "LowCardinality(Nullable(UInt64))",
                                          "IntervalDay",
                                          "Variant(String, UInt64)",
                                          "Dynamic",
                                          "JSON",
                                          "Point",
                                          "Nested(a UInt64, b String)",
                                          "Time",
                                          "Bool",
                                          "SimpleAggregateFunction(sum, UInt64)",
                                          "Map(UInt64, UInt8)",
                                          "Date",
                                          "DateTime64(0)"};
  EXPECT_EQ(
      Converted(types, R"([18446744073709551615, -5, 7, 1.5, [1,2], [1,"a"], {"a":1,"b":2}, {"k":3}, )"
                       R"({"2026-01-02 03:04:05":3}, "2026-01-02 03:04:05", "2026-01-02 03:04:05.123", 4, 5, 42, 42, )"
                       R"({"a":42,"t":"x"}, [1.5,2.5], [{"a":1,"b":"x"}], "12:30:00", true, 3, {"7":1}, "2026-01-01", )"
                       R"("2026-01-02 03:04:05"])"),
      R"(["18446744073709551615", "-5", "7", "1.5", ["1","2"], ["1","a"], {"a":"1","b":2}, {"k":"3"}, )"
      R"({"2026-01-02T03:04:05Z":"3"}, "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123Z", "4", "5", "42", "42", )"
      R"({"a":"42","t":"x"}, [1.5,2.5], [{"a":"1","b":"x"}], "12:30:00", true, "3", {"7":1}, "2026-01-01", )"
      R"("2026-01-02T03:04:05Z"])");
}

TEST(ValueConverter, LeavesAloneWhatIsPrintedRightAlready) {
  EXPECT_EQ(Converted({"UInt64", "Nullable(UInt64)", "DateTime"}, R"(["1", null, "2026-01-02T03:04:05Z"])"),
            R"(["1", null, "2026-01-02T03:04:05Z"])");
  EXPECT_EQ(Converted({"Array(Nullable(Decimal(9, 2)))"}, "[[]]"), "[[]]");
  EXPECT_EQ(Converted({"Map(String, UInt64)"}, "[{}]"), "[{}]");
}

TEST(ValueConverter, NeverTakesATextForANumberOrATime) {
  const std::string line = R"(["2026-01-02 03:04:05", "12", "a\"]},12,[\\", 1])";
  EXPECT_EQ(Converted({"String", "String", "String", "UInt64"}, line),
            R"(["2026-01-02 03:04:05", "12", "a\"]},12,[\\", "1"])");
}

TEST(ValueConverter, FindsTheElementsOfTuplesByName) {
  EXPECT_EQ(Converted({"Tuple(`a \"b` UInt8, c UInt64)"}, R"([{"c":1,"a \"b":2}])"), R"([{"c":"1","a \"b":2}])");
  EXPECT_EQ(Converted({"Array(Tuple(UInt8, Array(UInt64)))"}, "[[[1,[2]],[3,[4]]]]"), R"([[[1,["2"]],[3,["4"]]]])");
}

TEST(ValueConverter, QuotesIntegersOfUnexpectedShapes) {
  EXPECT_EQ(Converted({"Map(String, UInt64)"}, R"([[["k",1]]])"), R"([[["k","1"]]])");
  EXPECT_EQ(Converted({"Array(UInt64)"}, R"([{"x":1,"y":1.5,"z":"1"}])"), R"([{"x":"1","y":1.5,"z":"1"}])");
}

TEST(ValueConverter, DeepTypesAndValuesEnd) {
  std::string type = "UInt64", value = "1";
  for (int i = 0; i < 150; ++i) {
    type = "Array(" + type + ")";
    value = "[" + value + "]";
  }
  EXPECT_NE(Converted({type}, "[" + value + "]").find("\"1\""), std::string::npos);
  EXPECT_EQ(Converted({"JSON"}, std::string(100000, '[')).substr(0, 6), "no row");
}

TEST(ValueConverter, PiecesAreNoRows) {
  const std::vector<std::string> types = {"UInt64", "Tuple(a UInt64)", "DateTime"};
  const std::string line = R"([1, {"a":2}, "2026-01-02 03:04:05"])";
  for (size_t length = 0; length < line.size(); ++length) {
    EXPECT_EQ(Converted(types, line.substr(0, length)).substr(0, 6), "no row") << length;
  }
  EXPECT_EQ(Converted(types, line + "x").substr(0, 6), "no row");
  EXPECT_EQ(Converted(types, "[1, {\"a\":2}]").substr(0, 6), "no row");
  EXPECT_EQ(Converted({"UInt64"}, "[1, 2]").substr(0, 6), "no row");
}

TEST(ValueConverter, IsNotThereWhereNothingChanges) {
  const auto types = Columns({"UInt64", "Decimal(9, 2)", "DateTime", "Float64"});
  EXPECT_EQ(ValueConverter::For(types, AccountProfile::Unrestricted()), nullptr);
  EXPECT_EQ(ValueConverter::For(types, Learned(AllSettings(Free))), nullptr);
  EXPECT_EQ(ValueConverter::For(Columns({"UInt32", "String", "Date", "Array(Tuple(a Int8))"}), ReadonlyAccount()),
            nullptr);
  EXPECT_NE(ValueConverter::For(types, AccountProfile::Bare()), nullptr);
  EXPECT_TRUE(ValueNotes(types, AccountProfile::Unrestricted()).empty());
}

TEST(ValueConverter, ConvertsOnlyWhatCannotBeAskedFor) {
  const auto profile = Learned(AllSettings(Free, Json::array({Fixed("output_format_json_quote_decimals"),
                                                              Fixed("output_format_json_quote_64bit_integers", "1")})));
  EXPECT_EQ(Converted({"UInt64", "Decimal(9, 2)", "DateTime"}, "[1, 1.5, \"2026-01-02 03:04:05\"]", profile),
            "[1, \"1.5\", \"2026-01-02 03:04:05\"]");
  EXPECT_EQ(Note({"DateTime('Asia/Tokyo')", "Float64"}, profile), "");
}

TEST(ValueConverter, OtherZonesStayAndAreTold) {
  EXPECT_EQ(Converted({"DateTime('Asia/Tokyo')", "UInt64"}, R"(["2026-01-02 03:04:05", 1])"),
            R"(["2026-01-02 03:04:05", "1"])");
  EXPECT_EQ(Note({"Array(DateTime64(3, 'Asia/Tokyo'))"}), "times in `c0` are in the time zone Asia/Tokyo");
  EXPECT_EQ(Note({"DateTime"}, ReadonlyAccount("Europe/Berlin")), "times in `c0` are in the time zone Europe/Berlin");
  EXPECT_EQ(Note({"DateTime"}, AccountProfile::Bare()), "times in `c0` are in the time zone of the database server");
  EXPECT_EQ(Note({"Date", "DateTime", "DateTime('Etc/UTC')", "DateTime('GMT')"}), "");
  EXPECT_EQ(Converted({"DateTime('UTC')"}, R"(["2026-01-02 03:04:05"])", ReadonlyAccount("Europe/Berlin")),
            R"(["2026-01-02T03:04:05Z"])");
}

TEST(ValueConverter, TimesOfUnknownTypeAreTold) {
  for (const char* type : {"JSON", "Dynamic", "Array(Variant(DateTime, UInt64))"}) {
    EXPECT_EQ(ValueNotes(Columns({type}), ReadonlyAccount()).at(0), "times in `c0` are in the time zone UTC") << type;
  }
}

TEST(ValueConverter, NanAsNullIsTold) {
  for (const char* type : {"Float64", "Nullable(Float32)", "Array(Tuple(a Float64))", "Map(String, BFloat16)"}) {
    EXPECT_NE(Note({type}).find("NaN and infinities cannot be told from NULL"), std::string::npos) << type;
  }
  EXPECT_EQ(Note({"Nullable(UInt64)", "String"}), "");
}

}  // namespace
}  // namespace chimera::clickhouse
