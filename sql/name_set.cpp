#include "sql/name_set.h"

#include <algorithm>

namespace chimera::sql {

LowerName::LowerName(std::string_view name) {
  if (name.size() > bytes_.size()) return;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  std::transform(name.begin(), name.end(), bytes_.begin(), lower);
  size_ = name.size();
}

NameSet::NameSet(std::string_view names) {
  while (!names.empty()) {
    const size_t end = std::min(names.find(' '), names.size());
    if (end > 0) names_.insert(names.substr(0, end));
    names.remove_prefix(std::min(end + 1, names.size()));
  }
}

}  // namespace chimera::sql
