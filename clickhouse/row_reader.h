// Takes a JSONCompactEachRowWithNamesAndTypes body apart as it comes, in pieces of any size: counts rows against the
// caps, passes their bytes on unparsed, and never takes an exception or half a row for one. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "clickhouse/client.h"

namespace chimera::clickhouse {

class RowReader {
 public:
  RowReader(uint64_t max_rows, uint64_t max_bytes) : max_rows_(max_rows), max_bytes_(max_bytes) {}

  /// False: the caps are reached, or the body is no result; no more is needed.
  bool Append(std::string_view bytes);

  /// True when a row beyond the caps was seen: the result is settled, whatever follows.
  bool Truncated() const { return rows_.truncated; }

  /// True when the body so far could end here: empty, or both header lines and whole rows.
  bool IsWhole() const { return line_.empty() && expect_ != Expect::kTypes; }

  /// Everything from the first byte that is not of a row: an exception, half a row, another format. Up to 64 KiB.
  /// Empty for a well-formed body.
  const std::string& Rest() const { return line_; }

  /// Columns and rows so far; call once, last.
  Rows Take() { return std::move(rows_); }

 private:
  enum class Expect { kNames, kTypes, kRow, kNothing };
  bool TakeLine(std::string_view line);
  bool TakeNames(std::string_view line);
  bool TakeTypes(std::string_view line);
  bool TakeRow(std::string_view line);
  bool Hold(std::string_view bytes);
  bool KeepRest(std::string_view bytes);

  const uint64_t max_rows_;
  const uint64_t max_bytes_;
  Expect expect_ = Expect::kNames;
  std::string line_;  ///< the line begun, or everything since the first byte that is not of a row
  Rows rows_;
};

}  // namespace chimera::clickhouse
