#include "freshness/sql_names.h"

#include <gtest/gtest.h>

namespace chimera::freshness {

void PrintTo(const Relation& relation, std::ostream* out) {
  *out << relation.database << "." << relation.name;
}

namespace {

using Relations = std::vector<Relation>;

const Relation kAny;

TEST(SqlNames, AreWordsWithoutQuotes) {
  const SqlNames names = NamesIn("SELECT `a b`, \"c\" FROM d.e -- f\n WHERE g = 'h'");
  for (const char* name : {"a b", "c", "d", "e", "g"}) EXPECT_TRUE(names.words.contains(name)) << name;
  for (const char* none : {"f", "h", "'h'", "`a b`"}) EXPECT_FALSE(names.words.contains(none)) << none;
}

TEST(SqlNames, RelationsStandBehindFromJoinCommaAndIn) {
  EXPECT_EQ(NamesIn("SELECT 1 FROM a JOIN b.c ON x = y LEFT JOIN `d e` USING (z)").relations,
            (Relations{{"", "a"}, {"b", "c"}, {"", "d e"}}));
  EXPECT_EQ(NamesIn("SELECT x, y FROM a AS p, b.c q WHERE f(x, y) ORDER BY x, y LIMIT 1, 2").relations,
            (Relations{{"", "a"}, {"b", "c"}}));
  EXPECT_EQ(NamesIn("FROM a SELECT x, y").relations, (Relations{{"", "a"}}));
  EXPECT_EQ(NamesIn("SELECT x FROM a WHERE x IN b AND y NOT IN c.d AND z IN (1, 2) AND w IN [1]").relations,
            (Relations{{"", "a"}, {"", "b"}, {"c", "d"}}));
  EXPECT_EQ(NamesIn("SELECT (SELECT max(x) FROM a, b), y FROM (SELECT 1, 2), c").relations,
            (Relations{{"", "a"}, {"", "b"}, {"", "c"}}));
}

TEST(SqlNames, ArraysAndOwnNamesAreNoRelations) {
  EXPECT_EQ(NamesIn("SELECT x FROM a ARRAY JOIN b AS c, d").relations, (Relations{{"", "a"}}));
  EXPECT_EQ(NamesIn("WITH r AS (SELECT 1 FROM a) SELECT * FROM r").relations, (Relations{{"", "a"}}));
  EXPECT_EQ(NamesIn("WITH r AS (SELECT 1) SELECT * FROM b.r").relations, (Relations{{"b", "r"}}));
}

TEST(SqlNames, FunctionsAndParametersMayBeAnyTable) {
  EXPECT_EQ(NamesIn("SELECT 1 FROM merge('db', '.*')").relations, Relations{kAny});
  EXPECT_EQ(NamesIn("SELECT 1 FROM f.g()").relations, Relations{kAny});
  EXPECT_EQ(NamesIn("SELECT 1 FROM a WHERE b IN {c:Array(String)}").relations, (Relations{{"", "a"}}));
  for (const char* sql : {"SELECT 1 FROM {t:Identifier}", "SELECT 1 FROM a WHERE b IN {c:Identifier}"}) {
    const Relations relations = NamesIn(sql).relations;
    EXPECT_NE(std::find(relations.begin(), relations.end(), kAny), relations.end()) << sql;
  }
}

TEST(SqlNames, WhatIsNoSqlIsNotReadable) {
  EXPECT_FALSE(NamesIn("SELECT 'open").readable);
  EXPECT_TRUE(NamesIn("").readable);
  EXPECT_TRUE(NamesIn("SELECT ) FROM").readable);
}

}  // namespace
}  // namespace chimera::freshness
