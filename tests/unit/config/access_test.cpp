// The settings of tool rules, limits and the audit log.
#include <gtest/gtest.h>

#include "tests/unit/config/settings_support.h"

namespace chimera::config {
namespace {

TEST(Access, LimitsCallsByDefaultOnlyWhereCallersSayWhoTheyAre) {
  const auto open = LoadFrom({});
  EXPECT_FALSE(open->limits.Any());
  const auto named = LoadFrom({{"CHIMERA_TOKENS_FILE", "/etc/tokens"}});
  EXPECT_EQ(named->limits.calls_per_minute, 600u);
  EXPECT_EQ(named->limits.calls_at_once, 16u);
  EXPECT_EQ(named->limits.rows_per_hour, 0u);
  EXPECT_FALSE(
      LoadFrom(
          {{"CHIMERA_TOKENS_FILE", "/etc/tokens"}, {"CHIMERA_CALLS_PER_MINUTE", "0"}, {"CHIMERA_CALLS_AT_ONCE", "0"}})
          ->limits.Any());
}

TEST(Access, ReadsLimitsOfTools) {
  const auto config = LoadFrom({{"CHIMERA_TOOL_CALLS_PER_MINUTE", "insert.*=60, query=120"}});
  ASSERT_EQ(config->limits.tools.size(), 2u);
  EXPECT_EQ(config->limits.tools[0].glob, "insert.*");
  EXPECT_EQ(config->limits.tools[1].calls_per_minute, 120u);
  for (const char* bad : {"query", "query=", "=3", "query=0", "query=1x", "query=-1"}) {
    EXPECT_FALSE(LoadFrom({{"CHIMERA_TOOL_CALLS_PER_MINUTE", bad}}).ok()) << bad;
  }
}

TEST(Access, AModeAndListsReachTheTools) {
  const auto config = LoadFrom({{"CHIMERA_MODE", "read-only"}, {"CHIMERA_TOOLS_DENY", "query.*, list.tables"}});
  EXPECT_TRUE(config->rules.read_only);
  EXPECT_EQ(config->rules.deny, (std::vector<std::string>{"query.*", "list.tables"}));
  mcp::ToolDefinition tool;
  tool.name = "list_tables";
  EXPECT_NE(config->tools.why_off(tool), "");
  EXPECT_FALSE(LoadFrom({{"CHIMERA_MODE", "readonly"}}).ok());
}

TEST(Access, AuditSettingsHaveNoEffectWithoutALog) {
  const auto off = LoadFrom({{"CHIMERA_AUDIT_REQUIRED", "all"}});
  EXPECT_FALSE(off->audit.On());
  EXPECT_TRUE(off->set_aside.contains("CHIMERA_AUDIT_REQUIRED"));
  const auto on = LoadFrom({{"CHIMERA_AUDIT_LOG", "/var/log/audit.jsonl"},
                            {"CHIMERA_AUDIT_FSYNC", "always"},
                            {"CHIMERA_AUDIT_REQUIRED", "all"},
                            {"CHIMERA_AUDIT_STATEMENTS", "hash"}});
  EXPECT_TRUE(on->audit.On());
  EXPECT_EQ(on->audit.file.fsync, audit::Fsync::kAlways);
  EXPECT_EQ(on->audit.required, audit::Required::kAll);
  EXPECT_TRUE(on->audit.hashes_statements);
  EXPECT_EQ(on->audit.file.max_bytes, 100'000'000u);
}

}  // namespace
}  // namespace chimera::config
