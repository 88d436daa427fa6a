// The tools of the dataset `timestore`: timestore.write, timestore.read, timestore.datasets and get.ingest_status. Rows
// of any fields go through the buffer into tables that are made for them; names of datasets that this server declares
// mean those.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "clickhouse/client.h"
#include "ingest/write_buffer.h"
#include "schema/dataset.h"
#include "timestore/dynamic_read.h"
#include "tools/catalog.h"
#include "tools/tool.h"
#include "tools/toolset.h"

namespace chimera::timestore {

/// What the tools use. References must outlive them.
struct ToolSources {
  clickhouse::Client& client;  ///< for catalogues, manifests and insert tools
  clickhouse::Client& reader;  ///< for rows: keeps to the read budget
  tools::Catalog& catalog;
  ingest::WriteBuffer& buffer;
  const std::vector<schema::Dataset>& datasets;
  std::shared_ptr<const tools::Privacy> privacy = {};
  std::set<std::string> growing = {};  ///< as ToolsetOptions::growing
  std::function<std::string(const mcp::ToolDefinition&)> why_off = {};
  std::chrono::milliseconds wait{2000};  ///< that a read waits for a flush: CHIMERA_FRESH_MS
  TailLimits limits = {};
};

/// In the order in which they are listed.
std::vector<std::unique_ptr<tools::Tool>> CreateTools(const ToolSources& sources);

/// For ToolsetOptions::more: the tools over what a toolset has, where its options have a buffer.
tools::MoreTools AddTools(std::chrono::milliseconds wait);

/// The factories behind it, one a file.
std::unique_ptr<tools::Tool> CreateWriteTool(const ToolSources& sources);
std::unique_ptr<tools::Tool> CreateReadTool(const ToolSources& sources);
std::unique_ptr<tools::Tool> CreateDatasetsTool(const ToolSources& sources);
std::unique_ptr<tools::Tool> CreateStatusTool(const ToolSources& sources);

/// The declared dataset of that name, but for `timestore` itself; null when there is none.
const schema::Dataset* DeclaredDataset(const std::vector<schema::Dataset>& datasets, const std::string& name);

/// What is wrong with the names of a table that is no declared one, as problems at `dataset` and `table`.
void CheckNames(const Name& name, tools::Problems& problems);

}  // namespace chimera::timestore
