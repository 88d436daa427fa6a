// The names in a statement that may be tables. Where that cannot be told, it is taken for one: whoever asks wants to
// overlook none. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace chimera::freshness {

/// What stands where a table is read.
struct Relation {
  std::string database;  ///< empty: the statement's own
  std::string name;      ///< empty: a table function or a parameter, which may read any table
  auto operator<=>(const Relation&) const = default;
};

struct SqlNames {
  bool readable = true;                           ///< false: it is no SQL; it may name anything
  std::set<std::string, std::less<>> words = {};  ///< every name, wherever it stands, without quotes
  std::vector<Relation> relations = {};           ///< behind FROM, JOIN, IN and commas among them, but for WITH's own
};

/// Linear in the length of `sql`.
SqlNames NamesIn(std::string_view sql);

}  // namespace chimera::freshness
