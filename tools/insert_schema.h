// What an insert tool publishes: its definition, with one described, typed and ranged field for each declared column.
// Pure.
#pragma once

#include "mcp/tool.h"
#include "schema/dataset.h"
#include "tools/insert_batch.h"

namespace chimera::tools {

mcp::ToolDefinition InsertDefinition(const schema::InsertTool& declaration, const InsertRules& rules);

}  // namespace chimera::tools
