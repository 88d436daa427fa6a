#include "tools/toolset.h"

#include <optional>

#include "tools/budgeted_client.h"
#include "tools/catalog.h"

namespace chimera::tools {
namespace {

// The registry with what its tools share.
class Toolset final : public Registry {
 public:
  Toolset(const ToolsetOptions& options, clickhouse::Client& client)
      : Registry(options.names, options.default_timeout), catalog_(client) {
    if (options.read_budget_rows > 0) budgeted_.emplace(client, catalog_, options.read_budget_rows);
  }
  Catalog& SharedCatalog() { return catalog_; }
  /// The client of the tools that read data; nullptr: they read without a budget.
  clickhouse::Client* Budgeted() { return budgeted_ ? &*budgeted_ : nullptr; }

 private:
  Catalog catalog_;
  std::optional<BudgetedClient> budgeted_;
};

}  // namespace

std::unique_ptr<Registry> CreateToolset(clickhouse::Client& client, const std::vector<schema::Dataset>& datasets,
                                        const ToolsetOptions& options) {
  auto tools = std::make_unique<Toolset>(options, client);
  Catalog& catalog = tools->SharedCatalog();
  const bool may_ask = tools->Budgeted() != nullptr;
  clickhouse::Client& reader = may_ask ? *tools->Budgeted() : client;
  tools->Add(CreateQueryTool(reader, catalog, options), may_ask);
  tools->Add(CreateAggregateTool(reader, catalog), may_ask);
  tools->Add(CreateCorrelationTool(reader, catalog), may_ask);
  tools->Add(CreateTrendTool(reader, catalog), may_ask);
  for (const auto& dataset : datasets) {
    for (const auto& analysis : dataset.analyses) {
      tools->Add(CreateAnalysisTool(reader, catalog, dataset, analysis), may_ask);
    }
  }
  for (const auto& dataset : datasets) {
    for (const auto& insert : dataset.inserts) tools->Add(CreateInsertTool(client, dataset, insert));
  }
  tools->Add(CreateListDatabasesTool(client));
  tools->Add(CreateListTablesTool(client, catalog));
  tools->Add(CreateDescribeTableTool(client, catalog));
  return tools;
}

}  // namespace chimera::tools
