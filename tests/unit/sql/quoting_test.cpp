#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "sql/lexer.h"

namespace chimera::sql {
namespace {

std::string Value(std::string_view sql) {
  const Result<std::vector<Token>> tokens = Tokenize(sql);
  if (!tokens.ok() || tokens->size() != 1) return "not one token";
  return Unquote(tokens->front());
}

// Each value was compared with what ClickHouse 26.7 makes of the literal.
TEST(Unquote, ResolvesWhatTheServerResolves) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"word", "word"},
      {"'it''s'", "it's"},
      {"'a\\'b'", "a'b"},
      {"'\\n\\t\\x41\\e'", "\n\tA\x1b"},
      {"'\\0'", std::string(1, '\0')},
      {"'\\q\\%\\_'", "\\q\\%\\_"},
      {"'\\N'", ""},
      {"'\\\\\\/\\`'", "\\/`"},
      {"`a``b`", "a`b"},
      {"`a\\`b`", "a`b"},
      {"`syst\\x65m`", "system"},
      {"\"a\"\"b\"", "a\"b"},
      {"\"'\"", "'"},
      {"$x$a'\\n$x$", "a'\\n"},
      {"x'4142'", "AB"},
      {"x'414'", "\x04\x14"},
      {"b'01000001'", "A"},
      {"\u2018a\\n\u2019", "a\\n"},
      {"\u201ca\u201d", "a"},
      {"''", ""},
  };
  for (const auto& [sql, value] : cases) EXPECT_EQ(Value(sql), value) << sql;
}

TEST(Quote, SurvivesEveryByte) {
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  all += "\u00e9\U0001f600";
  EXPECT_EQ(Value(QuoteIdentifier(all)), all);
  EXPECT_EQ(Value(QuoteString(all)), all);
}

TEST(Quote, EscapesWhatWouldEndIt) {
  EXPECT_EQ(QuoteIdentifier("a`b\\"), "`a\\`b\\\\`");
  EXPECT_EQ(QuoteString("it's"), "'it\\'s'");
}

}  // namespace
}  // namespace chimera::sql
