// What waits in a buffer, as the ingest commands print it. Pure, but for the clock.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/json.h"
#include "ingest/store.h"

namespace chimera::app {

/// How long the oldest row has waited; 0: none waits.
std::chrono::seconds Waits(const ingest::Backlog& backlog);
Json BacklogJson(const ingest::Backlog& backlog);
/// A table under a line with `where`.
std::string StatusText(const std::vector<ingest::Backlog>& backlogs, const std::string& where);

}  // namespace chimera::app
