// How long rows stay: what is declared, what the live tables do, and making them do it. Nothing is declared by default,
// and what no declaration asks to delete is kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "schema/cluster.h"
#include "schema/dataset.h"

namespace chimera::schema {

/// The TTL of a table of which this is expected, as ClickHouse prints it; empty: none.
std::string TtlOf(const TableExpectation& table);

/// Reads "30" (days to keep), "7:cold" (to the volume `cold` after 7 days), or "7:cold:30" (both).
Result<Retention> ParseRetention(std::string_view text);

/// Overrides what `datasets` declare of `table`, "database.table" or a name that one of them has. kInvalidArgument when
/// there is no such table, or it has no column of time.
Status SetRetention(std::vector<Dataset>& datasets, std::string_view table, const Retention& retention);

struct RetentionState {
  std::string table;
  std::string declared;  ///< TTL; empty: rows are kept for ever
  std::string live;
  uint64_t past = 0;  ///< rows that are older than `keep_days` and still there
};

/// The tables of `dataset` with a time column, by name. Those that are missing are left out. Blocks.
Result<std::vector<RetentionState>> ReadRetention(const RequestContext& context, clickhouse::Client& client,
                                                  const Dataset& dataset, const Layout& layout);

/// Changes the TTL of the tables of which something is declared that they do not do; returns their names. Rows go when
/// ClickHouse merges their parts next, not at once. Blocks.
Result<std::vector<std::string>> ApplyRetention(const RequestContext& context, clickhouse::Client& client,
                                                const Dataset& dataset, const Layout& layout);

}  // namespace chimera::schema
