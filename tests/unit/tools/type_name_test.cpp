#include "tools/type_name.h"

#include <gtest/gtest.h>

#include "tools/catalog.h"

namespace chimera::tools {
namespace {

TEST(TypeName, KnowsNumbersAndTimes) {
  EXPECT_TRUE(IsNumericType("Nullable(Decimal(10, 6))"));
  EXPECT_FALSE(IsNumericType("IntervalDay"));
  EXPECT_FALSE(IsNumericType("Array(UInt8)"));
  EXPECT_TRUE(IsTimeType("Nullable(DateTime64(3))"));
  EXPECT_FALSE(IsTimeType("Time"));
}

TEST(AnswerSchema, FollowsHowValuesArePrinted) {
  EXPECT_EQ(ToText(AnswerSchema("UInt64")), R"({"type":"string"})");
  EXPECT_EQ(ToText(AnswerSchema("Nullable(UInt32)")), R"({"type":["integer","null"]})");
  EXPECT_EQ(ToText(AnswerSchema("Float64")), R"({"type":["number","null"]})");
  EXPECT_EQ(ToText(AnswerSchema("Array(Bool)")), R"({"type":"array","items":{"type":"boolean"}})");
}

}  // namespace
}  // namespace chimera::tools
