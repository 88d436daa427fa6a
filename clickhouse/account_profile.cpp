#include "clickhouse/account_profile.h"

#include <charconv>
#include <utility>

namespace chimera::clickhouse {
namespace {

std::optional<double> Number(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// True when `left` is known not to be above `right`.
bool NotAbove(const std::string& left, const std::string& right) {
  const auto a = Number(left), b = Number(right);
  return a && b && *a <= *b;
}

/// Servers print a Bool as 0 and 1 or as false and true.
bool SameValue(std::string_view left, std::string_view right) {
  const auto plain = [](std::string_view text) { return text == "true" ? "1" : text == "false" ? "0" : text; };
  return plain(left) == plain(right);
}

}  // namespace

AccountProfile AccountProfile::Bare() {
  Facts facts;
  facts.sends_others = false;
  return AccountProfile(std::make_shared<const Facts>(std::move(facts)));
}

std::optional<std::string> AccountProfile::Admit(std::string_view setting, std::string value) const {
  if (!facts_) return value;
  const auto found = facts_->settings.find(setting);
  if (found == facts_->settings.end()) return facts_->sends_others ? std::optional(value) : std::nullopt;
  const Limits& limits = found->second;
  if (limits.fixed) return std::nullopt;
  const bool is_limit = setting.starts_with("max_");
  if (limits.max && !NotAbove(value, *limits.max)) {
    if (!is_limit || !Number(*limits.max)) return std::nullopt;
    value = *limits.max;
  }
  if (limits.min && !NotAbove(*limits.min, value)) {
    if (!is_limit || (limits.max && !NotAbove(*limits.min, *limits.max))) return std::nullopt;
    value = *limits.min;
  }
  return value;
}

bool AccountProfile::Applies(std::string_view setting, const std::string& value) const {
  if (Admit(setting, value) == value) return true;
  const auto own = Value(setting);
  return own && SameValue(*own, value);
}

std::optional<std::string> AccountProfile::Value(std::string_view setting) const {
  if (!facts_) return std::nullopt;
  const auto found = facts_->settings.find(setting);
  return found == facts_->settings.end() ? std::nullopt : std::optional(found->second.value);
}

const std::vector<Setting>& AccountProfile::Corrections() const {
  return Known().corrections;
}

const std::vector<std::string>& AccountProfile::Notes() const {
  return Known().notes;
}

const std::string& AccountProfile::Timezone() const {
  return Known().timezone;
}

const AccountProfile::Facts& AccountProfile::Known() const {
  static const Facts kNothing;
  return facts_ ? *facts_ : kNothing;
}

}  // namespace chimera::clickhouse
