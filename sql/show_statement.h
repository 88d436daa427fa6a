// The SHOW statements of a read: lists of tables, columns and the like, never of accounts, grants or running queries.
// Private to the read gate.
#pragma once

#include "base/result.h"
#include "sql/query_walker.h"
#include "sql/token_cursor.h"

namespace chimera::sql {

/// Checks the statement whose SHOW stands at the cursor.
Status CheckShow(TokenCursor& cursor, QueryWalker& walker);

}  // namespace chimera::sql
