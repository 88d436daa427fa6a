#include "access/tool_rules.h"

#include <fnmatch.h>

#include <algorithm>

#include "base/text.h"

namespace chimera::access {
namespace {

std::string Underscored(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '.', '_');
  return text;
}

bool AnyFits(const std::vector<std::string>& globs, std::string_view tool) {
  return std::any_of(globs.begin(), globs.end(), [&](const auto& glob) { return Fits(glob, tool); });
}

}  // namespace

bool Fits(std::string_view glob, std::string_view tool) {
  return fnmatch(Underscored(glob).c_str(), Underscored(tool).c_str(), 0) == 0;
}

std::string WhyOff(const ToolRules& rules, const mcp::ToolDefinition& tool) {
  if (rules.read_only && !tool.annotations.read_only) {
    return "this server is read-only (its operator set CHIMERA_MODE): it writes nothing, do without";
  }
  if (AnyFits(rules.deny, tool.name)) return "its operator switched it off (CHIMERA_TOOLS_DENY): do without";
  if (!rules.allow.empty() && !AnyFits(rules.allow, tool.name)) {
    return "its operator offers only some tools (CHIMERA_TOOLS_ALLOW), and not this one; tools/list names them";
  }
  return {};
}

Status CheckGlobs(const std::vector<std::string>& globs, const std::string& setting,
                  const std::vector<std::string>& tools) {
  for (const auto& glob : globs) {
    if (std::any_of(tools.begin(), tools.end(), [&](const auto& tool) { return Fits(glob, tool); })) continue;
    const std::string near = DidYouMean(glob, tools);
    return MakeError(ErrorCode::kInvalidArgument, setting + ": no tool has a name like `" + glob + "`",
                     near.empty() ? "`chimera-mcp tools` lists them; insert.* stands for all that begin so" : near);
  }
  return Ok();
}

}  // namespace chimera::access
