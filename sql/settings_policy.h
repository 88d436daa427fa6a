// Which settings a SETTINGS clause of a read may change: those that choose how a query runs or what it means, never a
// limit, a permission or the form of the result. An allow-list. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "sql/token_cursor.h"

namespace chimera::sql {

struct Setting {
  std::string name;
  std::string value;  ///< unquoted; 1 and 0 for true and false
};

/// The `name = value` at the cursor, which then stands behind it; kStatementRefused when the setting is not harmless or
/// the value no plain literal in its range.
Result<Setting> ReadSetting(TokenCursor& cursor);

}  // namespace chimera::sql
