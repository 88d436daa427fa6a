// One value of one column: what a caller may send, and the canonical JSON text under which it is stored. Everything
// that ClickHouse would change in silence is refused. Pure: the time that "now" stands for is filled in later.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "schema/dataset.h"
#include "tools/column_type.h"
#include "tools/protector.h"
#include "tools/time_window.h"

namespace chimera::tools {

inline constexpr size_t kMaxStringBytes = 1 << 20;

enum class JsonKind { kNull, kBool, kNumber, kString, kObject, kArray };

/// A value as it stands in the arguments. `text` is the decoded text of a string and the JSON text of everything else.
struct JsonValue {
  JsonKind kind = JsonKind::kNull;
  std::string_view text;
};

/// Why a value is refused, and what to send instead (may be empty).
struct Refusal {
  std::string message;
  std::string hint;
};

/// What an accepted time was; untouched by columns of other types.
struct TimeFacts {
  Instant at{};
  bool is_now = false;       ///< the caller left the time to us; `at` is not known yet
  bool cut = false;          ///< digits below the column's precision were dropped
  bool assumed_utc = false;  ///< the text had no zone
};

/// A declared column, ready to check values.
struct ColumnRule {
  schema::InsertColumn column;
  ColumnType type;
  std::string key;                      ///< `,"name":` as it stands in a row
  bool is_partition = false;            ///< the UTC day of this column is the row's partition
  std::optional<std::string> fallback;  ///< canonical text of the default
  bool fallback_is_now = false;
  std::shared_ptr<const Protector> protector = nullptr;  ///< what privacy does to values; null: nothing

  bool Required() const { return !fallback && !column.computed; }
};

/// kInvalidArgument when the type is unknown or the declared default does not fit it.
Result<ColumnRule> MakeColumnRule(const schema::InsertColumn& column, bool is_partition);

/// Appends `value` to `out` as the JSON text that is stored: numbers in one spelling, times as a count of 10^-scale
/// seconds, hexadecimal in lower case, so that equal values have equal texts. For "now" it appends a placeholder as
/// wide as its `StoredTime` (time_value.h). `out` is unspecified after a refusal.
std::optional<Refusal> AppendValue(const ColumnRule& rule, const JsonValue& value, std::string& out, TimeFacts& facts);

/// "send for example …", or "" when the column declares no example.
std::string ExampleHint(const ColumnRule& rule);
/// The refusal of a value of another JSON type than `expected`, with the column's example.
Refusal WrongKind(const ColumnRule& rule, const JsonValue& value, std::string_view expected);

}  // namespace chimera::tools
