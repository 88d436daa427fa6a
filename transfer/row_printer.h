// Prints rows of a result in the formats that `import` reads, so that nothing of a value is lost on the way: NULL and
// the empty text stay apart. Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "transfer/file_format.h"

namespace chimera::transfer {

class RowPrinter {
 public:
  /// Requires a format of text.
  RowPrinter(FileFormat format, std::vector<std::string> columns);
  ~RowPrinter();

  /// The names of the columns; empty for JSON lines.
  std::string Header() const;
  /// Appends `rows_json` of clickhouse::Rows to `out`. kInternal when it is not what that promises.
  Status Append(std::string_view rows_json, std::string& out);

 private:
  struct Parser;

  const FileFormat format_;
  const std::vector<std::string> columns_;
  std::vector<std::string> keys_;  // `"name":` as JSON
  const std::unique_ptr<Parser> parser_;
};

}  // namespace chimera::transfer
