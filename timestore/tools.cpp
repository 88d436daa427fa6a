#include "timestore/tools.h"

#include <algorithm>

#include "schema/loader.h"

namespace chimera::timestore {

std::vector<std::unique_ptr<tools::Tool>> CreateTools(const ToolSources& sources) {
  std::vector<std::unique_ptr<tools::Tool>> tools;
  tools.push_back(CreateReadTool(sources));
  tools.push_back(CreateDatasetsTool(sources));
  tools.push_back(CreateStatusTool(sources));
  tools.push_back(CreateWriteTool(sources));
  return tools;
}

tools::MoreTools AddTools(std::chrono::milliseconds wait) {
  return [wait](const tools::Toolkit& kit) {
    if (kit.options.buffer == nullptr) return std::vector<std::unique_ptr<tools::Tool>>();
    return CreateTools({.client = kit.client,
                        .reader = kit.reader,
                        .catalog = kit.catalog,
                        .buffer = *kit.options.buffer,
                        .datasets = kit.datasets,
                        .privacy = kit.options.privacy,
                        .growing = kit.options.growing,
                        .why_off = kit.options.why_off,
                        .wait = wait});
  };
}

const schema::Dataset* DeclaredDataset(const std::vector<schema::Dataset>& datasets, const std::string& name) {
  const auto found = std::find_if(datasets.begin(), datasets.end(), [&](const auto& dataset) {
    return dataset.name == name && dataset.database != kDatabase;
  });
  return found == datasets.end() ? nullptr : &*found;
}

void CheckNames(const Name& name, tools::Problems& problems) {
  if (!IsName(name.dataset)) problems.Add("dataset", "is no name", name.dataset, "send " + std::string(kNameRule));
  if (!IsName(name.table)) problems.Add("table", "is no name", name.table, "send " + std::string(kNameRule));
  const auto built_in = schema::BuiltInNames();
  if (std::find(built_in.begin(), built_in.end(), name.dataset) != built_in.end()) {
    problems.Add("dataset", "is a dataset of this server's own that is not on", name.dataset,
                 "choose another name; operators switch it on with CHIMERA_DATASETS");
  }
}

}  // namespace chimera::timestore
