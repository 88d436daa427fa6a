// The datasets' prompts, filled with their arguments and with what the database knows now.
#pragma once

#include <string>
#include <vector>

#include "clickhouse/client.h"
#include "guide/facts.h"
#include "guide/resources.h"
#include "mcp/prompt.h"
#include "schema/dataset.h"

namespace chimera::guide {

class Prompts : public mcp::PromptCatalog {
 public:
  /// `client` and `datasets` must outlive this.
  Prompts(clickhouse::Client& client, const std::vector<schema::Dataset>& datasets, Patience patience, ToolNames tools);

  /// By dataset, then by name.
  const std::vector<mcp::PromptDefinition>& Definitions() const override { return definitions_; }
  /// kInvalidArgument for a table, column or enum value that is not there; otherwise the database's error. Never a
  /// prompt with holes.
  Result<std::variant<mcp::Prompt, mcp::InputNeed>> Fill(const mcp::CallContext& context, const std::string& name,
                                                         const Json& arguments) override;

 private:
  clickhouse::Client& client_;
  const std::vector<schema::Dataset>& datasets_;
  const Patience patience_;
  const ToolNames tools_;
  std::vector<mcp::PromptDefinition> definitions_;
};

}  // namespace chimera::guide
