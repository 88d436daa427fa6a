// Asks the database whether the rows of a call are in their table. ClickHouse drops a repeated token without a word,
// even when the rows are others, and keeps tokens apart by partition; both show only by looking at the rows. (That it
// may drop rows that it never had is made up for in clickhouse/stored_rows.h.) Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "tools/insert_batch.h"

namespace chimera::tools {

/// The table of an insert tool. Refers to what outlives it.
struct InsertTarget {
  clickhouse::Client& client;
  const InsertRules& rules;
  std::string database;
  std::string table;
};

/// Whether the table holds the rows of `group`, on `day` when there are partitions. Looks at a sample of up
/// to four rows (clickhouse/row_sample.h), without the columns that "now" or the database fills. In a table that merges
/// rows, one of the sample is enough. Blocks on one query.
Result<bool> HoldsRows(const RequestContext& context, const InsertTarget& target, const RowGroup& group,
                       std::optional<int64_t> day);

/// The newest time in the partition column under which the rows of `group` are stored on the day of `since`, not before
/// `since`; empty when they are not there. Requires a partition column. Blocks on one query.
Result<std::optional<Instant>> LatestTime(const RequestContext& context, const InsertTarget& target,
                                          const RowGroup& group, Instant since);

}  // namespace chimera::tools
