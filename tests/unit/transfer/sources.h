// Sources of bytes and tables for the tests of transfer/.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>

#include "transfer/byte_source.h"
#include "transfer/target.h"

namespace chimera::testing {

/// A text that comes in pieces of `piece` bytes.
class TextSource : public transfer::ByteSource {
 public:
  explicit TextSource(std::string text, size_t piece = 1 << 16) : text_(std::move(text)), piece_(piece) {}

  Result<size_t> Read(char* to, size_t room) override {
    const size_t count = std::min({room, piece_, text_.size() - at_});
    std::memcpy(to, text_.data() + at_, count);
    at_ += count;
    return count;
  }
  uint64_t Consumed() const override { return at_; }
  std::optional<uint64_t> Size() const override { return text_.size(); }

 private:
  const std::string text_;
  const size_t piece_;
  size_t at_ = 0;
};

inline transfer::TargetColumn MakeColumn(const std::string& name, const std::string& type, bool has_default = false) {
  schema::InsertColumn column;
  column.name = name;
  column.type = type;
  transfer::TargetColumn made;
  made.type = type;
  made.has_default = has_default;
  auto rule = tools::MakeColumnRule(column, false);
  made.opaque = !rule.ok();
  if (rule) made.rule = *std::move(rule);
  if (!rule) made.rule.column = column;
  return made;
}

/// ts (its days are partitions), n UInt32, name String, note Nullable(String).
inline transfer::Target EventsTable() {
  transfer::Target target;
  target.database = "d";
  target.table = "events";
  target.columns = {MakeColumn("ts", "DateTime64(3, 'UTC')"), MakeColumn("n", "UInt32"), MakeColumn("name", "String"),
                    MakeColumn("note", "Nullable(String)")};
  target.split_by = transfer::SplitBy::kDay;
  target.split_column = 0;
  target.time_column = 0;
  return target;
}

}  // namespace chimera::testing
