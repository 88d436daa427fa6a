// The JSON of tools/list and tools/call in every era. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/era.h"
#include "mcp/tool.h"

namespace chimera::mcp {

/// One entry of tools/list, with the members that `era` knows.
Json ToolEntry(const Era& era, const ToolDefinition& tool);

/// The result object of tools/call. The tool's JSON texts are passed on as they are.
std::string CallResult(const Era& era, const ToolResult& result);

/// Where the page that `cursor` names starts (the first page for an empty cursor); nothing for a cursor that was never
/// handed out.
std::optional<size_t> PageStart(const std::vector<ToolDefinition>& tools, std::string_view cursor);
/// The cursor of the page that starts at `start`; requires 0 < start < tools.size().
std::string PageCursor(const std::vector<ToolDefinition>& tools, size_t start);

}  // namespace chimera::mcp
