// Makes rows look as `Rows` promises where the account may not ask the server for it: 64-bit and wider integers and
// decimals become JSON strings wherever they stand, times of UTC become ISO 8601 with Z. Decides by column type; a text
// is never taken for a number or a time. Not used at all where the settings could be sent. Pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "clickhouse/account_profile.h"
#include "clickhouse/client.h"

namespace chimera::clickhouse {

/// How values of one type are printed, as far as it has to change.
struct PrintedType {
  enum class Kind {
    kAsIs,    ///< nothing in it changes
    kQuoted,  ///< a number that becomes a string
    kTime,    ///< a time of UTC
    kArray,   ///< parts: the element's
    kTuple,   ///< parts: one for each element, `names` beside them (empty when it is printed as an array)
    kMap,     ///< parts: the key's, the value's
    kAny,     ///< decided value by value: every integer becomes a string
  };
  Kind kind = Kind::kAsIs;
  std::vector<PrintedType> parts = {};
  std::vector<std::string> names = {};  ///< as JSON strings
};

class ValueConverter {
 public:
  /// nullptr when nothing of these columns has to change.
  static std::unique_ptr<ValueConverter> For(const std::vector<Column>& columns, const AccountProfile& profile);

  /// Appends `line`, a JSON array with one value a column. False: it is none; `out` then ends in garbage.
  bool Convert(std::string_view line, std::string& out) const;

 private:
  explicit ValueConverter(std::vector<PrintedType> columns) : columns_(std::move(columns)) {}

  const std::vector<PrintedType> columns_;
};

/// What a reader of these columns must know where the account's limits leave values less than `Rows` promises: times of
/// another zone, NaN as null. Empty where all settings apply.
std::vector<std::string> ValueNotes(const std::vector<Column>& columns, const AccountProfile& profile);

}  // namespace chimera::clickhouse
