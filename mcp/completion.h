// Suggestions for the values of a prompt's arguments and of a resource template's variables.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "mcp/call_context.h"

namespace chimera::mcp {

struct CompletionRequest {
  bool of_prompt = true;  ///< else of a resource template
  std::string name;       ///< of the prompt, or the URI template
  std::string argument;
  std::string value;  ///< typed so far
  Json others;        ///< values chosen already for other arguments, an object of strings
};

struct Completion {
  std::vector<std::string> values;  ///< the best first; only the first 100 are sent
  size_t total = 0;                 ///< how many there are in all
};

class Completer {
 public:
  virtual ~Completer() = default;

  /// An empty completion when there is nothing to suggest; kInvalidArgument for a prompt, template or argument that is
  /// not there. Blocks. Thread-safe.
  virtual Result<Completion> Complete(const CallContext& context, const CompletionRequest& request) = 0;
};

}  // namespace chimera::mcp
