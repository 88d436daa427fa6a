#include "sql/settings_policy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace chimera::sql {
namespace {

constexpr std::string_view kOptimizations = "optimize_";

struct NumberSetting {
  std::string_view name;
  unsigned max;
};

constexpr std::array kNumberSettings = {
    NumberSetting{"max_threads", 64},
    NumberSetting{"max_block_size", 1'000'000},
    NumberSetting{"final", 1},
    NumberSetting{"join_use_nulls", 1},
    NumberSetting{"group_by_use_nulls", 1},
    NumberSetting{"transform_null_in", 1},
    NumberSetting{"aggregate_functions_null_for_empty", 1},
    NumberSetting{"any_join_distinct_right_table_keys", 1},
    NumberSetting{"prefer_column_name_to_alias", 1},
    NumberSetting{"use_skip_indexes", 1},
    NumberSetting{"use_query_condition_cache", 1},
    NumberSetting{"force_primary_key", 1},
    NumberSetting{"force_index_by_date", 1},
    NumberSetting{"compile_expressions", 1},
    NumberSetting{"compile_aggregate_expressions", 1},
};

constexpr std::array<std::string_view, 7> kWordSettings = {
    "join_algorithm",      "join_default_strictness", "union_default_mode",           "intersect_default_mode",
    "except_default_mode", "session_timezone",        "count_distinct_implementation"};

// Limits that the request itself sends; a model that wants them has arguments of the tool for it.
constexpr std::array<std::string_view, 7> kRequestLimits = {
    "max_execution_time", "max_result_rows",   "max_result_bytes", "result_overflow_mode",
    "max_rows_to_read",   "max_bytes_to_read", "max_memory_usage"};

template <typename List>
bool Contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

/// The largest value of a numeric setting; nothing when it is none of ours.
std::optional<unsigned> Maximum(std::string_view name) {
  if (name.starts_with(kOptimizations)) return 1;
  const auto* found = std::find_if(kNumberSettings.begin(), kNumberSettings.end(),
                                   [&](const NumberSetting& setting) { return setting.name == name; });
  return found == kNumberSettings.end() ? std::nullopt : std::optional(found->max);
}

Error NotHarmless(const Token& token, const std::string& name) {
  if (Contains(kRequestLimits, name)) {
    return RefusedAt(token, "the limit `" + name + "` cannot be set in the SQL",
                     "use the arguments timeout_seconds, max_rows and max_bytes of the tool instead");
  }
  return RefusedAt(
      token, "the setting `" + name + "` cannot be changed by a read",
      "leave it out; SETTINGS may hold max_threads, max_block_size, final, join_algorithm, join_use_nulls, "
      "union_default_mode, session_timezone, optimize_* and a few more like them");
}

bool IsPlainWord(std::string_view value) {
  constexpr size_t kMaxBytes = 64;
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_/+-,").find(c) != std::string_view::npos;
  };
  return value.size() <= kMaxBytes && std::all_of(value.begin(), value.end(), plain);
}

bool IsNumberUpTo(std::string_view value, unsigned max) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  return error == std::errc() && end == value.data() + value.size() && number <= max;
}

std::string LiteralValue(const Token& token) {
  if (token.Is("TRUE")) return "1";
  if (token.Is("FALSE")) return "0";
  return Unquote(token);
}

bool IsLiteral(const Token& token) {
  return token.kind == TokenKind::kNumber || token.kind == TokenKind::kString || token.Is("TRUE") || token.Is("FALSE");
}

}  // namespace

Result<Setting> ReadSetting(TokenCursor& cursor) {
  const Token& name_token = cursor.Current();
  Setting setting{Unquote(name_token), {}};
  const std::optional<unsigned> max = Maximum(setting.name);
  const bool word = Contains(kWordSettings, setting.name);
  if (!IsName(name_token) || (!max && !word)) return NotHarmless(name_token, setting.name);
  const Token& value = cursor.Next(2);
  if (!cursor.Next().IsPunctuation("=") || !IsLiteral(value)) {
    return RefusedAt(name_token, "the setting `" + setting.name + "` has no plain value",
                     "write `" + setting.name + " = …` with a number or a string");
  }
  setting.value = LiteralValue(value);
  if (max && !IsNumberUpTo(setting.value, *max)) {
    return RefusedAt(value, Shown(value) + " is no value for `" + setting.name + "`",
                     "send an integer from 0 to " + std::to_string(*max));
  }
  if (word && !IsPlainWord(setting.value)) {
    return RefusedAt(value, Shown(value) + " is no value for `" + setting.name + "`",
                     "send one of ClickHouse's values");
  }
  cursor.Advance(3);
  return setting;
}

}  // namespace chimera::sql
