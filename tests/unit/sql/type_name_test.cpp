#include "sql/type_name.h"

#include <gtest/gtest.h>

namespace chimera::sql {
namespace {

using Arguments = std::vector<std::string_view>;

TEST(TypeName, UnwrapsInAnyNesting) {
  EXPECT_EQ(BareType("LowCardinality(Nullable(String))"), "String");
  EXPECT_TRUE(IsNullableType("LowCardinality(Nullable(String))"));
  EXPECT_FALSE(IsNullableType("Array(Nullable(String))"));
}

TEST(TypeName, SplitsTopLevelArguments) {
  EXPECT_EQ(TypeArguments("Map(String, Tuple(Int8, 'a,b'))"), (Arguments{"String", "Tuple(Int8, 'a,b')"}));
  EXPECT_EQ(TypeArguments(R"(Enum8('it\'s (' = 1, ',' = 2))"), (Arguments{R"('it\'s (' = 1)", "',' = 2"}));
  EXPECT_EQ(TypeArguments("Tuple(`a,\\`(` UInt8, b String)"), (Arguments{"`a,\\`(` UInt8", "b String"}));
  EXPECT_TRUE(TypeArguments("String").empty());
}

TEST(TypeName, TellsNamesFromTypes) {
  const auto split = [](std::string_view argument) {
    const auto [name, type] = SplitElement(argument);
    return std::string(name) + "|" + std::string(type);
  };
  EXPECT_EQ(split("a UInt64"), "a|UInt64");
  EXPECT_EQ(split("`a b` Array(Tuple(x UInt8))"), "`a b`|Array(Tuple(x UInt8))");
  EXPECT_EQ(split("UInt64"), "|UInt64");
  EXPECT_EQ(split("Enum8('a b' = 1)"), "|Enum8('a b' = 1)");
  EXPECT_EQ(split("`a"), "|`a");
}

TEST(TypeName, KnowsTheWidthOfIntegers) {
  EXPECT_EQ(IntegerBits("UInt256"), 256);
  EXPECT_EQ(IntegerBits("Int8"), 8);
  EXPECT_EQ(IntegerBits("IntervalDay"), 0);
}

}  // namespace
}  // namespace chimera::sql
