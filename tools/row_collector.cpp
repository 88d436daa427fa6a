#include "tools/row_collector.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "base/json.h"
#include "base/text.h"
#include "ingest/row_shape.h"
#include "tools/number_text.h"

namespace chimera::tools {
namespace {

constexpr size_t kMaxNewFields = 100;
constexpr size_t kMaxColumnName = 64;

bool IsColumnName(std::string_view name) {
  if (name == ingest::kPositionColumn) return false;  // the buffer fills it
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  return !name.empty() && name.size() <= kMaxColumnName && name.find_first_not_of(kLetters) == std::string_view::npos &&
         (name[0] < '0' || name[0] > '9');
}

using Refused = std::optional<Refusal>;

Refused AppendNewFraction(std::string_view text, std::string& out) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto exact = ParseNumber(text);
  const bool lost = error != std::errc() || !exact || (number == 0 && !exact->IsZero());
  if (lost || end != text.data() + text.size()) return Refusal{"is beyond what Float64 holds", "send it as text"};
  std::array<char, 32> shortest{};
  const std::string_view spelt(
      shortest.data(),
      static_cast<size_t>(std::to_chars(shortest.data(), shortest.data() + shortest.size(), number).ptr -
                          shortest.data()));
  out += spelt;
  if (spelt.find_first_of(".e") == std::string_view::npos) out += ".0";  // 1.0 is a fraction, too
  return std::nullopt;
}

Refused AppendNewNumber(std::string_view text, std::string& out) {
  if (text.find_first_of(".eE") != std::string_view::npos) return AppendNewFraction(text, out);
  int64_t low = 0;
  uint64_t high = 0;
  const char* end = text.data() + text.size();
  const bool fits = std::from_chars(text.data(), end, low).ec == std::errc() ||
                    std::from_chars(text.data(), end, high).ec == std::errc();
  if (!fits) return Refusal{"is beyond what Int64 and UInt64 hold", "send it as text"};
  out += text;
  return std::nullopt;
}

/// Of a field that has no column yet: nothing that its column would not hold.
Refused AppendNewField(const JsonValue& value, std::string_view source, std::string& out) {
  if (value.text.size() > kMaxStringBytes) {
    return Refusal{"has " + std::to_string(value.text.size()) + " bytes; at most " + std::to_string(kMaxStringBytes),
                   ""};
  }
  if (value.kind == JsonKind::kNumber) return AppendNewNumber(value.text, out);
  if (value.kind == JsonKind::kObject || value.kind == JsonKind::kArray)
    AppendJsonString(out, source);
  else
    out += source;
  return std::nullopt;
}

}  // namespace

RowCollector::RowCollector(const InsertRules& rules, ProblemList& problems, size_t size_hint)
    : rules_(rules), problems_(problems), size_hint_(size_hint), slots_(rules.columns.size()) {
  batch_.times.resize(rules.columns.size());
  batch_.protected_rows.resize(rules.columns.size());
}

void RowCollector::Begin(std::optional<uint64_t> index) {
  index_ = index;
  for (auto& slot : slots_) slot.given = false;
  text_.clear();
  replaced_.clear();
  beyond_.clear();
  beyond_names_.clear();
  in_order_ = 0;
  next_ = 0;
}

std::string RowCollector::Path() const {
  return index_ ? "rows[" + std::to_string(*index_) + "]" : "data";
}

void RowCollector::Add(std::string_view key, const SourceValue& value) {
  const auto column = FindColumn(key);
  if (!column) return AddUnknown(key, value);
  Slot& slot = slots_[*column];
  if (slot.given) return Refuse(*column, {"is given twice in this row", "send it once"}, value);
  Open(*column);
  if (value.bad_escape) {
    return Refuse(*column, {"holds an escape that stands for no character", "send the text as UTF-8"}, value);
  }
  if (auto refused = AppendValue(rules_.columns[*column], value.value, text_, slot.facts)) {
    return Refuse(*column, std::move(*refused), value);
  }
  if (rules_.columns[*column].protector) Protect(*column);
  slot.length = text_.size() - slot.begin;
}

/// Replaces the value that was just appended by what privacy lets be stored.
void RowCollector::Protect(size_t column) {
  const ColumnRule& rule = rules_.columns[column];
  Slot& slot = slots_[column];
  const std::string value = text_.substr(slot.begin);
  const std::string stored = rule.protector->Stored(value, rule.fallback.value_or("null"));
  slot.replaced = stored != value;
  if (!slot.replaced) return;
  replaced_ += rule.key + value;
  text_.replace(slot.begin, value.size(), stored);
}

/// Makes room for the value of `column`, which the caller appends to the text.
void RowCollector::Open(size_t column) {
  in_order_ += column == in_order_;
  text_ += rules_.columns[column].key;
  slots_[column] = {.begin = text_.size(), .length = 0, .given = true, .replaced = false, .facts = {}};
}

// Rows mostly have their fields in one order, so the column after the last one is tried first.
std::optional<size_t> RowCollector::FindColumn(std::string_view key) {
  const size_t count = rules_.names.size();
  for (size_t step = 0; step < count; ++step) {
    const size_t column = next_ + step < count ? next_ + step : next_ + step - count;
    if (rules_.names[column] != key) continue;
    next_ = column + 1 < count ? column + 1 : 0;
    return column;
  }
  return std::nullopt;
}

