// The table that rows go to or come from: its columns with what each may hold, how it is partitioned, whether it
// recognises a batch that comes twice. The rules are those of the insert tool where one is declared for the table,
// otherwise those of the live columns' types. Reads the database once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "clickhouse/deduplication.h"
#include "clickhouse/stored_rows.h"
#include "schema/dataset.h"
#include "tools/insert_value.h"
#include "tools/privacy.h"

namespace chimera::transfer {

struct TargetColumn {
  tools::ColumnRule rule;
  std::string type;          ///< ClickHouse's own spelling
  bool has_default = false;  ///< the table fills it in where it is left out
  bool own = false;          ///< the program's, filled in where a file lacks it, and not exported unless it is named
  bool opaque = false;       ///< of a type without rules (Array, Map, …): taken as JSON text, checked by the database
};

/// Rows of one batch are sent by these, one insert each.
enum class SplitBy { kNothing, kDay, kMonth };

struct Target {
  std::string database;
  std::string table;
  std::string uuid;  ///< of the table: another one of that name is another table
  std::string engine;
  std::string sorting_key;
  std::string tool;                   ///< the insert tool whose rules hold; empty: those of the types alone
  std::vector<TargetColumn> columns;  ///< that can be inserted, in the table's order
  SplitBy split_by = SplitBy::kNothing;
  std::optional<size_t> split_column;
  bool one_partition = false;         ///< rows that are split so are of one partition for certain
  std::optional<size_t> time_column;  ///< with the time of an observation
  int keep_days = 0;                  ///< rows older than this by that time are deleted; 0: none

  std::string FullName() const { return database + "." + table; }  ///< for people
  std::string QuotedName() const;
  std::optional<size_t> Find(std::string_view column) const;
  std::vector<std::string> Names() const;
  clickhouse::TableFacts Facts() const;
};

/// `name` is "table" or "database.table"; without a database, that of the dataset which declares the table, otherwise
/// the client's own. Blocks on the database. kUnknownTable with the nearest names; kInvalidArgument for a view or
/// another kind of table that holds no rows of its own.
Result<Target> FindTarget(const RequestContext& context, clickhouse::Client& client,
                          const std::vector<schema::Dataset>& datasets, const tools::Privacy* privacy,
                          const std::string& name);

/// Whether the table recognises a batch that it has stored already. Blocks on the database.
Result<clickhouse::Deduplication> DeduplicationOf(const RequestContext& context, clickhouse::Client& client,
                                                  const Target& target);

}  // namespace chimera::transfer
