// What the catalogue tells of tables, in full: for describe.table, and for the pages and prompts that show tables.
// Sizes come from the catalogue, no table is read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "tools/catalog.h"

namespace chimera::tools {

struct TableDescription {
  Table table;
  std::string primary_key;
  std::string ttl;              ///< the expressions behind TTL; empty: rows stay
  std::optional<double> rows;   ///< of system.tables; absent where the engine keeps no count
  std::optional<double> bytes;  ///< the same, of storage
  std::string comment;
  std::vector<std::string> defaults;  ///< by column: "DEFAULT 1", "MATERIALIZED …" or ""
};

/// Those of `names` that are in `database`, or all of its tables when `names` is empty; by name. One statement.
/// kStatementRefused for a table that a read may not name.
Result<std::vector<TableDescription>> DescribeTables(const RequestContext& context, clickhouse::Client& client,
                                                     const std::string& database,
                                                     const std::vector<std::string>& names = {});

}  // namespace chimera::tools
