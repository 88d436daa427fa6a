// The settings that say which tools there are, and how much of them a caller may use.
#pragma once

#include "access/allowance.h"
#include "access/tool_rules.h"
#include "config/setting_reader.h"

namespace chimera::config {

/// CHIMERA_MODE, CHIMERA_TOOLS_ALLOW, CHIMERA_TOOLS_DENY. Whether the globs fit a tool is not known yet.
access::ToolRules LoadToolRules(SettingReader& reader);

/// CHIMERA_CALLS_PER_MINUTE, CHIMERA_TOOL_CALLS_PER_MINUTE, CHIMERA_CALLS_AT_ONCE, CHIMERA_ROWS_PER_HOUR. `authorized`:
/// callers have to say who they are; limits on calls are on by default then.
access::Limits LoadLimits(SettingReader& reader, bool authorized);

}  // namespace chimera::config
