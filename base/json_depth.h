// How deep JSON may be nested: code that walks a tree of values recurses, and a text of a few megabytes can ask for
// more stack than there is.
#pragma once

#include <string_view>

namespace chimera {

inline constexpr int kMaxJsonDepth = 200;

/// True when arrays and objects are nested beyond kMaxJsonDepth. Says nothing about a text that is no JSON.
bool IsTooDeep(std::string_view json);

}  // namespace chimera
