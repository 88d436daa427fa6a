// Builds the server's tools: the general ones over any database, and those that datasets declare.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "clickhouse/client.h"
#include "ingest/write_buffer.h"
#include "schema/dataset.h"
#include "sql/read_policy.h"
#include "tools/registry.h"

namespace chimera::tools {

class Privacy;
class Catalog;
struct ToolsetOptions;

/// What the tools of a toolset share, for further ones. All of it outlives them.
struct Toolkit {
  clickhouse::Client& client;
  clickhouse::Client& reader;  ///< keeps to the read budget, where there is one
  Catalog& catalog;
  const std::vector<schema::Dataset>& datasets;
  const ToolsetOptions& options;  ///< for the call that makes the tools, alone
};
using MoreTools = std::function<std::vector<std::unique_ptr<Tool>>(const Toolkit&)>;

/// What insert tools are given besides their declaration.
struct InsertOptions {
  std::shared_ptr<const Privacy> privacy = {};  ///< which columns are protected; null: none
  ingest::WriteBuffer* buffer = nullptr;        ///< borrowed; null: `mode` is sync
  bool grows = false;                           ///< buffered rows may have fields that the table has no column for
};

struct ToolsetOptions {
  NameStyle names = NameStyle::kDotted;
  std::chrono::seconds default_timeout{30};  ///< of one tool call; CH_TIMEOUT
  /// Rows that one statement of query, query.* or get.* may read unless the user agrees; 0: no such limit.
  uint64_t read_budget_rows = 0;  ///< CHIMERA_READ_BUDGET_ROWS
  /// Why a tool is not offered: then nothing of it is there to be called. Empty text, or no function: it is offered.
  std::function<std::string(const mcp::ToolDefinition&)> why_off = {};
  sql::ReadPolicy reads = {};                   ///< what SQL may name besides; CHIMERA_READ_FUNCTIONS, …_DICTIONARIES
  std::shared_ptr<const Privacy> privacy = {};  ///< which columns are protected; null: none
  ingest::WriteBuffer* buffer = nullptr;        ///< for `mode` buffered; borrowed; null: there is none
  std::set<std::string> growing = {};           ///< datasets whose tables get columns for new fields; CHIMERA_EVOLVE
  MoreTools more = {};                          ///< tools of layers above, listed last
};

/// All tools, in the order in which they are listed: query, query.*, get.*, insert.*, list.*, describe.*, `more`.
/// `client` and `datasets` must outlive the result.
std::unique_ptr<Registry> CreateToolset(clickhouse::Client& client, const std::vector<schema::Dataset>& datasets,
                                        const ToolsetOptions& options);

/// The factories behind it, one a file.
std::unique_ptr<Tool> CreateQueryTool(clickhouse::Client& client, Catalog& catalog, const ToolsetOptions& options);
std::unique_ptr<Tool> CreateAggregateTool(clickhouse::Client& client, Catalog& catalog);
std::unique_ptr<Tool> CreateCorrelationTool(clickhouse::Client& client, Catalog& catalog);
std::unique_ptr<Tool> CreateTrendTool(clickhouse::Client& client, Catalog& catalog);
std::unique_ptr<Tool> CreateListDatabasesTool(clickhouse::Client& client);
std::unique_ptr<Tool> CreateListTablesTool(clickhouse::Client& client, Catalog& catalog);
std::unique_ptr<Tool> CreateDescribeTableTool(clickhouse::Client& client, Catalog& catalog);
std::unique_ptr<Tool> CreateInsertTool(clickhouse::Client& client, const schema::Dataset& dataset,
                                       const schema::InsertTool& declaration, const InsertOptions& options = {});
std::unique_ptr<Tool> CreateAnalysisTool(clickhouse::Client& client, Catalog& catalog, const schema::Dataset& dataset,
                                         const schema::AnalysisTool& declaration,
                                         std::shared_ptr<const Privacy> privacy = nullptr);

}  // namespace chimera::tools
