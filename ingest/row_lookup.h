// Asks whether the rows of an insert are in their table. ClickHouse notes a deduplication token before the part that it
// stands for (MergeTreeDeduplicationLog): a server that dies between the two drops every repeat of rows that it never
// had.
#pragma once

#include <string_view>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "ingest/row_shape.h"
#include "ingest/store.h"

namespace chimera::ingest {

/// Whether `to` holds the rows of `body` (JSON lines, at least one), which were inserted as one block, by a sample: the
/// first, the last and two between, in the columns that compare exactly. In a table that merges rows, one of the sample
/// is enough. True where there is nothing to tell the rows by. Blocks on one query.
Result<bool> HoldsRows(const RequestContext& context, clickhouse::Client& client, const Destination& to,
                       const LiveColumns& columns, std::string_view body);

}  // namespace chimera::ingest
