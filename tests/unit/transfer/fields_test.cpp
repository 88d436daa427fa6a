#include "transfer/fields.h"

#include <gtest/gtest.h>

namespace chimera::transfer {
namespace {

std::vector<std::string> Texts(FieldSplitter& splitter, std::string_view record) {
  std::vector<std::string> texts;
  for (const Field& field : splitter.Split(record)) texts.emplace_back(field.text);
  return texts;
}

using Strings = std::vector<std::string>;

TEST(CsvFields, AreSeparatedByCommasAndMayStandInQuotes) {
  FieldSplitter csv(false);
  EXPECT_EQ(Texts(csv, "a,b,c"), (Strings{"a", "b", "c"}));
  EXPECT_EQ(Texts(csv, "a,,"), (Strings{"a", "", ""}));
  EXPECT_EQ(Texts(csv, R"("a,b","say ""hi""","","two
lines")"),
            (Strings{"a,b", "say \"hi\"", "", "two\nlines"}));
  EXPECT_EQ(Texts(csv, R"("""","""a""b""",x)"), (Strings{"\"", "\"a\"b\"", "x"}));
  EXPECT_EQ(Texts(csv, "5\" pipe,x"), (Strings{"5\" pipe", "x"}));
}

TEST(CsvFields, TellEmptyFromQuotedEmpty) {
  FieldSplitter csv(false);
  const auto fields = csv.Split(R"(,"",\N,"\N")");
  ASSERT_EQ(fields.size(), 4u);
  EXPECT_FALSE(fields[0].quoted);
  EXPECT_TRUE(fields[1].quoted);
  EXPECT_TRUE(fields[2].is_null);
  EXPECT_FALSE(fields[3].is_null);
}

TEST(CsvFields, RefuseTextBehindAClosingQuote) {
  FieldSplitter csv(false);
  EXPECT_TRUE(csv.Split(R"(a,"b"c,d)").empty());
  EXPECT_EQ(csv.Problem(), "field 2 goes on behind its closing quote");
  EXPECT_TRUE(csv.Split("a,\"b").empty());
  EXPECT_EQ(csv.Problem(), "a quote is never closed");
  EXPECT_EQ(Texts(csv, "fine"), Strings{"fine"});
  EXPECT_EQ(csv.Problem(), "");
}

TEST(TsvFields, ResolveEscapes) {
  FieldSplitter tsv(true);
  EXPECT_EQ(Texts(tsv, "a\tb c\t"), (Strings{"a", "b c", ""}));
  EXPECT_EQ(Texts(tsv, R"(tab\there	line\nend	back\\slash	\'q\')"),
            (Strings{"tab\there", "line\nend", "back\\slash", "'q'"}));
  EXPECT_EQ(Texts(tsv, "\"not quoted\""), Strings{"\"not quoted\""});
  const auto fields = tsv.Split(R"(\N	\\N)");
  EXPECT_TRUE(fields[0].is_null);
  EXPECT_FALSE(fields[1].is_null);
  EXPECT_EQ(fields[1].text, "\\N");
}

}  // namespace
}  // namespace chimera::transfer
