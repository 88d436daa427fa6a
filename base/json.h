// The JSON value used everywhere outside bulk rows. Insertion order is kept, so that answers read in the order in
// which they were written and lists are deterministic.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace chimera {

using Json = nlohmann::ordered_json;

/// Parses one JSON text. Fails with kInvalidArgument ("… at byte N"), never throws. Nesting is limited to 200 levels,
/// and an object to 1,000 members (json_bounds.h).
Result<Json> ParseJson(std::string_view text);

/// Compact JSON text; invalid UTF-8 becomes U+FFFD instead of an exception.
std::string ToText(const Json& value);

/// Appends `text` to `out` as a JSON string with its quotes. Invalid UTF-8 becomes U+FFFD.
void AppendJsonString(std::string& out, std::string_view text);

/// `value` as JSON text of at most `max_bytes` bytes, cut with "…" at a UTF-8 boundary; for error messages.
std::string Excerpt(const Json& value, size_t max_bytes = 200);

}  // namespace chimera
