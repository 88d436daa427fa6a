#include "tools/column_type.h"

#include <gtest/gtest.h>

namespace chimera::tools {
namespace {

ColumnType Parse(std::string_view text) {
  auto type = ParseColumnType(text);
  EXPECT_TRUE(type.ok()) << text;
  return type.ok() ? *type : ColumnType{};
}

TEST(ColumnType, ReadsIntegerWidths) {
  EXPECT_EQ(Parse("UInt8").kind, TypeKind::kUnsigned);
  EXPECT_EQ(Parse("UInt8").bits, 8);
  EXPECT_EQ(Parse("Int256").kind, TypeKind::kSigned);
  EXPECT_EQ(Parse("Int256").bits, 256);
}

TEST(ColumnType, KnowsIntegerRanges) {
  EXPECT_EQ(LargestInteger(Parse("UInt32")), "4294967295");
  EXPECT_EQ(LargestInteger(Parse("Int64")), "9223372036854775807");
  EXPECT_EQ(SmallestMagnitude(Parse("Int8")), "128");
  EXPECT_EQ(SmallestMagnitude(Parse("UInt8")), "0");
  EXPECT_EQ(LargestInteger(Parse("UInt256")).size(), 78u);
}

TEST(ColumnType, ReadsDecimals) {
  EXPECT_EQ(Parse("Decimal(12, 6)").precision, 12);
  EXPECT_EQ(Parse("Decimal(12,6)").scale, 6);
  EXPECT_EQ(Parse("Decimal64(4)").precision, 18);
  EXPECT_EQ(Parse("Decimal64(4)").scale, 4);
  EXPECT_EQ(Parse("Decimal(9)").scale, 0);
}

TEST(ColumnType, ReadsTimes) {
  EXPECT_EQ(Parse("DateTime64(3, 'UTC')").scale, 3);
  EXPECT_EQ(Parse("DateTime64(6)").bits, 64);
  EXPECT_EQ(Parse("DateTime('Europe/Berlin')").bits, 32);
  EXPECT_EQ(Parse("Date32").kind, TypeKind::kDate);
}

TEST(ColumnType, ReadsWrappers) {
  const ColumnType type = Parse("LowCardinality(Nullable(String))");
  EXPECT_TRUE(type.nullable);
  EXPECT_EQ(type.kind, TypeKind::kString);
  EXPECT_EQ(type.plain, "String");
  EXPECT_FALSE(Parse("LowCardinality(String)").nullable);
}

TEST(ColumnType, ReadsEnumsAndFixedStrings) {
  EXPECT_EQ(Parse("Enum8('ok' = 1, 'not, ok' = 2)").names, (std::vector<std::string>{"ok", "not, ok"}));
  EXPECT_EQ(Parse("FixedString(40)").length, 40u);
}

TEST(ColumnType, RefusesWhatInsertsDoNotSupport) {
  for (const char* text : {"", "Array(String)", "UInt7", "UInt", "Int512", "Float16", "Decimal(77, 2)", "Decimal(4, 5)",
                           "Decimal()", "DateTime64(10)", "FixedString(0)", "FixedString(x)", "Map(String, String)",
                           "Nullable(Nullable)", "String)", "Enum8(1)", "Decimal32(12)"}) {
    EXPECT_FALSE(ParseColumnType(text).ok()) << text;
  }
}

}  // namespace
}  // namespace chimera::tools
