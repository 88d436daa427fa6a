#include "clickhouse/target.h"

#include <gtest/gtest.h>

namespace chimera::clickhouse {
namespace {

using namespace std::string_literals;

TEST(Target, EncodesNamesAndValues) {
  Target target;
  target.Add("a b", "x&y=z+1%/ü").Add("n", 42);
  EXPECT_EQ(target.Text(), "/?a%20b=x%26y%3Dz%2B1%25%2F%C3%BC&n=42");
}

TEST(Target, ParametersTravelEscaped) {
  EXPECT_EQ(EscapeParameter("a\tb\nc\\d\re\0f"s), "a\\tb\\nc\\\\d\\re\\0f");
  EXPECT_EQ(Target().Add(Parameter{"x", "a\nb", false}).Text(), "/?param_x=a%5Cnb");
  EXPECT_EQ(Target().Add(Parameter{"x", "", false}).Text(), "/?param_x=");
}

TEST(Target, NullIsNotTheTextBackslashN) {
  EXPECT_EQ(Target().Add(Parameter{"x", "ignored", true}).Text(), "/?param_x=%5CN");
  EXPECT_EQ(Target().Add(Parameter{"x", "\\N", false}).Text(), "/?param_x=%5C%5CN");
}

TEST(Target, ASettingNeverReplacesWhatIsThere) {
  Target target;
  target.Add("readonly", 1).AddUnlessThere({"readonly", "0"}).AddUnlessThere({"only", "1"});
  EXPECT_EQ(target.Text(), "/?readonly=1&only=1");
}

}  // namespace
}  // namespace chimera::clickhouse
