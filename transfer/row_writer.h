// Builds the bytes that go to the database, row by row: values checked by the rules of their columns, rows sorted by
// partition. A row that is refused leaves nothing behind. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/insert_batch.h"
#include "tools/insert_value.h"
#include "transfer/fields.h"
#include "transfer/target.h"

namespace chimera::transfer {

class RowWriter {
 public:
  /// `keyed`: rows are JSON objects, whose fields come in any order; otherwise arrays, whose values come in the order
  /// of `Put`. Rows older than `since` are left out, those older than `kept_since` counted. `target` must outlive
  /// this.
  RowWriter(const Target& target, bool keyed, std::optional<tools::Instant> since,
            std::optional<tools::Instant> kept_since);

  void Begin();
  /// The value of a column as JSON has it, or as a field of text has it. A refusal ends the row.
  std::optional<tools::Refusal> Put(size_t column, const tools::JsonValue& value);
  std::optional<tools::Refusal> Put(size_t column, const Field& field);
  /// A value that is the same in every row, as it is stored.
  void PutStored(size_t column, std::string_view json);
  /// Ends the row; false: it was left out for its age.
  bool Finish();

  uint64_t Rows() const { return rows_; }
  uint64_t AssumedUtc() const { return assumed_utc_; }  ///< values of time without a zone
  uint64_t Cut() const { return cut_; }                 ///< times with more digits than the column keeps
  uint64_t Protected() const { return protected_; }     ///< values that privacy replaced
  uint64_t Past() const { return past_; }               ///< rows older than what the table keeps
  /// The rows by partition.
  std::vector<tools::RowGroup> Take();

 private:
  void Open(size_t column);
  std::optional<tools::Refusal> PutOpaque(const tools::JsonValue& value);
  std::optional<tools::Refusal> PutChecked(size_t column, const tools::JsonValue& value);
  void Protect(const tools::ColumnRule& rule, size_t begin);
  std::optional<tools::Refusal> PutEmpty(size_t column, const Field& field);
  std::optional<int64_t> Group() const;

  const Target& target_;
  const bool keyed_;
  const std::optional<tools::Instant> since_;
  const std::optional<tools::Instant> kept_since_;
  std::string row_;
  std::optional<tools::Instant> split_at_;
  std::optional<tools::Instant> time_;
  uint64_t row_assumed_ = 0;
  uint64_t row_cut_ = 0;

  std::map<std::optional<int64_t>, tools::RowGroup> groups_;
  uint64_t rows_ = 0;
  uint64_t assumed_utc_ = 0;
  uint64_t cut_ = 0;
  uint64_t protected_ = 0;
  uint64_t past_ = 0;
};

}  // namespace chimera::transfer
