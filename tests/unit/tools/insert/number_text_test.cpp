#include "tools/number_text.h"

#include <gtest/gtest.h>

namespace chimera::tools {
namespace {

std::string Plain(std::string_view text) {
  const auto number = ParseNumber(text);
  return number ? number->Plain() : "not a number";
}

TEST(NumberText, HasOnePlainSpelling) {
  EXPECT_EQ(Plain("0.010335"), "0.010335");
  EXPECT_EQ(Plain("1e-3"), "0.001");
  EXPECT_EQ(Plain("1.50E2"), "150");
  EXPECT_EQ(Plain("-12.500"), "-12.5");
  EXPECT_EQ(Plain("-0.00"), "0");
  EXPECT_EQ(Plain("100"), "100");
  EXPECT_EQ(Plain("123456789012345678901234567890.1"), "123456789012345678901234567890.1");
}

TEST(NumberText, RefusesWhatJsonDoesNotWrite) {
  for (const char* text : {"", "-", "01", "1.", ".5", "+1", "1e", "1e+", "0x10", "1 ", "NaN", "1e999999", "--1"}) {
    EXPECT_FALSE(ParseNumber(text)) << text;
  }
}

TEST(NumberText, CountsDigits) {
  EXPECT_EQ(ParseNumber("0.05")->WholeDigits(), 0);
  EXPECT_EQ(ParseNumber("1200")->WholeDigits(), 4);
  EXPECT_EQ(ParseNumber("12.3450")->DecimalPlaces(), 3);
  EXPECT_TRUE(ParseNumber("1.0")->IsWhole());
  EXPECT_FALSE(ParseNumber("1.5")->IsWhole());
}

TEST(NumberText, ComparesWithLimits) {
  EXPECT_FALSE(ExceedsWhole(*ParseNumber("255"), "255"));
  EXPECT_TRUE(ExceedsWhole(*ParseNumber("256"), "255"));
  EXPECT_FALSE(ExceedsWhole(*ParseNumber("99"), "255"));
  EXPECT_FALSE(ExceedsWhole(*ParseNumber("2e2"), "255"));
  EXPECT_TRUE(ExceedsWhole(*ParseNumber("1e99999"), "255"));
  EXPECT_TRUE(ExceedsWhole(*ParseNumber("255.5"), "255"));
}

TEST(NumberText, Rounds) {
  EXPECT_EQ(ParseNumber("0.30000000000000004")->Rounded(6).Plain(), "0.3");
  EXPECT_EQ(ParseNumber("0.0000004")->Rounded(6).Plain(), "0");
  EXPECT_EQ(ParseNumber("0.0000005")->Rounded(6).Plain(), "0.000001");
  EXPECT_EQ(ParseNumber("9.9999999")->Rounded(6).Plain(), "10");
  EXPECT_EQ(ParseNumber("-1.2345675")->Rounded(6).Plain(), "-1.234568");
  EXPECT_EQ(ParseNumber("1.2")->Rounded(6).Plain(), "1.2");
}

}  // namespace
}  // namespace chimera::tools
