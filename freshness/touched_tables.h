// Which tables with buffered rows a read may look at. Names decide, in favour of too many: a table that is overlooked
// would make an answer claim to be fresher than it is. Immutable once made: any thread may ask.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "freshness/sql_names.h"
#include "ingest/store.h"
#include "schema/dataset.h"

namespace chimera::freshness {

class TouchedTables {
 public:
  /// `datasets` are those that are on; they are not kept. `default_database` is that of names without one.
  TouchedTables(const std::vector<schema::Dataset>& datasets, std::string default_database);

  /// Those of `backlogs` that a call may read. The analysis of a dataset: what its SQL names. Otherwise what the
  /// arguments name: `sql`, and `table` with `database`, also in objects such as x and y; a `database` alone: all of
  /// it. Everything, where nothing is named, where a name is of no table that this server writes to (it may be a view
  /// over some), and where SQL cannot be read. A view of a dataset stands for the whole dataset.
  std::vector<ingest::Backlog> Of(std::string_view tool, const Json& arguments,
                                  const std::vector<ingest::Backlog>& backlogs) const;

 private:
  struct Known {
    std::string dataset;
    std::string database;
    bool derived = false;  ///< a view, or a table that views fill
  };
  struct Analysis {
    std::string database;
    SqlNames names;
  };
  class Selection;

  void AddDataset(const schema::Dataset& dataset);

  const std::string default_database_;
  std::multimap<std::string, Known, std::less<>> known_;   ///< by name
  std::map<std::string, Analysis, std::less<>> analyses_;  ///< by name with underscores
};

}  // namespace chimera::freshness
