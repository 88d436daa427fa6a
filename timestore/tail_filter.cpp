#include "timestore/tail_filter.h"

#include <algorithm>
#include <chrono>

#include "timestore/layout.h"

namespace chimera::timestore {
namespace {

std::optional<int64_t> Millis(const std::optional<tools::Instant>& at) {
  if (!at) return std::nullopt;
  return std::chrono::floor<std::chrono::milliseconds>(*at).time_since_epoch().count();
}

size_t CharacterBytes(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte < 0xC0) return 1;
  return byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// What stands at the front of a pattern.
struct PatternPiece {
  enum Kind { kBytes, kOne, kMany } kind = kBytes;
  std::string_view bytes;
  size_t length = 1;
};

PatternPiece Front(std::string_view pattern) {
  if (pattern[0] == '%') return {PatternPiece::kMany, {}, 1};
  if (pattern[0] == '_') return {PatternPiece::kOne, {}, 1};
  const bool escapes =
      pattern[0] == '\\' && pattern.size() > 1 && (pattern[1] == '%' || pattern[1] == '_' || pattern[1] == '\\');
  if (escapes) return {PatternPiece::kBytes, pattern.substr(1, 1), 2};
  return {PatternPiece::kBytes, pattern.substr(0, 1), 1};
}

}  // namespace

// Back to the latest % when a piece does not fit: enough, as what is before it has matched as early as it can.
bool IsLike(std::string_view text, std::string_view pattern) {
  std::optional<std::string_view> retry_pattern;
  std::string_view retry_text;
  while (true) {
    if (pattern.empty() && text.empty()) return true;
    if (!pattern.empty()) {
      const PatternPiece piece = Front(pattern);
      if (piece.kind == PatternPiece::kMany) {
        pattern.remove_prefix(1);
        retry_pattern = pattern;
        retry_text = text;
        continue;
      }
      const bool fits = !text.empty() && (piece.kind == PatternPiece::kOne || text.starts_with(piece.bytes));
      if (fits) {
        text.remove_prefix(piece.kind == PatternPiece::kOne ? std::min(text.size(), CharacterBytes(text[0])) : 1);
        pattern.remove_prefix(piece.length);
        continue;
      }
    }
    if (!retry_pattern || retry_text.empty()) return false;
    retry_text.remove_prefix(std::min(retry_text.size(), CharacterBytes(retry_text[0])));
    text = retry_text;
    pattern = *retry_pattern;
  }
}

TailFilter::TailFilter(const CellKinds& kinds, const Json& filters, const tools::TimeWindow& window,
                       tools::Problems& problems)
    : since_(Millis(window.since)), until_(Millis(window.until)) {
  for (size_t i = 0; i < filters.size(); ++i) {
    Read(kinds, filters[i], "filters[" + std::to_string(i) + "]", problems);
  }
}

void TailFilter::Read(const CellKinds& kinds, const Json& filter, const std::string& path, tools::Problems& problems) {
  Condition condition{filter["column"], filter["op"], {}};
  const auto kind = kinds.find(condition.column);
  if (kind == kinds.end()) return;
  if (condition.op == "like" && kind->second != CellKind::kString) {
    problems.Add(path + ".op", "is for text, and `" + condition.column + "` is none", filter["op"], "use = or between");
    return;
  }
  const Json value = filter.value("value", Json());
  if (condition.op.ends_with("null")) {
    conditions_.push_back(std::move(condition));
    return;
  }
  for (const Json& one : value.is_array() ? value : Json::array({value})) {
    auto cell = ReadOperand(kind->second, one, path + ".value");
    if (!cell) return;  // TableQuery tells of it
    condition.operands.push_back(*std::move(cell));
  }
  conditions_.push_back(std::move(condition));
}

bool TailFilter::Matches(const std::function<const Cell&(const std::string&)>& cell) const {
  static const std::string time(kTimeColumn);
  if (since_ || until_) {
    const auto at = std::get<int64_t>(cell(time));
    if ((since_ && at < *since_) || (until_ && at >= *until_)) return false;
  }
  return std::all_of(conditions_.begin(), conditions_.end(),
                     [&](const Condition& condition) { return Holds(condition, cell(condition.column)); });
}

bool TailFilter::Holds(const Condition& condition, const Cell& cell) {
  const std::string& op = condition.op;
  if (op == "is_null" || op == "is_not_null") return IsNull(cell) == (op == "is_null");
  if (IsNull(cell)) return false;
  const auto& operands = condition.operands;
  const auto equals = [&](const Cell& operand) { return Compare(cell, operand) == 0; };
  if (op == "in") return std::any_of(operands.begin(), operands.end(), equals);
  if (op == "not_in") return std::none_of(operands.begin(), operands.end(), equals);
  if (op == "like") return IsLike(std::get<std::string>(cell), std::get<std::string>(operands[0]));
  const auto order = Compare(cell, operands[0]);
  if (op == "between") return order >= 0 && Compare(cell, operands[1]) <= 0;
  if (op == "=") return order == 0;
  if (op == "!=") return order != 0;
  if (op == "<") return order < 0;
  if (op == "<=") return order <= 0;
  return op == ">" ? order > 0 : order >= 0;
}

}  // namespace chimera::timestore
