// The rows of a dynamic table that wait in the buffer, as the table will have them: what a flush would make of them,
// with the types that it would give them. Pure.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "ingest/store.h"
#include "timestore/cell.h"
#include "timestore/row_order.h"
#include "timestore/tail_filter.h"
#include "tools/table_description.h"

namespace chimera::timestore {

struct TailRow {
  RowKey key;
  std::vector<Cell> cells;  ///< by Tail::columns
};

struct Tail {
  std::vector<std::string> columns;                        ///< all of the table, those of `added` last
  CellKinds kinds;                                         ///< of all of them
  std::vector<std::pair<std::string, std::string>> added;  ///< fields without a column yet: name and type
  std::vector<TailRow> rows;                               ///< as they were written
  std::vector<ingest::Position> positions;                 ///< of all writes that wait, ascending
  uint64_t dead = 0;  ///< rows that do not fit the table: they will become dead letters
};

/// What `entries` of `to` will be in `table`, or without one in the table that the flush will make. An error says why
/// they cannot be shown before they are there: columns that this server did not make, values that ClickHouse reads in a
/// way of its own.
Result<Tail> ReadTail(const ingest::Destination& to, std::vector<ingest::Entry> entries,
                      const std::optional<tools::TableDescription>& table);

}  // namespace chimera::timestore
