// The order in which rows are read, and the merge of the database's rows with those that wait. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "clickhouse/client.h"
#include "ingest/store.h"

namespace chimera::timestore {

/// Rows are ordered by this, all of it ascending or all of it descending.
struct RowKey {
  int64_t millis = 0;  ///< timestamp
  std::string partition_key;
  ingest::Position position = 0;
  auto operator<=>(const RowKey&) const = default;
};

/// The columns in front of a result's own that its rows are ordered by.
inline constexpr size_t kKeyColumns = 3;
/// They as SQL, and ORDER BY them; the table is called t.
std::string KeySql();
std::string OrderSql(bool descending);

struct KeyedRow {
  RowKey key;
  std::string json;  ///< array of the values, without those of the key
};

/// The rows of a result that begin with KeySql, in their order. kInternal when they cannot be read.
Result<std::vector<KeyedRow>> ReadKeyedRows(const clickhouse::Rows& rows);

struct Merged {
  std::string rows_json;  ///< joined by commas
  uint64_t rows = 0;
  uint64_t from_tail = 0;
  bool truncated = false;
};

struct MergeLimits {
  uint64_t rows = 0;
  uint64_t bytes = 0;
};

/// Both in their order, from one side and the other; of equal keys, the database's first. `stored_truncated`: the
/// database had more rows behind `stored`, so that nothing behind its last one can be said.
Merged MergeRows(const std::vector<KeyedRow>& stored, bool stored_truncated, const std::vector<KeyedRow>& waiting,
                 bool descending, const MergeLimits& limits);

}  // namespace chimera::timestore
