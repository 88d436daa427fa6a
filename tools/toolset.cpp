#include "tools/toolset.h"

#include "tools/catalog.h"

namespace chimera::tools {
namespace {

// The registry with the catalogue that its tools share.
class Toolset final : public Registry {
 public:
  Toolset(const ToolsetOptions& options, clickhouse::Client& client)
      : Registry(options.names, options.default_timeout), catalog_(client) {}
  Catalog& SharedCatalog() { return catalog_; }

 private:
  Catalog catalog_;
};

}  // namespace

std::unique_ptr<Registry> CreateToolset(clickhouse::Client& client, const std::vector<schema::Dataset>& datasets,
                                        const ToolsetOptions& options) {
  auto tools = std::make_unique<Toolset>(options, client);
  Catalog& catalog = tools->SharedCatalog();
  tools->Add(CreateQueryTool(client, catalog, options));
  tools->Add(CreateAggregateTool(client, catalog));
  tools->Add(CreateCorrelationTool(client, catalog));
  tools->Add(CreateTrendTool(client, catalog));
  for (const auto& dataset : datasets) {
    for (const auto& analysis : dataset.analyses) tools->Add(CreateAnalysisTool(client, catalog, dataset, analysis));
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
