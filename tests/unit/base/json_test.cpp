#include "base/json.h"

#include <gtest/gtest.h>

namespace chimera {
namespace {

TEST(ParseJson, KeepsTheOrderOfKeys) {
  const auto parsed = ParseJson(R"({"z":1,"a":2})");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(ToText(*parsed), R"({"z":1,"a":2})");
}

TEST(ParseJson, NamesTheByteOfAMistake) {
  const auto parsed = ParseJson(R"({"a":tru})");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(parsed.error().message.find("byte 9"), std::string::npos) << parsed.error().message;
}

TEST(ParseJson, LimitsNesting) {
  EXPECT_TRUE(ParseJson(std::string(200, '[') + std::string(200, ']')).ok());
  EXPECT_FALSE(ParseJson(std::string(201, '[') + std::string(201, ']')).ok());
  EXPECT_TRUE(ParseJson("\"" + std::string(1000, '[') + "\\\"[\"").ok()) << "brackets in strings do not count";
}

TEST(AppendJsonString, EscapesWhatJsonForbids) {
  for (const std::string& text :
       {std::string("plain"), std::string("a\"b\\c\n\r\t\x01\x1f"), std::string("µ€😀"), std::string("a\0b", 3)}) {
    std::string out;
    AppendJsonString(out, text);
    const auto parsed = ParseJson(out);
    ASSERT_TRUE(parsed.ok()) << out;
    EXPECT_EQ(parsed->get<std::string>(), text);
  }
}

TEST(AppendJsonString, ReplacesInvalidUtf8) {
  std::string out;
  AppendJsonString(out,
                   "a\xff"
                   "b");
  EXPECT_EQ(out,
            "\"a\xEF\xBF\xBD"
            "b\"");
}

TEST(Excerpt, CutsAtACharacter) {
  EXPECT_EQ(Excerpt(Json("abc"), 100), "\"abc\"");
  EXPECT_EQ(Excerpt(Json("ab€d"), 5), "\"ab…") << "the euro sign would end beyond five bytes";
}

std::string ObjectOf(size_t members) {
  std::string text = "{";
  for (size_t i = 0; i < members; ++i) text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":{\"a:b\":1}";
  return text + "}";
}

// Members are searched for one by one: a wide object would cost the square of its size.
TEST(ParseJson, RefusesObjectsThatAreTooWide) {
  EXPECT_TRUE(ParseJson(ObjectOf(1000)).ok());
  const auto wide = ParseJson(ObjectOf(1001));
  ASSERT_FALSE(wide.ok());
  EXPECT_EQ(wide.error().message, "an object of the JSON has more than 1000 members");
  EXPECT_TRUE(ParseJson("[" + ObjectOf(900) + "," + ObjectOf(900) + "]").ok());
  EXPECT_FALSE(ParseJson("[[" + ObjectOf(2000) + "]]").ok());
  EXPECT_FALSE(ParseJson("]" + ObjectOf(5)).ok());
}

}  // namespace
}  // namespace chimera
