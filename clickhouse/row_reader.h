// Takes a JSONCompactEachRowWithNamesAndTypes body apart as it comes, in pieces of any size: counts rows against the
// caps, passes their bytes on unparsed, unless the account's limits call for a conversion, and never takes an exception
// or half a row for a row. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "clickhouse/account_profile.h"
#include "clickhouse/client.h"
#include "clickhouse/value_converter.h"

namespace chimera::clickhouse {

class RowReader {
 public:
  /// `profile`: what the statement was sent with.
  RowReader(uint64_t max_rows, uint64_t max_bytes, AccountProfile profile = AccountProfile::Unrestricted())
      : max_rows_(max_rows), max_bytes_(max_bytes), profile_(std::move(profile)) {}

  /// False: the caps are reached, or the body is no result; no more is needed.
  bool Append(std::string_view bytes);

  /// True when a row beyond the caps was seen: the result is settled, whatever follows.
  bool Truncated() const { return rows_.truncated; }

  /// True when the body so far could end here: empty, or both header lines and whole rows.
  /// Parses the last row: only that one can be half a row with an exception behind it that ends like a row.
  bool IsWhole() const { return line_.empty() && expect_ != Expect::kTypes && IsLastRowWhole(); }

  /// Everything from the first byte that is not of a row: an exception, half a row, another format. Up to 64 KiB.
  /// Empty for a well-formed body.
  std::string_view Rest() const { return line_.empty() && !IsLastRowWhole() ? LastRow() : std::string_view(line_); }

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
  std::string_view LastRow() const { return std::string_view(rows_.rows_json).substr(last_row_); }
  bool IsLastRowWhole() const;

  const uint64_t max_rows_;
  const uint64_t max_bytes_;
  const AccountProfile profile_;
  std::unique_ptr<ValueConverter> converter_;  ///< null: rows are passed on as they are
  std::string converted_;
  size_t last_row_ = 0;  ///< where it begins in rows_json
  Expect expect_ = Expect::kNames;
  std::string line_;  ///< the line begun, or everything since the first byte that is not of a row
  Rows rows_;
};

}  // namespace chimera::clickhouse
