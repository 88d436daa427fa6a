// One line of JSON as a row: an object whose fields are columns. Not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transfer/batch_reader.h"
#include "transfer/row_writer.h"

namespace chimera::transfer {

class JsonRecordReader {
 public:
  /// `defaults`: by column, what is stored where a record lacks it. All must outlive this.
  JsonRecordReader(const Target& target, const Mapping& mapping,
                   const std::vector<std::optional<std::string>>& defaults);
  ~JsonRecordReader();

  /// Puts the fields of `record` into `writer`, and declared defaults of those that it lacks; else why not. `readable`:
  /// how many bytes from its begin on may be read; kTextPadding more than it has.
  std::optional<BadRow> Read(std::string_view record, size_t readable, RowWriter& writer);

 private:
  struct Parser;

  std::optional<BadRow> PutField(std::string_view name, const tools::JsonValue& value, RowWriter& writer);
  std::optional<BadRow> PutDefaults(RowWriter& writer) const;
  std::optional<BadRow> Malformed(std::string_view record) const;

  const Target& target_;
  const Mapping& mapping_;
  const std::vector<std::optional<std::string>>& defaults_;
  const std::unique_ptr<Parser> parser_;
  std::map<std::string, size_t, std::less<>> columns_;  // by the file's name; those met so far
  std::vector<bool> given_;
};

}  // namespace chimera::transfer
