#include "tools/number_text.h"

#include <algorithm>
#include <charconv>

namespace chimera::tools {
namespace {

constexpr std::string_view kDigits = "0123456789";

// Removes the digits at the front of `text` and returns them.
std::string_view TakeDigits(std::string_view& text) {
  const size_t count = std::min(text.find_first_not_of(kDigits), text.size());
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

bool Take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// The exponent at the front of `text`, 0 when there is none.
std::optional<int> TakeExponent(std::string_view& text) {
  if (!Take(text, "eE")) return 0;
  const bool negative = text.starts_with('-');
  Take(text, "+-");
  const std::string_view digits = TakeDigits(text);
  if (digits.empty() || digits.size() > 5) return std::nullopt;
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return negative ? -value : value;
}

// Brings a number to its normal form.
NumberText Normal(bool negative, std::string digits, int exponent) {
  digits.erase(0, digits.find_first_not_of('0'));
  const size_t last = digits.find_last_not_of('0');
  if (last == std::string::npos) return {};
  exponent += static_cast<int>(digits.size() - last - 1);
  digits.resize(last + 1);
  return {negative, std::move(digits), exponent};
}

}  // namespace

int NumberText::WholeDigits() const {
  return std::max(0, static_cast<int>(digits.size()) + exponent);
}

std::string NumberText::Plain() const {
  if (IsZero()) return "0";
  std::string text = digits;
  if (exponent >= 0) {
    text.append(static_cast<size_t>(exponent), '0');
  } else {
    const auto places = static_cast<size_t>(-exponent);
    if (text.size() <= places) text.insert(0, places + 1 - text.size(), '0');
    text.insert(text.size() - places, 1, '.');
  }
  return negative ? "-" + text : text;
}

NumberText NumberText::Rounded(int places) const {
  const int dropped = DecimalPlaces() - places;
  if (dropped <= 0) return *this;
  if (dropped > static_cast<int>(digits.size())) return {};
  std::string kept = "0" + digits.substr(0, digits.size() - static_cast<size_t>(dropped));
  const bool up = digits[digits.size() - static_cast<size_t>(dropped)] >= '5';
  for (size_t i = kept.size(); up && i-- > 0;) {
    if (kept[i] != '9') {
      ++kept[i];
      break;
    }
    kept[i] = '0';
  }
  return Normal(negative, std::move(kept), -places);
}

std::optional<NumberText> ParseNumber(std::string_view text) {
  const bool negative = Take(text, "-");
  const std::string_view whole = TakeDigits(text);
  if (whole.empty() || (whole.size() > 1 && whole.front() == '0')) return std::nullopt;
  std::string_view fraction;
  if (Take(text, ".")) {
    fraction = TakeDigits(text);
    if (fraction.empty()) return std::nullopt;
  }
  const auto exponent = TakeExponent(text);
  if (!exponent || !text.empty()) return std::nullopt;
  std::string digits(whole);
  digits += fraction;
  return Normal(negative, std::move(digits), *exponent - static_cast<int>(fraction.size()));
}

bool ExceedsWhole(const NumberText& number, std::string_view limit) {
  const auto places = static_cast<size_t>(number.WholeDigits());
  if (places != limit.size()) return places > limit.size();
  std::string digits = number.digits;
  digits.resize(std::max(digits.size(), places), '0');
  return digits > limit;  // longer digits have a fraction, so they exceed an equal whole part
}

}  // namespace chimera::tools
