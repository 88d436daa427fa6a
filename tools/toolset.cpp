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
      : Registry(options.names, options.default_timeout), catalog_(client, options.privacy), why_off_(options.why_off) {
    if (options.read_budget_rows > 0) budgeted_.emplace(client, catalog_, options.read_budget_rows);
  }
  Catalog& SharedCatalog() { return catalog_; }
  /// The client of the tools that read data; nullptr: they read without a budget.
  clickhouse::Client* Budgeted() { return budgeted_ ? &*budgeted_ : nullptr; }

  void Offer(std::unique_ptr<Tool> tool, bool may_ask = false) {
    const mcp::ToolDefinition& definition = tool->Definition();
    std::string why = why_off_ ? why_off_(definition) : "";
    why.empty() ? Add(std::move(tool), may_ask) : SwitchOff(definition.name, std::move(why));
  }

 private:
  Catalog catalog_;
  const std::function<std::string(const mcp::ToolDefinition&)> why_off_;
  std::optional<BudgetedClient> budgeted_;
};

}  // namespace

std::unique_ptr<Registry> CreateToolset(clickhouse::Client& client, const std::vector<schema::Dataset>& datasets,
                                        const ToolsetOptions& options) {
  auto tools = std::make_unique<Toolset>(options, client);
  Catalog& catalog = tools->SharedCatalog();
  const bool may_ask = tools->Budgeted() != nullptr;
  clickhouse::Client& reader = may_ask ? *tools->Budgeted() : client;
  tools->Offer(CreateQueryTool(reader, catalog, options), may_ask);
  tools->Offer(CreateAggregateTool(reader, catalog), may_ask);
  tools->Offer(CreateCorrelationTool(reader, catalog), may_ask);
  tools->Offer(CreateTrendTool(reader, catalog), may_ask);
  for (const auto& dataset : datasets) {
    for (const auto& analysis : dataset.analyses) {
      tools->Offer(CreateAnalysisTool(reader, catalog, dataset, analysis, options.privacy), may_ask);
    }
  }
  for (const auto& dataset : datasets) {
    const InsertOptions insert_options{options.privacy, options.buffer, options.growing.contains(dataset.name)};
    for (const auto& insert : dataset.inserts) tools->Offer(CreateInsertTool(client, dataset, insert, insert_options));
  }
  tools->Offer(CreateListDatabasesTool(client));
  tools->Offer(CreateListTablesTool(client, catalog));
  tools->Offer(CreateDescribeTableTool(client, catalog));
  if (options.more) {
    for (auto& tool : options.more({client, reader, catalog, datasets, options})) {
      const bool asks = may_ask && tool->Definition().annotations.read_only;
      tools->Offer(std::move(tool), asks);
    }
  }
  tools->NoteSwitchedOff();
  return tools;
}

}  // namespace chimera::tools
