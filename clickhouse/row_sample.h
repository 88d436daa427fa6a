// A few rows of an insert as conditions that find them in their table again: the first, the last and two between, in
// the columns whose values compare exactly. Says nothing of what it means that they are there or not (stored_rows.h).
// Pure; not thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "clickhouse/client.h"

namespace chimera::clickhouse {

/// Columns by name: ClickHouse's types.
using ColumnTypes = std::map<std::string, std::string, std::less<>>;

class RowSample {
 public:
  /// Takes the rows from the body of `insert`, one a line: JSONEachRow or JSONCompactEachRow. Only columns in `types`
  /// are compared; NULL, arrays and other composite values, long texts, and times written as text are not (but for
  /// DateTime64, which is read as UTC).
  RowSample(const Insert& insert, const ColumnTypes& types);

  /// How many different rows there are to look for; 0: nothing to tell them by.
  size_t Rows() const { return rows_.size(); }

  /// An expression that counts which of the rows were found, 0 to Rows(), and the condition that selects them.
  std::string Found() const;
  std::string Condition() const;

  /// A placeholder for a value of the query; equal ones share it. `Take` hands out what was bound.
  std::string Bind(const std::string& type, std::string value);
  std::vector<Parameter> Take() { return std::move(parameters_); }

 private:
  void Add(std::string_view line, const Insert& insert, const ColumnTypes& types);

  std::vector<std::string> rows_;  // each as one condition
  std::vector<Parameter> parameters_;
  std::map<std::pair<std::string, std::string>, std::string> bound_;  // type and value → placeholder
};

}  // namespace chimera::clickhouse
