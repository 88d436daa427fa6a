// What an operator opens to reads beyond the gate's own lists. The gate cannot see what stands behind these names: a
// user-defined function may run a program, a dictionary's source may be another server.
#pragma once

#include <string>
#include <vector>

#include "sql/protected_columns.h"

namespace chimera::sql {

struct ReadPolicy {
  std::vector<std::string> functions;     ///< user-defined ones, or of a later release; spelled exactly
  std::vector<std::string> dictionaries;  ///< for dictGet and its relatives, as the SQL names them: `database.name`
  std::vector<ProtectedColumn> protected_columns = {};  ///< which the gate lets pass only as protected_columns.h says
};

}  // namespace chimera::sql
