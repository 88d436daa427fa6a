// Values of date and time columns in inserts: what a caller may write, and the count of 10^-scale seconds that is
// stored. Part of insert_value.h, apart for its size.
#pragma once

#include <optional>
#include <string>

#include "tools/insert_value.h"

namespace chimera::tools {

/// `AppendValue` for date and time columns; `value` is not null.
std::optional<Refusal> AppendTime(const ColumnRule& rule, const JsonValue& value, std::string& out, TimeFacts& facts);

/// The JSON text that stores `at` in a date or time column: "2025-01-31" in quotes, or a count of 10^-scale seconds
/// since 1970, which means the same in every time zone that a column or a server may have.
std::string StoredTime(const ColumnType& type, Instant at);

/// The same value as answers show it: "2025-01-31", or "2025-01-31T12:34:56.789Z" with the column's digits.
std::string AnsweredTime(const ColumnType& type, Instant at);

/// "2025-01-31", from days since 1970.
std::string FormatDay(int64_t day);

}  // namespace chimera::tools