void RowCollector::AddUnknown(std::string_view key, const SourceValue& value) {
  if (rules_.grows && !value.bad_escape) return Grow(key, value);
  if (!problems_.Lists()) return problems_.Count();
  const std::string near = DidYouMean(key, rules_.names);
  problems_.Add(Path() + "." + std::string(key), "is not a known field", value.source,
                near.empty() ? "known: " + Join(rules_.names, ", ") : near);
}

/// A field that gets a column of its own when the row is flushed. What is nested is kept as JSON text.
void RowCollector::Grow(std::string_view key, const SourceValue& value) {
  std::string name(key);
  if (beyond_path_.empty()) {
    beyond_path_ = Path() + "." + name;
    batch_.unknown_field = name;
  }
  const bool twice = std::find(beyond_names_.begin(), beyond_names_.end(), name) != beyond_names_.end();
  if (twice || !IsColumnName(name) || beyond_names_.size() == kMaxNewFields) {
    problems_.Add(Path() + "." + name, twice ? "is given twice in this row" : "cannot become a column", value.source,
                  twice ? "send it once"
                        : "names of new columns have up to 64 letters, digits and underscores and begin with no digit; "
                          "at most 100 a row");
    return;
  }
  beyond_ += ",\"" + name + "\":";
  if (auto refused = AppendNewField(value.value, value.source, beyond_)) {
    problems_.Add(Path() + "." + name, std::move(refused->message), value.source, std::move(refused->hint));
  }
  beyond_names_.push_back(std::move(name));
}

void RowCollector::RefuseUnknown() {
  if (beyond_path_.empty()) return;
  problems_.Add(beyond_path_, "is not a known field", "",
                "known: " + Join(rules_.names, ", ") + "; the table grows for new fields with mode buffered");
}

void RowCollector::Refuse(size_t column, Refusal refusal, const SourceValue& value) {
  if (!problems_.Lists()) return problems_.Count();
  problems_.Add(Path() + "." + rules_.names[column], std::move(refusal.message), value.source, std::move(refusal.hint));
}

void RowCollector::Finish() {
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].given) FillDefault(i);
  }
  if (!problems_.Empty()) return;
  AppendRow(GroupOfRow());
  ++batch_.rows;
}

void RowCollector::FillDefault(size_t column) {
  const ColumnRule& rule = rules_.columns[column];
  if (rule.Required()) {
    return Refuse(column, {"is required", ExampleHint(rule)}, {});
  }
  if (rule.column.computed) return;
  Open(column);
  slots_[column].length = rule.fallback->size();
  slots_[column].facts.is_now = rule.fallback_is_now;
  text_ += *rule.fallback;
}

RowGroup& RowCollector::GroupOfRow() {
  std::optional<int64_t> day;
  if (rules_.partition && !slots_[*rules_.partition].facts.is_now) {
    const Instant at = slots_[*rules_.partition].facts.at;
    batch_.first = std::min(batch_.first.value_or(at), at);
    batch_.last = std::max(batch_.last.value_or(at), at);
    day = std::chrono::floor<std::chrono::days>(at).time_since_epoch().count();
  }
  if (!batch_.groups.empty() && batch_.groups[group_].day == day) return batch_.groups[group_];
  const auto [found, is_new] = group_by_day_.try_emplace(day, batch_.groups.size());
  group_ = found->second;
  if (is_new) batch_.groups.push_back({.day = day, .body = {}, .rows = 0, .now_slots = {}, .replaced = {}});
  if (batch_.groups.size() == 1) batch_.groups[0].body.reserve(size_hint_);
  return batch_.groups[group_];
}

void RowCollector::AppendRow(RowGroup& group) {
  const size_t begin = group.body.size();
  const bool in_order = in_order_ == slots_.size();  // then the text is the row
  if (in_order) group.body += text_;
  for (size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    if (!slot.given) continue;  // the table computes it
    if (!in_order) group.body += rules_.columns[i].key;
    if (slot.facts.is_now) group.now_slots.push_back({in_order ? begin + slot.begin : group.body.size(), i});
    if (!in_order) group.body.append(text_, slot.begin, slot.length);
    batch_.times[i].now += slot.facts.is_now;
    batch_.times[i].cut += slot.facts.cut;
    batch_.protected_rows[i] += slot.replaced;
    batch_.times[i].assumed_utc += slot.facts.assumed_utc;
  }
  if (!replaced_.empty()) group.replaced += std::to_string(group.rows) + replaced_ + "\n";
  group.body += beyond_;
  group.body[begin] = '{';  // over the first column's comma
  group.body += "}\n";
  ++group.rows;
}

Batch RowCollector::Take() {
  std::sort(batch_.groups.begin(), batch_.groups.end(),
            [](const RowGroup& a, const RowGroup& b) { return a.day && (!b.day || *a.day < *b.day); });
  return std::move(batch_);
}

}  // namespace chimera::tools
