// Whether the rows of a dataset are what its declaration says: complete, fresh, within limits, each there once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "schema/dataset.h"

namespace chimera::schema {

struct TableCheck {
  std::string database;
  std::string table;
  uint64_t rows = 0;                    ///< of Replacing tables, after replacing
  std::string newest;                   ///< ISO 8601, UTC; empty: no time column, or no rows
  std::optional<int64_t> lag_seconds;   ///< age of the newest row
  std::optional<int64_t> late_after_s;  ///< its bound
  std::optional<uint64_t> duplicates;   ///< rows whose key another row has, too; absent: no key is declared
  uint64_t stored_bytes = 0;            ///< compressed
  uint64_t raw_bytes = 0;               ///< the same uncompressed
  std::vector<std::string> problems;    ///< one sentence each; none: the table is as it should be
};

/// Looks at every row of every table that the dataset declares (an insert tool's table, or one under `tables`), a few
/// statements a table. A table that is missing is a problem, not an error. Blocks; the time it takes grows with the
/// data.
Result<std::vector<TableCheck>> VerifyRows(const RequestContext& context, clickhouse::Client& client,
                                           const Dataset& dataset);

/// The condition under which a value of `column` breaks its declaration, as SQL; empty when nothing is declared that
/// its type does not ensure. Exposed for its test.
std::string ViolationOf(const InsertColumn& column);

}  // namespace chimera::schema
