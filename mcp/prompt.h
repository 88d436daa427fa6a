// What the protocol needs to know of prompts: texts that a user picks to start a piece of work.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "mcp/call_context.h"

namespace chimera::mcp {

struct PromptArgument {
  std::string name;
  std::string title;
  std::string description;
  bool required = false;
};

struct PromptDefinition {
  std::string name;
  std::string title;
  std::string description;
  std::vector<PromptArgument> arguments;
};

struct PromptMessage {
  std::string role = "user";  ///< or "assistant"
  Json content;               ///< a content block: {"type":"text","text":…} and the like
};

struct Prompt {
  std::string description;
  std::vector<PromptMessage> messages;
};

class PromptCatalog {
 public:
  virtual ~PromptCatalog() = default;

  /// All prompts in a deterministic order. Thread-safe.
  virtual const std::vector<PromptDefinition>& Definitions() const = 0;
  /// The prompt filled in, or what has to be asked first. `arguments` is an object of strings whose names and required
  /// ones were checked. Requires a name of Definitions. Blocks.
  virtual Result<std::variant<Prompt, InputNeed>> Fill(const CallContext& context, const std::string& name,
                                                       const Json& arguments) = 0;
};

}  // namespace chimera::mcp
