// The filters and the window of a read, for rows that wait: they match what ClickHouse would match, once the rows are
// there. tools::TableQuery makes the same of them as SQL. Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "timestore/cell.h"
#include "tools/table_query.h"
#include "tools/time_window.h"

namespace chimera::timestore {

using CellKinds = std::map<std::string, CellKind, std::less<>>;

/// Whether `text` is LIKE `pattern`: % for any characters, _ for one, \ in front of either for itself.
bool IsLike(std::string_view text, std::string_view pattern);

class TailFilter {
 public:
  /// `kinds`: of all columns that rows may have. `filters` fit tools::FiltersSchema; what is wrong with them is added
  /// to `problems`, as far as tools::TableQuery does not find it: columns that are not there, lists that are none.
  TailFilter(const CellKinds& kinds, const Json& filters, const tools::TimeWindow& window, tools::Problems& problems);

  /// `cell` gives the value of a column by its name, null where the row has none.
  bool Matches(const std::function<const Cell&(const std::string&)>& cell) const;

 private:
  struct Condition {
    std::string column;
    std::string op;
    std::vector<Cell> operands;
  };

  void Read(const CellKinds& kinds, const Json& filter, const std::string& path, tools::Problems& problems);
  static bool Holds(const Condition& condition, const Cell& cell);

  std::vector<Condition> conditions_;
  std::optional<int64_t> since_;  ///< milliseconds
  std::optional<int64_t> until_;
};

}  // namespace chimera::timestore
