#include "clickhouse/row_reader.h"

#include <algorithm>

#include "base/text.h"

namespace chimera::clickhouse {
namespace {

constexpr size_t kMaxRestBytes = 64 * 1024;
constexpr size_t kMaxHeaderLineBytes = 4 * 1024 * 1024;

/// A line that a row or a header can be. Half a row fails it, even with an exception's "\r" behind.
bool IsArray(std::string_view line) {
  return line.size() >= 2 && line.front() == '[' && line.back() == ']';
}

}  // namespace

bool RowReader::Append(std::string_view bytes) {
  if (rows_.truncated) return false;
  while (!bytes.empty()) {
    if (expect_ == Expect::kNothing) return KeepRest(bytes);
    auto end = bytes.find('\n');
    if (end == std::string_view::npos) return Hold(bytes);
    std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    if (!line_.empty()) {
      std::string whole = std::move(line_);
      whole += line;
      line_.clear();
      if (!TakeLine(whole)) return false;
    } else if (!TakeLine(line)) {
      return false;
    }
  }
  return true;
}

bool RowReader::TakeLine(std::string_view line) {
  if (!IsValidUtf8(line)) {
    rows_.invalid_utf8 = true;
    return TakeLine(ReplaceInvalidUtf8(line));
  }
  bool taken = IsArray(line);
  if (taken && expect_ == Expect::kRow && converter_) {
    converted_.clear();
    taken = converter_->Convert(line, converted_);
    if (taken) return TakeRow(converted_);
  }
  if (taken && expect_ == Expect::kRow) return TakeRow(line);
  if (taken) taken = expect_ == Expect::kNames ? TakeNames(line) : TakeTypes(line);
  if (taken) return true;
  expect_ = Expect::kNothing;
  return KeepRest(std::string(line) + "\n");
}

bool RowReader::TakeNames(std::string_view line) {
  auto names = ParseJson(line);
  if (!names) return false;
  for (const auto& name : *names) {
    if (!name.is_string()) return false;
    rows_.columns.push_back({name.get<std::string>(), ""});
  }
  expect_ = Expect::kTypes;
  return true;
}

bool RowReader::TakeTypes(std::string_view line) {
  auto types = ParseJson(line);
  if (!types || types->size() != rows_.columns.size()) return false;
  for (size_t i = 0; i < types->size(); ++i) {
    if (!(*types)[i].is_string()) return false;
    rows_.columns[i].type = (*types)[i].get<std::string>();
  }
  expect_ = Expect::kRow;
  converter_ = ValueConverter::For(rows_.columns, profile_);
  rows_.notes = ValueNotes(rows_.columns, profile_);
  return true;
}

bool RowReader::TakeRow(std::string_view line) {
  size_t comma = rows_.row_count > 0 ? 1 : 0;
  bool too_many = rows_.row_count >= max_rows_;
  if (too_many || rows_.rows_json.size() + comma + line.size() > max_bytes_) {
    rows_.truncated = true;
    rows_.truncated_by_bytes = !too_many;
    return false;
  }
  if (comma > 0) rows_.rows_json += ',';
  last_row_ = rows_.rows_json.size();
  rows_.rows_json += line;
  ++rows_.row_count;
  return true;
}

bool RowReader::Hold(std::string_view bytes) {
  line_ += bytes;
  bool is_header = expect_ != Expect::kRow;
  if (line_.front() != '[' || (is_header && line_.size() > kMaxHeaderLineBytes)) {
    expect_ = Expect::kNothing;
    return KeepRest({});
  }
  if (is_header || rows_.rows_json.size() + line_.size() <= max_bytes_) return true;
  std::string begun = std::move(line_);
  line_.clear();
  return TakeRow(begun);
}

bool RowReader::KeepRest(std::string_view bytes) {
  line_ += bytes.substr(0, kMaxRestBytes - std::min(kMaxRestBytes, line_.size()));
  line_.resize(std::min(line_.size(), kMaxRestBytes));
  return line_.size() < kMaxRestBytes;
}

bool RowReader::IsLastRowWhole() const {
  if (rows_.row_count == 0 || rows_.truncated) return true;
  auto row = ParseJson(LastRow());
  return row && row->is_array() && row->size() == rows_.columns.size();
}

}  // namespace chimera::clickhouse
