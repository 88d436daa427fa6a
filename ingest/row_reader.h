// The rows of a slice, one after the other.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace chimera::ingest {

/// A field of a row, and its value as JSON text without space around it.
struct RowField {
  std::string_view name;
  std::string_view json;
};
using RowFields = std::vector<RowField>;

/// Calls `visit` for each line of `body`, without its line feed, in order, until it returns false. Whether it never
/// did.
bool ForEachLine(std::string_view body, const std::function<bool(std::string_view line)>& visit);

/// Keeps its memory from one slice to the next. For one thread at a time.
class RowReader {
 public:
  RowReader();
  ~RowReader();

  /// As ForEachLine, with the fields of each row in their order. False also where a line is no JSON object. What
  /// `visit` gets is gone afterwards.
  bool Read(std::string_view body, const std::function<bool(std::string_view line, const RowFields& fields)>& visit);

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace chimera::ingest
