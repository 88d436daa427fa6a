// The insert tools with a clock of the caller's choice; for the tests of what happens around midnight.
#pragma once

#include <functional>
#include <memory>

#include "tools/time_window.h"
#include "tools/toolset.h"

namespace chimera::tools {

using WallClock = std::function<Instant()>;

/// As CreateInsertTool of toolset.h; `clock` is called on the threads that call the tool.
std::unique_ptr<Tool> CreateInsertTool(clickhouse::Client& client, const schema::Dataset& dataset,
                                       const schema::InsertTool& declaration, WallClock clock,
                                       const InsertOptions& options = {});

}  // namespace chimera::tools
