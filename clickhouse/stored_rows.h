// Inserts that may have been sent before. ClickHouse notes a deduplication token before the part that it stands for
// (MergeTreeDeduplicationLog): a server that dies between the two drops every repeat of rows that it never had. So
// after a repeat the rows are looked for, and sent under another token where they are missing. Thread-safe.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "clickhouse/row_sample.h"

namespace chimera::clickhouse {

/// A table as far as its rows can be told by it; columns are those that can be inserted.
struct TableFacts {
  std::string engine;
  std::string sorting_key;
  ColumnTypes columns;
};

/// What is known of an insert beside its rows.
struct Doubts {
  std::string name;       ///< of the rows, for the log
  bool in_doubt = false;  ///< an earlier call or process may have sent them
  /// Columns whose values may be others now than when they were sent first: not compared.
  std::set<std::string> unsure = {};
  /// False: the rows may be of several partitions, of which the database may have lost one. They are not sent again
  /// then, as those of the others would be stored twice; a warning says so.
  bool one_partition = true;
  std::optional<TableFacts> table = {};  ///< absent: to be asked for when it is needed
};

/// Client::Write for rows (JSONEachRow or JSONCompactEachRow) that have to be there once. Where the insert was a repeat
/// (`in_doubt`, Written::repeated), a sample of it is looked for: a query for the table, one for the rows. When none of
/// it is there, the rows are sent once more, under a token made of the first one: the same in every process. One row
/// that is there counts as all, since a part is stored whole, and a TTL may have removed the others; so equal rows
/// elsewhere in the table hide a loss. Tables that merge rows are looked at by the plain columns of their sorting key.
/// Not looked at all are those that cancel rows (Collapsing, Graphite), replicated ones, whose token and part are one
/// transaction, and what is no MergeTree and may show rows later. The account that reads must see all rows. Errors:
/// those of the client.
Result<Written> WriteOnce(const RequestContext& context, Client& client, const Insert& insert, const Doubts& doubts);

}  // namespace chimera::clickhouse
