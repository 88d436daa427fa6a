// Whether a table recognises an insert that it has stored already, by its token, so that it may be sent again.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "clickhouse/client.h"

namespace chimera::clickhouse {

enum class Deduplication {
  kNone,        ///< a repeat would be stored a second time, or it cannot be told
  kHere,        ///< on the same host: the window of a MergeTree table is a file of that server
  kEverywhere,  ///< on every replica: Replicated and Shared tables keep it in Keeper
};

/// Asks through `read` for the table and for everything that its materialized views write to: a block that the table
/// recognises is still passed on to them. kNone for a table or a view that the account cannot see. Blocks as `read`
/// does; its errors are handed on.
Result<Deduplication> AskDeduplication(std::string_view database, std::string_view table,
                                       const std::function<Result<Rows>(const Query&)>& read);

/// One table's own part: from `engine` and `engine_full` of system.tables. Pure.
Deduplication DeduplicationOf(std::string_view engine, std::string_view engine_full);

/// Whether an engine of that name merges rows with equal keys, also within one insert before they are stored, so that
/// not every row of it need be there. Pure.
bool MergesRows(std::string_view engine);

}  // namespace chimera::clickhouse
