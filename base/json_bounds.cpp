#include "base/json_bounds.h"

#include <array>

namespace chimera {
namespace {

/// Hands every character outside of strings to `see`, until that returns true. Whether it did.
template <typename See>
bool AnyOutsideStrings(std::string_view json, See see) {
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (see(c)) return true;
  }
  return false;
}

bool Opens(char c) {
  return c == '{' || c == '[';
}

bool Closes(char c) {
  return c == '}' || c == ']';
}

}  // namespace

bool IsTooDeep(std::string_view json) {
  int depth = 0;
  return AnyOutsideStrings(json, [&](char c) {
    if (Closes(c)) --depth;
    return Opens(c) && ++depth > kMaxJsonDepth;
  });
}

bool IsTooWide(std::string_view json) {
  std::array<size_t, kMaxJsonDepth + 1> members{};  // of the object that is open at each depth
  int depth = 0;
  return AnyOutsideStrings(json, [&](char c) {
    if (Closes(c) && depth > 0) --depth;
    if (Opens(c) && depth < kMaxJsonDepth) members[static_cast<size_t>(++depth)] = 0;
    return c == ':' && ++members[static_cast<size_t>(depth)] > kMaxJsonMembers;
  });
}

}  // namespace chimera
