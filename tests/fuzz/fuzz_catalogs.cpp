#include "tests/fuzz/fuzz_catalogs.h"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/log.h"
#include "tests/fuzz/fuzz.h"

namespace chimera::fuzz {
namespace {

using namespace mcp;

InputNeed Question() {
  return {{{"city", "elicitation/create", {{"message", "where?"}}}, {"roots", "roots/list"}}, {{"round", 1}}};
}

class Tools : public ToolCatalog {
 public:
  Tools() {
    for (const char* name : {"echo", "fail", "throw", "speak", "ask", "task", "mirror"}) {
      ToolDefinition tool;
      tool.name = name;
      tool.input_schema = {{"type", "object"}};
      tool.output_schema = {{"type", "object"}};
      tool.always_task = tool.name == "task";
      definitions_.push_back(std::move(tool));
    }
    definitions_.back().input_schema["properties"]["region"] = {{"type", "string"}, {"x-mcp-header", "Region"}};
  }

  const std::vector<ToolDefinition>& Definitions() const override { return definitions_; }
  bool Has(std::string_view name) const override {
    return std::any_of(definitions_.begin(), definitions_.end(), [&](const auto& tool) { return tool.name == name; });
  }
  std::string Suggestion(std::string_view) const override { return "did you mean `echo`?"; }

  ToolResult Call(const CallContext& context, std::string_view name, std::string_view arguments) override {
    if (name == "throw") throw std::runtime_error("a bug");
    if (name == "fail") return {"it failed", "", R"({"chimera/error":{"code":"timeout"}})", true};
    if (name == "ask" && context.inputs.state.is_null()) {
      ToolResult asks;
      asks.need = Question();
      return asks;
    }
    if (name == "speak") {
      if (context.on_progress) context.on_progress({.done = 1, .total = 2, .message = "half"});
      if (context.log) context.log(LogLevel::kError, "fuzz", {{"rows", 1}});
      if (context.disconnect) context.disconnect();
    }
    return {"done", "{\"arguments\":" + std::string(arguments) + "}", {}, false};
  }

 private:
  std::vector<ToolDefinition> definitions_;
};

class Resources : public ResourceCatalog {
 public:
  Result<std::vector<ResourceDefinition>> List(const CallContext&) override {
    return std::vector<ResourceDefinition>{{"fuzz://a", "a", "A", "a text", "text/plain"}};
  }
  std::vector<ResourceTemplate> Templates() const override {
    return {{"fuzz://{name}", "any", "Any", "any text", "text/plain"}};
  }
  Result<std::optional<std::variant<std::vector<ResourceContents>, InputNeed>>> Read(const CallContext& context,
                                                                                     const std::string& uri) override {
    using Contents = std::vector<ResourceContents>;
    using Answer = std::optional<std::variant<Contents, InputNeed>>;
    if (uri == "fuzz://ask" && context.inputs.state.is_null()) return Answer(Question());
    if (uri == "fuzz://fail") return MakeError(ErrorCode::kUnavailable, "no database");
    if (!uri.starts_with("fuzz://")) return Answer();
    return Answer(Contents{{uri, "text/plain", uri, false}, {uri, "application/octet-stream", uri, true}});
  }
  bool CanWatch(const std::string& uri) const override { return uri.starts_with("fuzz://"); }
};

class Prompts : public PromptCatalog {
 public:
  const std::vector<PromptDefinition>& Definitions() const override { return definitions_; }
  Result<std::variant<Prompt, InputNeed>> Fill(const CallContext& context, const std::string& name,
                                               const Json& arguments) override {
    if (name == "ask" && context.inputs.state.is_null()) return std::variant<Prompt, InputNeed>(Question());
    return std::variant<Prompt, InputNeed>(
        Prompt{"filled", {{"user", {{"type", "text"}, {"text", ToText(arguments)}}}}});
  }

 private:
  const std::vector<PromptDefinition> definitions_ = {{"explain", "Explain", "", {{"table", "", "", true}}},
                                                      {"ask", "Ask", "", {}}};
};

class Completions : public Completer {
 public:
  Result<Completion> Complete(const CallContext&, const CompletionRequest& request) override {
    if (request.argument.empty()) return MakeError(ErrorCode::kInvalidArgument, "no such argument");
    return Completion{std::vector<std::string>(request.value.size() % 200, request.value), request.value.size()};
  }
};

ServerOptions Options() {
  ServerOptions options;
  options.version = "1";
  options.call_timeout = std::chrono::milliseconds(0);
  options.list_page = 3;
  options.state_key = "the same in every run";
  options.task_after = std::chrono::seconds(5);
  options.max_tasks = 4;
  options.lists_change = true;
  return options;
}

void RequireOne(const Json& message, std::string_view text) {
  Require(message.is_object() && message.value("jsonrpc", Json()) == "2.0", "a message is a JSON-RPC object", text);
  const bool answers = message.contains("result") != message.contains("error");
  Require(message.contains("method") || (answers && message.contains("id")), "a message asks, tells or answers", text);
}

}  // namespace

struct FuzzedServer::Impl {
  Tools tools;
  Resources resources;
  Prompts prompts;
  Completions completer;
  Server server{Options(), {.tools = &tools, .resources = &resources, .prompts = &prompts, .completer = &completer}};
};

FuzzedServer::FuzzedServer() : impl_(std::make_unique<Impl>()) {
  log::SetLevel(log::Level::kOff);
}
FuzzedServer::~FuzzedServer() = default;

Server& FuzzedServer::Get() {
  return impl_->server;
}

void RequireMessage(std::string_view text) {
  Require(text.find_first_of("\r\n") == text.npos, "a message is one line", text);
  const auto parsed = ParseJson(text);
  Require(parsed.ok(), "a message is JSON", text);
  if (!parsed->is_array()) return RequireOne(*parsed, text);
  Require(!parsed->empty(), "an array of messages holds some", text);
  for (const Json& message : *parsed) RequireOne(message, text);
}

}  // namespace chimera::fuzz
