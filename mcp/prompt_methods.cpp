#include <algorithm>
#include <utility>

#include "base/text.h"
#include "mcp/method.h"
#include "mcp/paging.h"

namespace chimera::mcp {
namespace {

constexpr size_t kMaxCompletions = 100;  // of the specification, server/utilities/completion

Json PromptEntry(const Era& era, const PromptDefinition& prompt) {
  Json entry = {{"name", prompt.name}};
  if (era.structured_output && !prompt.title.empty()) entry["title"] = prompt.title;
  if (!prompt.description.empty()) entry["description"] = prompt.description;
  for (const PromptArgument& argument : prompt.arguments) {
    Json one = {{"name", argument.name}};
    if (era.structured_output && !argument.title.empty()) one["title"] = argument.title;
    if (!argument.description.empty()) one["description"] = argument.description;
    one["required"] = argument.required;
    entry["arguments"].push_back(std::move(one));
  }
  return entry;
}

const PromptDefinition* Find(const PromptCatalog& prompts, const std::string& name) {
  const auto& all = prompts.Definitions();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& prompt) { return prompt.name == name; });
  return found == all.end() ? nullptr : &*found;
}

ProtocolError NoSuchPrompt(const PromptCatalog& prompts, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& prompt : prompts.Definitions()) names.push_back(prompt.name);
  const std::string near = DidYouMean(name, names);
  return InvalidParams("there is no prompt " + Excerpt(name, 100) +
                       (near.empty() ? "; prompts/list names them all" : "; " + near));
}

/// What is wrong with the arguments, or nothing.
std::optional<ProtocolError> CheckArguments(const PromptDefinition& prompt, const Json& arguments) {
  if (!arguments.is_object()) return InvalidParams("params.arguments must be an object of strings");
  std::vector<std::string> known;
  for (const auto& argument : prompt.arguments) {
    known.push_back(argument.name);
    if (argument.required && !arguments.contains(argument.name)) {
      return InvalidParams("prompt `" + prompt.name + "` needs the argument `" + argument.name +
                           "`: " + argument.description);
    }
  }
  for (const auto& [name, value] : arguments.items()) {
    if (!value.is_string()) return InvalidParams("the prompt's argument `" + name + "` must be a string");
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return InvalidParams("prompt `" + prompt.name + "` has no argument `" + name + "`; " + DidYouMean(name, known));
  }
  return std::nullopt;
}

/// The reference of completion/complete.
std::optional<ProtocolError> ReadReference(const Json& reference, CompletionRequest& request) {
  const std::string type = reference.is_object() ? reference.value("type", "") : "";
  const char* key = type == "ref/prompt" ? "name" : type == "ref/resource" ? "uri" : nullptr;
  const Json name = key != nullptr ? reference.value(key, Json()) : Json();
  if (!name.is_string()) {
    return InvalidParams(R"(params.ref must be {"type":"ref/prompt","name":…} or {"type":"ref/resource","uri":…})");
  }
  request.of_prompt = type == "ref/prompt";
  request.name = name.get<std::string>();
  return std::nullopt;
}

}  // namespace

Outcome ListPrompts(const Call& call) {
  return Page<PromptDefinition>(
      call, "prompts", call.core.features.prompts->Definitions(),
      [](const PromptDefinition& prompt) { return prompt.name; },
      [&](const PromptDefinition& prompt) { return PromptEntry(call.era, prompt); });
}

Outcome FillPrompt(const Call& call) {
  PromptCatalog& prompts = *call.core.features.prompts;
  const Json name = call.Params().value("name", Json());
  if (!name.is_string()) return InvalidParams("prompts/get needs the prompt's name as a string in params.name");
  const PromptDefinition* prompt = Find(prompts, name.get<std::string>());
  if (prompt == nullptr) return NoSuchPrompt(prompts, name.get<std::string>());
  const Json arguments = call.Params().value("arguments", Json::object());
  if (auto error = CheckArguments(*prompt, arguments)) return *std::move(error);
  Result<std::variant<Prompt, InputNeed>> filled = std::variant<Prompt, InputNeed>(InputNeed());
  const auto work = [&](const CallContext& context) {
    filled = prompts.Fill(context, prompt->name, arguments);
    const auto* need = filled.ok() ? std::get_if<InputNeed>(&*filled) : nullptr;
    return need != nullptr ? *need : InputNeed();
  };
  return InRounds(call, work, [&]() -> Outcome {
    if (!filled.ok()) {
      const Error& error = filled.error();
      const int code = error.code == ErrorCode::kInvalidArgument ? kInvalidParams : kInternalError;
      return ProtocolError{code, error.message + (error.hint.empty() ? "" : "; " + error.hint)};
    }
    Json result = Json::object();
    const auto* content = std::get_if<Prompt>(&*filled);
    if (content == nullptr) return ProtocolError{kInternalError, "the request was cancelled"};
    if (!content->description.empty()) result["description"] = content->description;
    result["messages"] = Json::array();
    for (const PromptMessage& message : content->messages) {
      result["messages"].push_back({{"role", message.role}, {"content", message.content}});
    }
    return Completed{ToText(WithMeta(call, std::move(result)))};
  });
}

Outcome Complete(const Call& call) {
  CompletionRequest request;
  const Json& params = call.Params();
  if (auto error = ReadReference(params.value("ref", Json()), request)) return *std::move(error);
  const Json argument = params.value("argument", Json());
  const Json name = argument.is_object() ? argument.value("name", Json()) : Json();
  const Json value = argument.is_object() ? argument.value("value", Json("")) : Json();
  if (!name.is_string() || !value.is_string()) {
    return InvalidParams(R"(params.argument must be {"name":…,"value":…}, both strings)");
  }
  request.argument = name.get<std::string>();
  request.value = value.get<std::string>();
  const Json context = params.value("context", Json::object());
  request.others = context.is_object() ? context.value("arguments", Json::object()) : Json::object();
  auto completed = call.core.features.completer->Complete(ContextOf(call), request);
  if (!completed.ok()) {
    const bool invalid = completed.error().code == ErrorCode::kInvalidArgument;
    return ProtocolError{invalid ? kInvalidParams : kInternalError, completed.error().message};
  }
  auto& values = completed->values;
  const size_t total = std::max(completed->total, values.size());
  if (values.size() > kMaxCompletions) values.resize(kMaxCompletions);
  const Json completion = {{"values", values}, {"total", total}, {"hasMore", total > values.size()}};
  return Completed{ToText(WithMeta(call, {{"completion", completion}}))};
}

}  // namespace chimera::mcp
