// Suggestions for the variables of the table template and for the arguments of prompts. Names that begin with what was
// typed come first, then those that hold it; case does not count.
#pragma once

#include <string>
#include <vector>

#include "clickhouse/client.h"
#include "guide/facts.h"
#include "mcp/completion.h"
#include "schema/dataset.h"

namespace chimera::guide {

class Suggestions : public mcp::Completer {
 public:
  /// `client` and `datasets` must outlive this.
  Suggestions(clickhouse::Client& client, const std::vector<schema::Dataset>& datasets, Patience patience);

  /// One statement at most. What takes longer than Patience::quick yields nothing: a person is typing.
  Result<mcp::Completion> Complete(const mcp::CallContext& context, const mcp::CompletionRequest& request) override;

 private:
  Result<mcp::Completion> OfTemplate(const RequestContext& context, const mcp::CompletionRequest& request);
  Result<mcp::Completion> OfPrompt(const RequestContext& context, const mcp::CompletionRequest& request);
  Result<mcp::Completion> OfArgument(const RequestContext& context, const schema::Dataset& dataset,
                                     const schema::Prompt& prompt, const schema::PromptArgument& argument,
                                     const mcp::CompletionRequest& request);
  Result<mcp::Completion> Tables(const RequestContext& context, const std::string& database, const std::string& typed);
  Result<mcp::Completion> Columns(const RequestContext& context, const std::string& database, const std::string& table,
                                  const std::string& typed);
  Result<mcp::Completion> Ask(const RequestContext& context, const std::string& names,
                              std::vector<clickhouse::Parameter> parameters, const std::string& typed);

  clickhouse::Client& client_;
  const std::vector<schema::Dataset>& datasets_;
  const Patience patience_;
};

/// Those of `names` that fit what was typed, in their order, those that begin with it first.
mcp::Completion Matching(const std::vector<std::string>& names, const std::string& typed);

}  // namespace chimera::guide
