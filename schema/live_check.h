// What only a database can say of a dataset's files: whether the migrations run, the SQL yields what is declared, the
// insert tools fit their tables.
#pragma once

#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "schema/loader.h"

namespace chimera::schema {

/// Applies the migrations of `reading` in a fresh database of the server (its name begins with chimera_check_), looks
/// at the tables, runs every analysis with default parameters before and after the sample data, parses the SQL of
/// alerts and dashboards, and drops it. `reading` has no mistakes of its own. Returns what is wrong, with lines. An
/// error when the server cannot be reached or refuses the account, which needs the right to create a database. Blocks.
Result<std::vector<Mistake>> CheckLive(const RequestContext& context, clickhouse::Client& client,
                                       const Reading& reading);

}  // namespace chimera::schema
