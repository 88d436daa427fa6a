// JSON of a value that may be missing.
#pragma once

#include <optional>

#include "base/json.h"

namespace chimera::app {

/// The value, or null.
template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

}  // namespace chimera::app
