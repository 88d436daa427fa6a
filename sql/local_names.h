// The names of one statement that the read gate must tell apart from the database's own: lambdas that it defines, and
// whether a name could be an alias. Private to the read gate.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>

#include "sql/token_cursor.h"

namespace chimera::sql {

class LocalNames {
 public:
  /// Looks at all tokens once; does not keep `cursor`.
  explicit LocalNames(const TokenCursor& cursor);

  /// Whether the statement says `… -> … AS name`.
  bool IsLambda(const std::string& name) const { return lambdas_.contains(name); }
  /// Whether the name stands in the statement once, so that nothing can define it.
  bool OccursOnce(const std::string& name) const;

 private:
  std::unordered_set<std::string> lambdas_;
  std::unordered_map<std::string, size_t> counts_;
};

}  // namespace chimera::sql
