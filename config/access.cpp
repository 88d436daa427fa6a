#include "config/access.h"

#include <charconv>
#include <optional>

namespace chimera::config {
namespace {

constexpr int64_t kMostCalls = 1'000'000;
constexpr int64_t kMostRows = 1'000'000'000'000'000;
constexpr int64_t kCallsPerMinute = 600;
constexpr int64_t kCallsAtOnce = 16;

/// "insert.*=60".
std::optional<access::ToolLimit> ToolLimitOf(const std::string& text) {
  access::ToolLimit limit;
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return std::nullopt;
  limit.glob = text.substr(0, equals);
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + equals + 1, end, limit.calls_per_minute);
  const bool fits = error == std::errc() && stop == end && limit.calls_per_minute > 0 &&
                    limit.calls_per_minute <= static_cast<uint64_t>(kMostCalls);
  return fits ? std::optional(limit) : std::nullopt;
}

}  // namespace

access::ToolRules LoadToolRules(SettingReader& reader) {
  access::ToolRules rules;
  rules.read_only = reader.Choice("CHIMERA_MODE", {"read-only", "read-write"}, 1) == 0;
  rules.allow = reader.List("CHIMERA_TOOLS_ALLOW");
  rules.deny = reader.List("CHIMERA_TOOLS_DENY");
  return rules;
}

access::Limits LoadLimits(SettingReader& reader, bool authorized) {
  access::Limits limits;
  limits.calls_per_minute = static_cast<uint64_t>(
      reader.Integer("CHIMERA_CALLS_PER_MINUTE", authorized ? kCallsPerMinute : 0, 0, kMostCalls));
  for (const auto& text : reader.List("CHIMERA_TOOL_CALLS_PER_MINUTE")) {
    if (auto limit = ToolLimitOf(text)) {
      limits.tools.push_back(*std::move(limit));
    } else {
      reader.Refuse("CHIMERA_TOOL_CALLS_PER_MINUTE", "has a part that is not TOOL=CALLS: " + text,
                    "write it as insert.*=60,query=120");
    }
  }
  limits.calls_at_once =
      static_cast<size_t>(reader.Integer("CHIMERA_CALLS_AT_ONCE", authorized ? kCallsAtOnce : 0, 0, kMostCalls));
  limits.rows_per_hour = static_cast<uint64_t>(reader.Integer("CHIMERA_ROWS_PER_HOUR", 0, 0, kMostRows));
  return limits;
}

}  // namespace chimera::config
