// A client whose reads keep to a budget of rows: a statement that ClickHouse estimates to read more is refused before
// it runs, unless the caller's user agreed to it. Statements that change something pass.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "clickhouse/client.h"
#include "tools/catalog.h"

namespace chimera::tools {

class BudgetedClient : public clickhouse::Client {
 public:
  /// `inner` and `catalog` must outlive this. `budget`: rows that one statement may read.
  BudgetedClient(clickhouse::Client& inner, Catalog& catalog, uint64_t budget)
      : inner_(inner), catalog_(catalog), budget_(budget) {}

  /// As the inner client; before, a SELECT is estimated by EXPLAIN ESTIMATE, with the same account and parameters.
  /// kOverBudget with the estimate, the tables and what would read less. An estimate that fails stops nothing: the
  /// statement then says itself what is wrong with it. Other engines than MergeTree estimate nothing and pass.
  ///
  /// The estimate takes no LIMIT into account. A statement that has one is run under the budget as ClickHouse's own
  /// limit, and refused when it came to that; where the account may not set this limit, by its estimate.
  Result<clickhouse::Rows> Read(const RequestContext& context, const clickhouse::Query& query) override;

  Result<clickhouse::Written> Write(const RequestContext& context, const clickhouse::Insert& insert) override {
    return inner_.Write(context, insert);
  }
  Status Execute(const RequestContext& context, std::string_view statement, std::string_view database) override {
    return inner_.Execute(context, statement, database);
  }
  const std::string& DefaultDatabase() const override { return inner_.DefaultDatabase(); }
  clickhouse::ClientState State() const override { return inner_.State(); }

 private:
  struct TableRead {
    std::string database, table;
    uint64_t parts = 0, rows = 0;
  };
  struct Estimate {
    std::vector<TableRead> tables;  ///< the largest first
    /// What was read while the statement was planned: by subqueries whose value it needs for that. They run again with
    /// the statement.
    uint64_t subqueries = 0;
    uint64_t rows = 0;  ///< all together
  };

  Estimate Estimated(const RequestContext& context, const clickhouse::Query& query) const;
  bool CanBound(const RequestContext& context) const;
  clickhouse::Query Bounded(clickhouse::Query query, std::string_view overflow_mode) const;
  Error OverBudget(const RequestContext& context, const Estimate& estimate) const;
  std::string Advice(const RequestContext& context, const Estimate& estimate) const;

  clickhouse::Client& inner_;
  Catalog& catalog_;
  const uint64_t budget_;
};

}  // namespace chimera::tools
