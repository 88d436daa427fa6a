// A fixed set of names, compared without regard to (ASCII) case. Looking one up allocates nothing. Immutable once made:
// any thread may look.
#pragma once

#include <array>
#include <string_view>
#include <unordered_set>

namespace chimera::sql {

/// `name` in lower case, without allocating; empty when it is longer than any name that the gate knows.
class LowerName {
 public:
  explicit LowerName(std::string_view name);
  std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, 80> bytes_;
  size_t size_ = 0;
};

class NameSet {
 public:
  /// `names` are in lower case, between single spaces, and must outlive the set.
  explicit NameSet(std::string_view names);

  bool Holds(std::string_view name) const { return HoldsLower(LowerName(name).text()); }
  bool HoldsLower(std::string_view lower) const { return !lower.empty() && names_.contains(lower); }

 private:
  std::unordered_set<std::string_view> names_;
};

}  // namespace chimera::sql
