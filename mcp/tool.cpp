#include "mcp/tool.h"

#include <algorithm>

namespace chimera::mcp {
namespace {

std::string Underscored(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '.', '_');
  return text;
}

}  // namespace

Scope ToolCatalog::Needs(std::string_view name) const {
  const auto& all = Definitions();
  auto found = std::find_if(all.begin(), all.end(), [&](const auto& tool) { return tool.name == name; });
  if (found == all.end()) {
    const std::string other = Underscored(name);
    found = std::find_if(all.begin(), all.end(), [&](const auto& tool) { return Underscored(tool.name) == other; });
  }
  return found == all.end() ? Scope::kAdmin : ScopeFor(*found);
}

}  // namespace chimera::mcp
