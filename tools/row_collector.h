// Builds a batch row by row: checks each value, fills in defaults, sorts rows by partition. Fed by the reader of the
// arguments (insert_batch.cpp); knows nothing of JSON syntax. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/insert_batch.h"
#include "tools/problem_list.h"

namespace chimera::tools {

/// A value with the text that it had in the arguments, for messages. `bad_escape`: a string that names no characters.
struct SourceValue {
  JsonValue value;
  std::string_view source;
  bool bad_escape = false;
};

class RowCollector {
 public:
  /// `rules` and `problems` must outlive this. `size_hint`: about how many bytes the rows have.
  RowCollector(const InsertRules& rules, ProblemList& problems, size_t size_hint);

  /// Starts a row: rows[index], or the single one of `data`.
  void Begin(std::optional<uint64_t> index);
  /// The field that most probably comes next.
  const std::string& Expected() const { return rules_.names[next_]; }
  /// Adds a field of the row, or a problem.
  void Add(std::string_view key, const SourceValue& value);
  /// Ends the row. Nothing is kept once there is a problem, but the checks go on.
  void Finish();

  /// Fields without a column are problems after all.
  void RefuseUnknown();

  std::string Path() const;  ///< of the row: "rows[3]" or "data"

  size_t Days() const { return batch_.groups.size(); }  ///< how many partitions the rows need
  /// The rows, sorted by partition. Requires that there was no problem.
  Batch Take();

 private:
  // The value of one column in the row that is being read.
  struct Slot {
    size_t begin = 0;  // in text_
    size_t length = 0;
    bool given = false;
    bool replaced = false;  // by privacy
    TimeFacts facts;
  };

  std::optional<size_t> FindColumn(std::string_view key);
  void Open(size_t column);
  void Protect(size_t column);
  void AddUnknown(std::string_view key, const SourceValue& value);
  void Grow(std::string_view key, const SourceValue& value);
  void Refuse(size_t column, Refusal refusal, const SourceValue& value);
  void FillDefault(size_t column);
  RowGroup& GroupOfRow();
  void AppendRow(RowGroup& group);

  const InsertRules& rules_;
  ProblemList& problems_;
  const size_t size_hint_;
  Batch batch_;

  std::optional<uint64_t> index_;
  std::vector<Slot> slots_;  // by column
  std::string text_;         // the canonical values of the row, each behind its column's key
  std::string beyond_;       // fields without a column, each as `,"name":value`
  std::vector<std::string> beyond_names_;
  std::string beyond_path_;  // of the first one
  std::string replaced_;     // what privacy took out of the row, each behind its column's key
  size_t in_order_ = 0;      // how many values came in the order of the columns
  size_t next_ = 0;          // the column that is expected next

  size_t group_ = 0;  // of the last row
  std::map<std::optional<int64_t>, size_t> group_by_day_;
};

}  // namespace chimera::tools
