// What the official conformance suite expects of a server under test, besides the protocol: tools, resources and
// prompts with fixed names and answers (npm @modelcontextprotocol/conformance, the scenarios' descriptions).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/server.h"

namespace chimera::mcp::conformance {

/// A tone, a picture: the smallest files of their kinds, as base64.
extern const char* const kPng;
extern const char* const kWav;

class FixtureTools : public ToolCatalog {
 public:
  FixtureTools();

  const std::vector<ToolDefinition>& Definitions() const override { return definitions_; }
  bool Has(std::string_view name) const override { return tools_.contains(std::string(name)); }
  std::string Suggestion(std::string_view) const override { return {}; }
  ToolResult Call(const CallContext& context, std::string_view name, std::string_view arguments) override;

  /// Where test_trigger_tool_change and test_trigger_prompt_change tell of their changes.
  void Announce(Announcer& announcer) { announcer_ = &announcer; }

 private:
  using Run = std::function<ToolResult(const CallContext&, const Json& arguments)>;
  void Add(std::string name, Run run, Json properties = Json::object());
  void AddContents();
  void AddNotifying();
  void AddAsking();
  void AddRounds();
  void AddTasks();

  std::vector<ToolDefinition> definitions_;
  std::map<std::string, Run> tools_;
  Announcer* announcer_ = nullptr;
};

class FixtureResources : public ResourceCatalog {
 public:
  Result<std::vector<ResourceDefinition>> List(const CallContext&) override;
  std::vector<ResourceTemplate> Templates() const override;
  Result<std::optional<std::variant<std::vector<ResourceContents>, InputNeed>>> Read(const CallContext&,
                                                                                     const std::string& uri) override;
  bool CanWatch(const std::string& uri) const override;
};

class FixturePrompts : public PromptCatalog, public Completer {
 public:
  const std::vector<PromptDefinition>& Definitions() const override { return definitions_; }
  Result<std::variant<Prompt, InputNeed>> Fill(const CallContext& context, const std::string& name,
                                               const Json& arguments) override;
  Result<Completion> Complete(const CallContext&, const CompletionRequest& request) override;

 private:
  static const std::vector<PromptDefinition> definitions_;
};

/// An elicitation of the text fields `properties`, all of them required.
InputRequest AskForm(std::string key, std::string message, Json properties);

}  // namespace chimera::mcp::conformance
