// Names of the severities (RFC 5424, as MCP spells them). Pure.
#pragma once

#include <optional>
#include <string_view>

#include "mcp/call_context.h"

namespace chimera::mcp {

std::string_view Name(LogLevel level);
std::optional<LogLevel> ParseLogLevel(std::string_view name);

}  // namespace chimera::mcp
