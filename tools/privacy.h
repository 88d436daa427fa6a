// The protected columns of all datasets: what the insert tools store for them, what reads may name, and how results
// show them. Immutable; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/request_context.h"
#include "clickhouse/client.h"
#include "schema/dataset.h"
#include "sql/protected_columns.h"
#include "tools/protector.h"

namespace chimera::tools {

class Privacy {
 public:
  /// The rules of `datasets`; `key` for those that hash. `exempt_admins`: callers with the scope admin see what is
  /// stored. kInvalidArgument when an analysis or a prompt's suggestion of a dataset names a column that results
  /// protect in a way that cannot be kept.
  static Result<std::shared_ptr<const Privacy>> Create(const std::vector<schema::Dataset>& datasets, std::string key,
                                                       bool exempt_admins);

  /// Whether a rule of `datasets` needs the key.
  static bool NeedsKey(const std::vector<schema::Dataset>& datasets);

  /// The columns that results protect, for the read gate; none for a caller who sees all.
  const std::vector<sql::ProtectedColumn>& Protects(const RequestContext& context) const;
  /// Whether results protect the column.
  bool Protects(std::string_view database, std::string_view table, std::string_view column) const;
  /// What an insert does to the column; null: nothing.
  std::shared_ptr<const Protector> ForInsert(std::string_view database, std::string_view table,
                                             std::string_view column) const;
  const std::shared_ptr<const std::string>& Key() const { return key_; }

  /// Treats the result's columns that show one of `names` (FindProtected gave them), and says so in its notes.
  /// kInternal when the rows cannot be read; they are then empty.
  Status Protect(const std::vector<std::string>& names, clickhouse::Rows& rows) const;

 private:
  struct Entry {
    sql::ProtectedColumn column;
    std::shared_ptr<const Protector> protector;
  };

  Privacy() = default;
  Status CheckDataset(const schema::Dataset& dataset) const;
  Status CheckSql(const std::string& where, const std::string& sql) const;
  const Protector& Strictest(std::string_view name) const;

  std::vector<Entry> entries_;
  std::vector<sql::ProtectedColumn> in_results_;
  std::shared_ptr<const std::string> key_;
  bool exempt_admins_ = false;
};

}  // namespace chimera::tools
