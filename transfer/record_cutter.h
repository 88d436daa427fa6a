// Cuts a stream of text into records (lines; in CSV a quoted field may hold line ends) and records into batches. Where
// a batch ends depends on the content and the limits alone, never on how the bytes came: a later run cuts the same
// batches. Bounded memory: one batch and one record. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "transfer/byte_source.h"

namespace chimera::transfer {

/// A batch ends with the record that reaches either.
struct BatchLimits {
  uint64_t records = 50'000;
  uint64_t bytes = 16u << 20;
};

/// A record may not be larger.
inline constexpr size_t kMaxRecordBytes = 64u << 20;
/// Bytes behind a batch's text that may be read, as simdjson does.
inline constexpr size_t kTextPadding = 64;

struct RecordBatch {
  uint64_t index = 0;        ///< in its file, from 1
  std::string text;          ///< the records, each ended by "\n"; kTextPadding more bytes follow
  std::vector<size_t> ends;  ///< where each record ends in `text`, its "\n" included
  uint64_t first_line = 0;   ///< of the file, from 1
  std::string_view Text() const { return std::string_view(text).substr(0, ends.empty() ? 0 : ends.back()); }
};

class RecordCutter {
 public:
  /// `source` must outlive this. `quotes`: a line end between double quotes belongs to the record.
  RecordCutter(ByteSource& source, std::string name, bool quotes);

  /// The first record, without its line end; nothing when there is none. Before all batches. Errors: as for Fill.
  Result<std::optional<std::string>> TakeHeader();

  /// Looks ahead for the next batch; returns how many records it has, 0 at the end. Errors: those of the source;
  /// kInvalidArgument naming the line for a quote that is never closed, a record that is too large, UTF-16.
  Result<size_t> Fill(const BatchLimits& limits);
  /// The text of the first `records` of those.
  std::string_view Peek(size_t records) const;
  /// Takes them. Requires that Fill found as many.
  RecordBatch Take(size_t records);

 private:
  Status ReadMore();
  Status SkipMark();
  Result<bool> FindRecord();

  ByteSource& source_;
  const std::string name_;
  const bool quotes_;
  std::string buffer_;
  std::vector<size_t> ends_;  // of the records found in the buffer
  size_t scanned_ = 0;        // up to where the buffer was looked at
  bool open_ = false;         // a quote is open there
  bool started_ = false;
  bool ended_ = false;
  uint64_t line_ = 1;  // of the first record in the buffer
  uint64_t index_ = 0;
};

}  // namespace chimera::transfer
