// The gate alone: no hostile statement passes, no benign one is refused.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "sql/read_gate.h"
#include "tests/security/corpus.h"

namespace chimera::security {
namespace {

TEST(SecurityCorpus, IsLargeAndVaried) {
  std::map<std::string, size_t> disguises;
  std::set<std::string> texts;
  const auto hostile = LoadCorpus("hostile.jsonl");
  const auto benign = LoadCorpus("benign.jsonl");
  for (const Case& each : hostile) {
    EXPECT_LE(++disguises[each.mechanism], 8u) << each.mechanism;
    EXPECT_TRUE(texts.insert(each.sql).second) << "twice: " << each.sql;
  }
  for (const Case& each : benign) EXPECT_TRUE(texts.insert(each.sql).second) << "twice: " << each.sql;
  EXPECT_GE(hostile.size(), 400u);
  EXPECT_GE(disguises.size(), 60u);
  EXPECT_GE(benign.size(), 400u);
}

TEST(SecurityCorpus, NoHostileStatementPasses) {
  for (const Case& each : LoadCorpus("hostile.jsonl")) {
    const auto checked = sql::CheckRead(each.sql);
    EXPECT_FALSE(checked.ok()) << "hostile.jsonl:" << each.line << ": " << each.mechanism << ": " << each.sql;
    if (checked.ok()) continue;
    EXPECT_FALSE(checked.error().message.empty()) << each.sql;
    EXPECT_FALSE(checked.error().hint.empty()) << each.sql;
  }
}

TEST(SecurityCorpus, NoBenignStatementIsRefused) {
  for (const Case& each : LoadCorpus("benign.jsonl")) {
    const auto checked = sql::CheckRead(each.sql, {{}, each.dictionaries});
    EXPECT_TRUE(checked.ok()) << "benign.jsonl:" << each.line << ": " << each.sql << "\n" << checked.error().message;
  }
}

}  // namespace
}  // namespace chimera::security
