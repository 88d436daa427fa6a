// The pieces of a SELECT over one catalogue table that several tools assemble from a caller's arguments: columns,
// aggregates, filters, time buckets and windows. SQL text comes from closed lists and quoted catalogue names only;
// values are bound. What does not fit is collected as problems, so that a caller learns of all at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "tools/catalog.h"
#include "tools/time_window.h"

namespace chimera::tools {

/// What is wrong with a call. Every part adds to it; the tool asks once.
class Problems {
 public:
  void Add(std::string path, std::string message, const Json& value, std::string hint = {});
  /// Adds an error of the catalogue or of a binding.
  void Add(const std::string& path, const Error& error, const Json& value);
  std::vector<Problem>& List() { return list_; }
  bool Empty() const { return list_.empty(); }
  /// kUnknownColumn when that is all that is wrong, otherwise kInvalidArgument.
  Error ToError(const std::string& tool) const;

 private:
  std::vector<Problem> list_;
  size_t unknown_columns_ = 0;
};

/// The values of one statement, each behind a placeholder.
class Bindings {
 public:
  /// "{p1:Type}", now bound to `value`; "NULL" with a problem at `path` when the type cannot hold it.
  std::string Bind(std::string_view type, const Json& value, const std::string& path, Problems& problems);
  const std::vector<clickhouse::Parameter>& Parameters() const { return parameters_; }
  /// {"p1": …}: with the SQL, what the tool `query` takes.
  const Json& Values() const { return values_; }

 private:
  std::vector<clickhouse::Parameter> parameters_;
  Json values_ = Json::object();
};

class TableQuery {
 public:
  /// All three must outlive this. `path` leads the paths of problems: "" or "x.".
  TableQuery(const Table& table, Bindings& bindings, Problems& problems, std::string path = {});

  /// The column as SQL, "t.`name`"; a problem and "NULL" when it is not there.
  std::string Column(const std::string& name, const std::string& path);
  /// The time column: `arguments.time_column`, or the only one that a table of this shape can mean. nullptr with a
  /// problem otherwise.
  const TableColumn* TimeColumn(const Json& arguments);
  /// The start, in UTC, of the bucket of `time`; a problem when a date is cut into hours.
  std::string BucketSql(const TableColumn& time, Bucket bucket);
  /// Restricts to the window.
  void Restrict(const TableColumn& time, const TimeWindow& window);
  /// Restricts by `arguments.filters` (FiltersSchema), if there are any.
  void Filter(const Json& arguments);

  /// "`db`.`table` AS t FINAL", FINAL where the engine needs it.
  std::string From() const;
  /// "\nWHERE …", or "" without restrictions.
  std::string Where() const;
  const Table& Of() const { return table_; }

 private:
  void AddFilter(const Json& filter, const std::string& path);
  std::string Comparison(const TableColumn& column, const std::string& op, const Json& value, const std::string& path);
  std::string BindAs(const TableColumn& column, const Json& value, const std::string& path);

  const Table& table_;
  Bindings& bindings_;
  Problems& problems_;
  const std::string path_;
  std::vector<std::string> conditions_;
};

/// {"filters": …}, {"time_column": …} and {"since", "until"}, as properties of an input schema.
Json FiltersSchema();
Json TimeColumnSchema();
Json SinceSchema();
Json UntilSchema();
Json BucketSchema();

/// "the newest row of db.t is of 2025-11-20T13:00:00Z", or "db.t is empty"; for notes of empty answers. Best effort: ""
/// when the database does not answer.
std::string NewestRow(const RequestContext& context, clickhouse::Client& client, const Table& table,
                      const TableColumn& time);

}  // namespace chimera::tools
