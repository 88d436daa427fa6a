#include "engine/read_only.h"

#include <gtest/gtest.h>

#include <string>

namespace chimera::engine {
namespace {

TEST(ReadOnlyTest, FindsEveryWayToNameTheFunctionFile) {
  for (const std::string sql :
       {"SELECT file('/etc/passwd')", "SELECT file /* x */ ('/etc/passwd')", "SELECT `file`('/etc/passwd')",
        "SELECT \"file\"('/etc/passwd')", "SELECT `fi\\x6ce`('/etc/passwd')", "SELECT * FROM file('/etc/passwd')",
        "SELECT arrayMap(file, ['/etc/passwd'])", "SELECT arrayMap(`file`, ['/etc/passwd'])",
        "SELECT arrayFilter((+(+`file`)), ['/etc/passwd'])", "SELECT arrayMap(ALL file, ['/etc/passwd'])",
        "SELECT * APPLY(file) FROM t", "SELECT * APPLY((file)) FROM t", "SELECT * APPLY file FROM t",
        "SELECT COLUMNS('a') APPLY(`file`) FROM t"}) {
    EXPECT_TRUE(CallsFile(sql)) << sql;
  }
}

TEST(ReadOnlyTest, TakesAColumnOfThatNameForAColumn) {
  for (const std::string sql :
       {"SELECT file FROM logs", "SELECT max(file), count() FROM logs GROUP BY file", "SELECT concat(file, 'x') FROM t",
        "SELECT logs.file FROM logs WHERE file IN ('a')", "SELECT 'file(1)' -- file(1)",
        "SELECT arrayJoin(file), mapKeys(file), arraySum(file), arrayMax((file)) FROM t",
        "SELECT arrayMap(x -> x || file, files) FROM t", "SELECT (file) FROM t", "SELECT profile(1)"}) {
    EXPECT_FALSE(CallsFile(sql)) << sql;
  }
}

}  // namespace
}  // namespace chimera::engine
