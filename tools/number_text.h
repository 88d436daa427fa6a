// Numbers by their digits, not by their nearest double: what an exact type may hold is decided on the text that the
// caller wrote. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace chimera::tools {

/// The value ± digits × 10^exponent. `digits` has no leading and no trailing zeros; zero is "" with exponent 0.
struct NumberText {
  bool negative = false;
  std::string digits;
  int exponent = 0;

  bool IsZero() const { return digits.empty(); }
  bool IsWhole() const { return exponent >= 0; }
  /// How many digits stand before the point ("0.05" has 0) and after it, once written without an exponent.
  int WholeDigits() const;
  int DecimalPlaces() const { return exponent < 0 ? -exponent : 0; }

  /// Without an exponent, "-0.000105"; requires a magnitude that the caller has checked to be sensible.
  std::string Plain() const;
  /// Rounded half up to `places` decimal places.
  NumberText Rounded(int places) const;
};

/// Reads a number as JSON writes it: "-12.50", "1e-3". Empty for other text and for exponents of more than five digits.
std::optional<NumberText> ParseNumber(std::string_view text);

/// True when |number| is greater than the whole number `limit`, given as digits without leading zeros.
bool ExceedsWhole(const NumberText& number, std::string_view limit);

}  // namespace chimera::tools
