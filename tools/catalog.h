// What tables and columns there are: names are checked against it, and errors propose the nearest ones. Reads
// system.tables and system.columns through the client, and keeps a table for a few seconds. Thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"

namespace chimera::tools {

class Privacy;

struct TableColumn {
  std::string name;
  std::string type;
  std::string comment;
  bool is_protected = false;  ///< by a rule of privacy that holds for results; see FindColumn
};

struct Table {
  std::string database;
  std::string name;
  std::string engine;
  std::string sorting_key;
  std::string partition_key;
  std::vector<TableColumn> columns;

  /// The column of exactly that name, or nullptr.
  const TableColumn* Find(std::string_view column) const;
  /// True for the engines whose unmerged rows must be read with FINAL (Replacing, Collapsing, Summing, …).
  bool NeedsFinal() const;
  std::string QuotedName() const;  ///< `database`.`table`
  std::string FullName() const;    ///< database.table, for people
};

class Catalog {
 public:
  /// `privacy` may be null.
  explicit Catalog(clickhouse::Client& client, std::shared_ptr<const Privacy> privacy = nullptr,
                   std::chrono::seconds keep = std::chrono::seconds(5));

  /// The table `name` ("table" in the default database, or "database.table"). kUnknownTable with the nearest names.
  Result<std::shared_ptr<const Table>> Find(const RequestContext& context, std::string_view name);
  /// A column of `table`; kUnknownColumn with the nearest names and their types, kStatementRefused for a protected one:
  /// whoever filters, groups or computes by a column learns of its values.
  static Result<const TableColumn*> FindColumn(const Table& table, std::string_view column);
  /// The error for a table that is not there, with the nearest names of all databases. Asks the database.
  Error UnknownTable(const RequestContext& context, std::string_view name);
  /// The same for a database.
  Error UnknownDatabase(const RequestContext& context, std::string_view name);
  Result<bool> HasDatabase(const RequestContext& context, std::string_view name);
  /// Adds what the catalogue knows to an error of the database: nearest tables for kUnknownTable, nearest columns of
  /// the tables that `sql` names for kUnknownColumn, the nearest function for kUnknownFunction. Best effort: the error
  /// comes back unchanged when the catalogue cannot be read.
  Error Explain(const RequestContext& context, Error error, std::string_view sql);

 private:
  struct Entry {
    std::shared_ptr<const Table> table;
    std::chrono::steady_clock::time_point read_at;
  };

  std::shared_ptr<const Table> Kept(const std::string& name);
  /// nullptr when there is no such table.
  Result<std::shared_ptr<const Table>> Load(const RequestContext& context, std::string_view database,
                                            std::string_view table);
  /// The cells of a one-column answer; empty when the database does not give one.
  std::vector<std::string> Names(const RequestContext& context, std::string_view sql,
                                 std::vector<clickhouse::Parameter> parameters = {});
  std::string ColumnHint(const RequestContext& context, std::string_view column, std::string_view sql);
  std::string FunctionHint(const RequestContext& context, std::string_view function);

  clickhouse::Client& client_;
  const std::shared_ptr<const Privacy> privacy_;
  const std::chrono::seconds keep_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;  ///< by the name asked for; guarded by mutex_
};

/// The tables that follow FROM and JOIN in `sql`, as written but without quotes: "table" or "database.table".
std::vector<std::string> TablesNamedBy(std::string_view sql);

/// True for types that numeric functions take: integers, floats, decimals, also inside Nullable and LowCardinality.
bool IsNumericType(std::string_view type);
/// True for Date, Date32, DateTime and DateTime64, also inside Nullable.
bool IsTimeType(std::string_view type);

}  // namespace chimera::tools
