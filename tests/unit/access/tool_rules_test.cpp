#include "access/tool_rules.h"

#include <gtest/gtest.h>

namespace chimera::access {
namespace {

mcp::ToolDefinition Tool(std::string name, bool writes = false) {
  mcp::ToolDefinition tool;
  tool.name = std::move(name);
  tool.annotations.read_only = !writes;
  return tool;
}

TEST(ToolRules, WithoutAnyEveryToolIsThere) {
  EXPECT_EQ(WhyOff({}, Tool("query")), "");
  EXPECT_EQ(WhyOff({}, Tool("insert.runs", true)), "");
}

TEST(ToolRules, ReadOnlyTakesAwayWhatWritesEvenWhereAllowed) {
  const ToolRules rules{.read_only = true, .allow = {"*"}};
  EXPECT_NE(WhyOff(rules, Tool("insert.runs", true)).find("CHIMERA_MODE"), std::string::npos);
  EXPECT_EQ(WhyOff(rules, Tool("query")), "");
}

TEST(ToolRules, GlobsTakeBothSpellings) {
  for (const char* glob : {"insert.*", "insert_*", "insert.runs", "insert_runs", "*.runs", "insert.run?"}) {
    EXPECT_NE(WhyOff({.deny = {glob}}, Tool("insert.runs")), "") << glob;
    EXPECT_NE(WhyOff({.deny = {glob}}, Tool("insert_runs")), "") << glob;
    EXPECT_EQ(WhyOff({.deny = {glob}}, Tool("query")), "") << glob;
  }
  EXPECT_EQ(WhyOff({.deny = {"insert"}}, Tool("insert.runs")), "") << "a glob fits the whole name";
}

TEST(ToolRules, DenyingWinsOverAllowing) {
  const ToolRules rules{.allow = {"query", "query.*"}, .deny = {"query.trend"}};
  EXPECT_EQ(WhyOff(rules, Tool("query")), "");
  EXPECT_EQ(WhyOff(rules, Tool("query.aggregate")), "");
  EXPECT_NE(WhyOff(rules, Tool("query.trend")).find("CHIMERA_TOOLS_DENY"), std::string::npos);
  EXPECT_NE(WhyOff(rules, Tool("list.tables")).find("CHIMERA_TOOLS_ALLOW"), std::string::npos);
}

TEST(ToolRules, AGlobThatFitsNothingIsASlip) {
  const std::vector<std::string> tools = {"query", "insert.runs"};
  EXPECT_TRUE(CheckGlobs({"insert_*", "query"}, "CHIMERA_TOOLS_DENY", tools).ok());
  const Status slip = CheckGlobs({"query", "insert.rnus"}, "CHIMERA_TOOLS_DENY", tools);
  ASSERT_FALSE(slip.ok());
  EXPECT_NE(slip.error().message.find("CHIMERA_TOOLS_DENY: no tool has a name like `insert.rnus`"), std::string::npos);
  EXPECT_NE(slip.error().hint.find("insert.runs"), std::string::npos);
}

}  // namespace
}  // namespace chimera::access
