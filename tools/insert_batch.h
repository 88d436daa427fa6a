// The arguments of an insert tool, read once from their text: every row checked, put into its canonical form and sorted
// by partition, as the bytes that go to the database. Knows nothing of the database or of the time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "schema/dataset.h"
#include "tools/insert_value.h"

namespace chimera::tools {

inline constexpr uint64_t kMaxInsertRows = 100'000;
/// Each day of a batch takes one place in the table's deduplication window of 10,000, so that ten of the largest
/// batches can follow before a repeat of the first is no longer recognised.
inline constexpr size_t kMaxInsertDays = 1000;
inline constexpr size_t kMaxKeyBytes = 200;

/// What one insert tool accepts.
struct InsertRules {
  std::string tool;
  std::vector<ColumnRule> columns;
  std::vector<std::string> names;   ///< of the columns, in their order
  std::optional<size_t> partition;  ///< the column whose UTC day is the partition
  int keep_days = 0;                ///< the table deletes rows older than this; 0: it keeps all
  std::string key;                  ///< of privacy's hashes; empty: there is none
  bool buffers = false;             ///< `mode` may be buffered
  bool grows = false;               ///< buffered rows may have fields that the table has no column for
};

/// Where a row group's body holds a placeholder for the time of storing.
struct NowSlot {
  size_t offset = 0;
  size_t column = 0;
};

/// The rows of one partition, in the caller's order. `body` is one JSON object a line, each with all columns in the
/// declared order, but for computed ones that the caller left out; equal batches have equal bodies, whenever they are
/// sent.
struct RowGroup {
  std::optional<int64_t> day;  ///< days since 1970; absent: the day of storing, or a table without partitions
  std::string body;
  uint64_t rows = 0;
  std::vector<NowSlot> now_slots;
  /// The values as the caller wrote them where privacy stores others: two batches may differ in nothing else.
  std::string replaced;
};

/// In how many rows a time column was something that the answer should mention.
struct TimeCounts {
  uint64_t now = 0;
  uint64_t cut = 0;
  uint64_t assumed_utc = 0;
};

struct Batch {
  std::vector<RowGroup> groups;  ///< by day; the group without a day last
  uint64_t rows = 0;
  std::optional<Instant> first;  ///< of the partition column, without the rows of "now"
  std::optional<Instant> last;
  std::vector<TimeCounts> times;         ///< by column
  std::vector<uint64_t> protected_rows;  ///< by column: in how many rows privacy replaced the value
  std::string idempotency_key;           ///< empty: none given
  bool dry_run = false;
  bool buffered = false;           ///< to be answered when it is safe, before it is in the database
  std::string unknown_field = {};  ///< a field without a column; empty: there is none
};

/// kInvalidArgument when a column's declaration does not hold together.
Result<InsertRules> MakeInsertRules(const schema::InsertTool& declaration);

/// kInvalidArgument with the first 50 of all problems; its message says how many there are. Takes the text of a JSON
/// object: {"rows": […]} or {"data": {…}}, "idempotency_key", "dry_run", "mode".
Result<Batch> ReadBatch(const InsertRules& rules, std::string_view arguments_json);

/// Writes `now` over the placeholders of `group`.
void FillNow(const InsertRules& rules, Instant now, RowGroup& group);

}  // namespace chimera::tools
