#include "tools/parameter_value.h"

#include <gtest/gtest.h>

namespace chimera::tools {
namespace {

std::string Bound(std::string_view type, const Json& value) {
  const auto parameter = BindParameter("p", type, value, "params.p");
  if (!parameter) return "refused: " + parameter.error().problems.at(0).message;
  return parameter->is_null ? "NULL" : parameter->value;
}

bool Refused(std::string_view type, const Json& value) {
  return Bound(type, value).starts_with("refused");
}

TEST(BindParameter, RefusesWhatTheDatabaseWouldWrap) {
  EXPECT_EQ(Bound("UInt8", 255), "255");
  EXPECT_TRUE(Refused("UInt8", 300));
  EXPECT_TRUE(Refused("UInt8", -1));
  EXPECT_EQ(Bound("Int8", -128), "-128");
  EXPECT_TRUE(Refused("Int8", -129));
  EXPECT_EQ(Bound("UInt64", "18446744073709551615"), "18446744073709551615");
  EXPECT_TRUE(Refused("UInt64", "18446744073709551616"));
  EXPECT_TRUE(Refused("UInt32", 1.5));
  EXPECT_EQ(Bound("UInt32", 7.0), "7");
  EXPECT_TRUE(Refused("Decimal(12, 6)", "0.0000004"));
  EXPECT_TRUE(Refused("Decimal(4, 2)", 123));
  EXPECT_EQ(Bound("Decimal(4, 2)", "12.34"), "12.34");
  EXPECT_TRUE(Refused("Decimal(38, 20)", 1.23456789012345678901)) << "a double has kept 17 digits of it";
  EXPECT_TRUE(Refused("Float32", 1e39));
  EXPECT_EQ(Bound("Float32", "inf"), "inf");
  EXPECT_EQ(Bound("Date", "2149-06-06"), "2149-06-06");
  EXPECT_TRUE(Refused("Date", "2149-06-07"));
  EXPECT_TRUE(Refused("Map(String, UInt8)", "{'a':300}"));
  EXPECT_TRUE(Refused("Tuple(UInt8)", "(300)"));
}

TEST(BindParameter, SendsTimesAsTheSameInstantInEveryZone) {
  EXPECT_EQ(Bound("DateTime", "2025-01-01T00:00:00Z"), "1735689600");
  EXPECT_EQ(Bound("DateTime('Asia/Tokyo')", "2025-01-01"), "1735689600");
  EXPECT_EQ(Bound("DateTime64(3, 'UTC')", "2025-01-01T01:00:00.5+01:00"), "1735689600.5");
  EXPECT_EQ(Bound("DateTime", "1970-01-01T00:00:07Z"), "0000000007");
  EXPECT_TRUE(Refused("DateTime", "2025-01-01T00:00:00.5Z"));
  EXPECT_TRUE(Refused("DateTime64(3)", "2025-01-01T00:00:00.1234Z"));
  EXPECT_EQ(Bound("Date", "2025-01-01"), "2025-01-01");
  EXPECT_TRUE(Refused("Date", "2025-01-01T10:00:00Z"));
  EXPECT_TRUE(Refused("DateTime", "soon"));
}

TEST(BindParameter, WritesLists) {
  EXPECT_EQ(Bound("Array(String)", {"a", "it's"}), R"(['a','it''s'])");
  EXPECT_EQ(Bound("Array(String)", Json::array({"back\\slash"})), "['back\\slash']");  // the client doubles it
  EXPECT_EQ(Bound("Array(UInt8)", {1, 2}), "[1,2]");
  EXPECT_TRUE(Refused("Array(UInt8)", {1, 300}));
  EXPECT_EQ(Bound("Array(Nullable(UInt8))", {1, nullptr}), "[1,NULL]");
  EXPECT_TRUE(Refused("Array(UInt8)", {1, nullptr}));
  EXPECT_EQ(Bound("Array(Array(UInt8))", Json::parse("[[1],[2,3]]")), "[[1],[2,3]]");
  EXPECT_TRUE(Refused("Array(UInt8)", 1));
  EXPECT_TRUE(Refused("String", Json::array({"a"})));
}

TEST(BindParameter, TakesNullOnlyWhereItIsAllowed) {
  EXPECT_EQ(Bound("Nullable(String)", nullptr), "NULL");
  EXPECT_TRUE(Refused("String", nullptr));
}

TEST(BindParameter, KeepsPathsOutOfIdentifiers) {
  EXPECT_EQ(Bound("Identifier", "bench_runs"), "bench_runs");
  EXPECT_TRUE(Refused("Identifier", "/etc/passwd"));
  EXPECT_TRUE(Refused("Identifier", "a.b"));
  EXPECT_TRUE(Refused("Identifier", ""));
}

TEST(BindParameter, ChecksEnumsUuidsAndBools) {
  EXPECT_EQ(Bound("Enum8('ok' = 1, 'bad' = 2)", "ok"), "ok");
  EXPECT_TRUE(Refused("Enum8('ok' = 1, 'bad' = 2)", "okay"));
  EXPECT_TRUE(Refused("UUID", "123"));
  EXPECT_EQ(Bound("Bool", true), "true");
  EXPECT_TRUE(Refused("Bool", "maybe"));
  EXPECT_TRUE(Refused("FixedString(2)", "abc"));
}

}  // namespace
}  // namespace chimera::tools
