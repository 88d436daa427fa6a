// The fields of one record of CSV (RFC 4180, as PostgreSQL's COPY … CSV and spreadsheets write it) or of tab-separated
// values (ClickHouse's and PostgreSQL's text format: backslash escapes, \N for NULL). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chimera::transfer {

struct Field {
  std::string_view text;
  bool quoted = false;   ///< CSV: it stood in quotes, so that empty means the empty text
  bool is_null = false;  ///< \N
};

class FieldSplitter {
 public:
  explicit FieldSplitter(bool tabs) : tabs_(tabs) {}

  /// The fields of `record`, which ends before its line end. They point into it, or into this object until the next
  /// call. Empty with a reason when the record is malformed.
  const std::vector<Field>& Split(std::string_view record);
  /// Why the last record is malformed; empty: it is not.
  const std::string& Problem() const { return problem_; }

 private:
  void SplitCsv(std::string_view record);
  size_t QuotedField(std::string_view record, size_t begin);
  void SplitTabs(std::string_view record);
  std::string_view Unescaped(std::string_view text);

  const bool tabs_;
  std::vector<Field> fields_;
  std::string scratch_;  // never grows while fields point into it
  std::string problem_;
};

}  // namespace chimera::transfer
