// The tables that migrations made, against what the dataset says of them. Private to schema/, but for the last
// function.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "schema/dataset.h"
#include "schema/mistakes.h"

namespace chimera::schema {

struct LiveColumn {
  std::string table, name, type, default_kind;
};
struct LiveTable {
  std::string name, engine, partition_key;
  bool remembers = false;  ///< has a deduplication window
};

class LiveTables {
 public:
  /// Blocks on the database.
  static Result<LiveTables> Read(const RequestContext& context, clickhouse::Client& client,
                                 const std::string& database);

  const std::vector<LiveColumn>& Columns() const { return columns_; }  ///< by table, in its order
  /// Null when there is none.
  const LiveColumn* Column(std::string_view table, std::string_view name) const;
  const LiveTable* Table(std::string_view name) const;

 private:
  std::vector<LiveColumn> columns_;
  std::vector<LiveTable> tables_;
};

/// Adds to `mistakes` where insert tools and expectations of `dataset` do not fit the tables. Pure.
void CheckTables(const Dataset& dataset, const LiveTables& live, std::vector<Mistake>& mistakes);

/// A type as it is compared: spaces in it say nothing.
std::string WithoutSpaces(std::string type);

/// Whether the rows of a day of `column` always go into one partition of a table with this `partition_key`, as
/// system.tables prints it. Pure.
bool KeepsDaysTogether(std::string_view partition_key, std::string_view column);

}  // namespace chimera::schema
