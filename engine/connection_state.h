// What a connection of the library carries from statement to statement, its settings and its database: reading and
// setting them, and undoing what one request changed. Errors are ClickHouse's exceptions.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/chdb.h"
#include "engine/request.h"

namespace chimera::engine {

/// SET for each, in their order; stops at the first that is refused.
Status SetSettings(chdb::Connection& connection, const Pairs& settings);
Result<std::string> CurrentDatabase(chdb::Connection& connection);
Status UseDatabase(chdb::Connection& connection, const std::string& database);

/// What a request changed on a connection that outlives it.
struct Changes {
  Pairs settings;         ///< each with the value to go back to, marked as ReadSetting does
  std::string database;   ///< the one to go back to, unless the request's statement chose another than
  std::string requested;  ///< this, the request's own; empty when it named none
};

/// Gives the connection the settings and the database of `request`, and its query_id as handle. What was changed is in
/// `changes` even when it fails.
Status Apply(chdb::Connection& connection, const QueryRequest& request, Changes& changes);
void Undo(chdb::Connection& connection, const Changes& changes);

}  // namespace chimera::engine
