// The JSON of tools/list and tools/call in every era. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "mcp/era.h"
#include "mcp/tool.h"

namespace chimera::mcp {

/// One entry of tools/list, with the members that `era` knows.
Json ToolEntry(const Era& era, const ToolDefinition& tool);

/// The result object of tools/call. The tool's JSON texts are passed on as they are. `meta` joins the tool's own.
std::string CallResult(const Era& era, const ToolResult& result, const Json& meta);

Json IconList(const std::vector<Icon>& icons);

}  // namespace chimera::mcp
