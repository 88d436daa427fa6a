// Which tools there are for anybody: the operator's mode and lists. What one caller may do is decided by his scopes.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mcp/tool.h"

namespace chimera::access {

/// Globs (fnmatch(3)) of tools' names, spelled with dots or underscores: `insert.*` and `insert_*` are the same.
struct ToolRules {
  bool read_only = false;               ///< CHIMERA_MODE: no tool that writes, whatever the lists say
  std::vector<std::string> allow = {};  ///< CHIMERA_TOOLS_ALLOW: no tool but those that one of these fits; empty: all
  std::vector<std::string> deny = {};   ///< CHIMERA_TOOLS_DENY: none of these; wins over `allow`
};

bool Fits(std::string_view glob, std::string_view tool);

/// Why nobody may call `tool`, for a model that asked for it; empty: it is there.
std::string WhyOff(const ToolRules& rules, const mcp::ToolDefinition& tool);

/// kInvalidArgument naming a glob that fits none of `tools`: a slip would leave a tool on that should be off.
Status CheckGlobs(const std::vector<std::string>& globs, const std::string& setting,
                  const std::vector<std::string>& tools);

}  // namespace chimera::access
