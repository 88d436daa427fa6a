// A tool as this server builds it: a definition, and a call from validated arguments to an answer.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/request_context.h"
#include "base/result.h"
#include "mcp/tool.h"

namespace chimera::tools {

/// What a tool found. `summary` is one or two sentences that a model can act on; it leads the text. `structured_json`
/// is the whole answer, one JSON object that fits the output schema. `row_count` decides whether the text repeats the
/// rows (up to 500) or only sums them up.
struct Answer {
  std::string summary;
  std::string structured_json;
  uint64_t row_count = 0;
  mcp::Headers headers = {};  ///< of the reply, over HTTP
};

class Tool {
 public:
  virtual ~Tool() = default;
  /// Dotted name, schemas, annotations; constant for the tool's life.
  virtual const mcp::ToolDefinition& Definition() const = 0;
  /// Thread-safe; blocks until the answer, the deadline or the cancellation.
  virtual Result<Answer> Run(const RequestContext& context, std::string_view arguments_json) = 0;
  /// True when the caller may ask for a timeout in the arguments; the tool then sets the deadline itself.
  virtual bool TakesTimeout() const { return false; }
};

/// A tool whose arguments are small: they are parsed, checked against the published input schema, defaults filled in.
class JsonTool : public Tool {
 public:
  explicit JsonTool(mcp::ToolDefinition definition) : definition_(std::move(definition)) {}
  const mcp::ToolDefinition& Definition() const final { return definition_; }
  Result<Answer> Run(const RequestContext& context, std::string_view arguments_json) final;

 protected:
  /// `arguments` fit the input schema; absent ones that have a "default" there are filled in.
  virtual Result<Answer> RunChecked(const RequestContext& context, const Json& arguments) = 0;

 private:
  mcp::ToolDefinition definition_;
};

}  // namespace chimera::tools
