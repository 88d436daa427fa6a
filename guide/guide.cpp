#include "guide/guide.h"

namespace chimera::guide {

Guide::Guide(clickhouse::Client& client, const std::vector<schema::Dataset>& datasets, Patience patience,
             const ToolNames& tools)
    : resources_(client, datasets, patience, tools),
      prompts_(client, datasets, patience, tools),
      suggestions_(client, datasets, patience) {}

mcp::Features Guide::AddTo(mcp::Features features) {
  features.resources = &resources_;
  features.completer = &suggestions_;
  if (!prompts_.Definitions().empty()) features.prompts = &prompts_;
  return features;
}

}  // namespace chimera::guide
