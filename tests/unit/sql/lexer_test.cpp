#include "sql/lexer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chimera::sql {
namespace {

using Strings = std::vector<std::string>;

Strings Texts(std::string_view sql) {
  Result<std::vector<Token>> tokens = Tokenize(sql);
  if (!tokens) return {"error: " + tokens.error().message};
  std::vector<std::string> texts;
  for (const Token& token : *tokens) texts.emplace_back(token.text);
  return texts;
}

TEST(Lexer, SplitsWordsPunctuationAndLongOperators) {
  EXPECT_EQ(Texts("a.b->c::D<=>e||f!=g<=h"),
            (Strings{"a", ".", "b", "->", "c", "::", "D", "<=>", "e", "||", "f", "!=", "g", "<=", "h"}));
}

TEST(Lexer, KeepsOffsetsAndKinds) {
  const std::string sql = "SELECT `a b`, 'x' FROM t";
  const Result<std::vector<Token>> tokens = Tokenize(sql);
  ASSERT_TRUE(tokens.ok());
  EXPECT_TRUE((*tokens)[0].Is("SELECT"));
  EXPECT_FALSE((*tokens)[0].Is("SELECTED"));
  EXPECT_EQ((*tokens)[1].kind, TokenKind::kQuotedIdentifier);
  EXPECT_EQ((*tokens)[1].offset, 7u);
  EXPECT_TRUE((*tokens)[2].IsPunctuation(","));
  EXPECT_EQ((*tokens)[3].kind, TokenKind::kString);
}

TEST(Lexer, ComparesBareWordsWithoutCaseAndQuotedOnesNever) {
  const Result<std::vector<Token>> tokens = Tokenize("select `select` 'select'");
  ASSERT_TRUE(tokens.ok());
  EXPECT_TRUE((*tokens)[0].Is("SELECT"));
  EXPECT_FALSE((*tokens)[1].Is("SELECT"));
  EXPECT_FALSE((*tokens)[2].Is("SELECT"));
}

TEST(Lexer, SkipsCommentsAsTheServerDoes) {
  EXPECT_EQ(Texts("1--x\n+2"), (Strings{"1", "+", "2"}));
  EXPECT_EQ(Texts("1 // x\n+2"), (Strings{"1", "+", "2"}));
  EXPECT_EQ(Texts("1 # x\n+2"), (Strings{"1", "+", "2"}));
  EXPECT_EQ(Texts("#!/bin/x\n1"), (Strings{"1"}));
  EXPECT_EQ(Texts("1 -- x\r+2"), (Strings{"1"})) << "only a newline ends a line comment";
  EXPECT_EQ(Texts("INTO/**/OUTFILE"), (Strings{"INTO", "OUTFILE"}));
  EXPECT_EQ(Texts("1 /*/ + 1 */"), (Strings{"1"}));
}

TEST(Lexer, NestsBlockComments) {
  EXPECT_EQ(Texts("1 /* /* x */ + 2 */ + 3"), (Strings{"1", "+", "3"}));
  EXPECT_FALSE(Tokenize("1 /* /* x */ + 2").ok());
}

TEST(Lexer, ReadsNumbers) {
  for (const std::string number : {"1_000", "0x1F", "0x1.8p1", "0b11", "1e5", "1.e5", "1.", "1.5e-3", ".5e2"}) {
    EXPECT_EQ(Texts(number), (Strings{number}));
  }
  EXPECT_EQ(Texts("x.1.1"), (Strings{"x", ".", "1", ".", "1"})) << "elements of a tuple";
  EXPECT_EQ(Texts("(1,2).1"), (Strings{"(", "1", ",", "2", ")", ".", "1"}));
  EXPECT_EQ(Texts("1-.5"), (Strings{"1", "-", ".5"}));
  EXPECT_EQ(Texts("t.1e1"), (Strings{"t", ".", "1e1"}));
}

TEST(Lexer, ReadsNamesThatStartWithADigit) {
  for (const std::string_view name : {"1st", "1__0", "0xZ", "12e5x", "0x1Fg"}) {
    const Result<std::vector<Token>> tokens = Tokenize(name);
    ASSERT_TRUE(tokens.ok()) << name;
    ASSERT_EQ(tokens->size(), 1u) << name;
    EXPECT_EQ(tokens->front().kind, TokenKind::kWord) << name;
  }
}

TEST(Lexer, RefusesNumbersThatHideWhatFollows) {
  EXPECT_FALSE(Tokenize("1e--x").ok()) << "an exponent's sign, or the start of a comment";
  EXPECT_FALSE(Tokenize("1e+").ok());
  EXPECT_FALSE(Tokenize("1.5x").ok());
  EXPECT_FALSE(Tokenize("1$x$ y $x$").ok());
  EXPECT_FALSE(Tokenize("1 . .5INTO OUTFILE 'x'").ok()) << "the server reads .5 and INTO";
}

TEST(Lexer, ReadsHeredocs) {
  EXPECT_EQ(Texts("$$a'b;$$"), (Strings{"$$a'b;$$"}));
  EXPECT_EQ(Texts("$x$;$y$;$x$ z"), (Strings{"$x$;$y$;$x$", "z"}));
  EXPECT_EQ(Texts("a$x$ b$x$"), (Strings{"a$x$", "b$x$"})) << "a dollar sign inside a name starts nothing";
}

TEST(Lexer, RefusesDollarsThatServersReadDifferently) {
  EXPECT_FALSE(Tokenize("$x y$ a $x y$").ok());
  EXPECT_FALSE(Tokenize("$a$ b").ok());
  EXPECT_FALSE(Tokenize("$1").ok());
}

TEST(Lexer, ReadsEncodedStrings) {
  EXPECT_EQ(Texts("x'41' b'01'"), (Strings{"x'41'", "b'01'"}));
  EXPECT_FALSE(Tokenize("x'4G' ; '").ok());
}

TEST(Lexer, TreatsUnicodeAsTheServerDoes) {
  EXPECT_EQ(Texts("1\u00a0\u3000\u200b+\u20601"), (Strings{"1", "+", "1"}));
  EXPECT_EQ(Texts("1 \u2212 2"), (Strings{"1", "\u2212", "2"}));
  EXPECT_EQ(Texts("\u2018a;'b\u2019"), (Strings{"\u2018a;'b\u2019"}));
  EXPECT_EQ(Texts("\u201ca\u201d"), (Strings{"\u201ca\u201d"}));
}

TEST(Lexer, RefusesWhatIsNoPlainSql) {
  const std::vector<std::string> broken = {std::string("SELECT 'a\0b'", 12),
                                           std::string("1\0", 2),
                                           "SELECT '\xff'",
                                           "-- \xc0\xaf",
                                           "\ufeffSELECT 1",
                                           "\uff33\uff25\uff2c\uff25\uff23\uff34 1",
                                           "caf\u00e9",
                                           "1 \u2013 2",
                                           "\u2018a'",
                                           "a & b",
                                           "~1",
                                           "1\\G",
                                           "#x",
                                           "1 ! 2",
                                           "'a",
                                           "'a\\'",
                                           "`a",
                                           "\"a",
                                           "/* a"};
  for (const std::string& sql : broken) {
    const Result<std::vector<Token>> tokens = Tokenize(sql);
    ASSERT_FALSE(tokens.ok()) << sql;
    EXPECT_EQ(tokens.error().code, ErrorCode::kSyntaxError) << sql;
    EXPECT_FALSE(tokens.error().hint.empty()) << sql;
  }
}

TEST(Lexer, PointsAtWhatIsNeverClosed) {
  const Result<std::vector<Token>> tokens = Tokenize("SELECT 1, 'abc");
  ASSERT_FALSE(tokens.ok());
  EXPECT_EQ(tokens.error().position, 10u);
  EXPECT_NE(tokens.error().message.find("never closed"), std::string::npos);
}

TEST(Lexer, PointsAtInvalidUtf8) {
  const Result<std::vector<Token>> tokens = Tokenize("SELECT 'caf\u00e9 \xe2\x28\xa1'");
  ASSERT_FALSE(tokens.ok());
  EXPECT_EQ(tokens.error().position, 14u);
}

TEST(Lexer, FindsNothingInBlanks) {
  EXPECT_TRUE(Texts("").empty());
  EXPECT_TRUE(Texts(" \t\n-- x\n/* y */").empty());
}

TEST(SplitStatements, SplitsAtSemicolonsOutsideOfStrings) {
  const auto statements = SplitStatements("-- one\nSELECT ';';\n;; /* two */ SELECT `;` ;\n-- end\n");
  ASSERT_TRUE(statements.ok());
  EXPECT_EQ(*statements, (Strings{"-- one\nSELECT ';'", "/* two */ SELECT `;`"}));
}

TEST(SplitStatements, KeepsALastStatementWithoutSemicolon) {
  const auto statements = SplitStatements("SELECT 1; SELECT $$;$$");
  ASSERT_TRUE(statements.ok());
  EXPECT_EQ(*statements, (Strings{"SELECT 1", "SELECT $$;$$"}));
}

TEST(SplitStatements, FailsOnBrokenText) {
  EXPECT_FALSE(SplitStatements("SELECT 1; SELECT '").ok());
}

}  // namespace
}  // namespace chimera::sql
