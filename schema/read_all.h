// What a database tells of itself in rows, all of them. Private to schema/.
#pragma once

#include "base/json.h"
#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"

namespace chimera::schema {

/// The rows of `query` as a JSON array of arrays, whatever caps it has: 200,000 rows or 64 MiB, and kTooLarge beyond
/// that. Blocks on the database.
Result<Json> ReadAll(const RequestContext& context, clickhouse::Client& client, clickhouse::Query query);

}  // namespace chimera::schema
