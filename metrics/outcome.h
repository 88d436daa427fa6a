// How a call ended, as a label: "ok", or the code of its error. A fixed, small set.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace chimera::metrics {

/// Nothing: it succeeded.
using Outcome = std::optional<ErrorCode>;

inline constexpr size_t kOutcomes = kErrorCodes + 1;

/// From 0, below kOutcomes.
inline size_t Index(Outcome outcome) {
  return outcome ? static_cast<size_t>(*outcome) + 1 : 0;
}

/// "ok", or the error's name.
std::string_view Label(Outcome outcome);

/// The outcome of an error of that name; kInternal when no error has it.
Outcome FailedWith(std::string_view error_name);

}  // namespace chimera::metrics
