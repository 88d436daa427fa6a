// What JSON of a caller may ask for: code that walks a tree of values recurses, and a text of a few megabytes can ask
// for more stack than there is; objects keep their members in order in a list, which is searched for each new one.
#pragma once

#include <cstddef>
#include <string_view>

namespace chimera {

inline constexpr int kMaxJsonDepth = 200;
/// Of one object: a text of 64 MB full of such objects takes seconds, with ten times as many minutes.
inline constexpr size_t kMaxJsonMembers = 1000;

/// True when arrays and objects are nested beyond kMaxJsonDepth. Says nothing about a text that is no JSON.
bool IsTooDeep(std::string_view json);

/// True when an object has more than kMaxJsonMembers members, as long as the text is not too deep. The same.
bool IsTooWide(std::string_view json);

}  // namespace chimera
