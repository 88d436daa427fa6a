#include <algorithm>
#include <cstdio>

#include "app/backend.h"
#include "app/commands.h"
#include "app/guard.h"

namespace chimera::app {
namespace {

// Tools have shorter deadlines of their own; this one only bounds what goes wrong.
constexpr std::chrono::hours kCallTime{2};

// A property whose schema takes a string is passed as it is written; everything else must be JSON.
bool TakesString(const Json& schema, const std::string& key) {
  const auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->contains(key)) return true;
  const Json& property = properties->at(key);
  if (property.contains("enum")) return true;
  const auto type = property.find("type");
  return type != property.end() && *type == Json("string");
}

Result<Json> ParsePairs(const std::vector<std::string>& pairs, const Json& schema) {
  Json arguments = Json::object();
  for (const auto& pair : pairs) {
    const size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      return MakeError(ErrorCode::kInvalidArgument, "`" + pair + "` is not key=value",
                       "write arguments as days=7, or all of them as --json '{\"days\": 7}'");
    }
    const std::string key = pair.substr(0, equals);
    const std::string value = pair.substr(equals + 1);
    const auto parsed = ParseJson(value);
    arguments[key] = TakesString(schema, key) || !parsed.ok() ? Json(value) : *parsed;
  }
  return arguments;
}

const mcp::ToolDefinition* FindDefinition(const mcp::ToolCatalog& tools, const std::string& name) {
  const auto dotted = [](std::string text) {
    std::replace(text.begin(), text.end(), '.', '_');
    return text;
  };
  for (const auto& definition : tools.Definitions()) {
    if (dotted(definition.name) == dotted(name)) return &definition;
  }
  return nullptr;
}

std::string FirstSentence(const std::string& text) {
  const size_t end = text.find(". ");
  return end == std::string::npos ? text : text.substr(0, end + 1);
}

}  // namespace

int ListTools(const config::Config& config, bool json) {
  auto backend = Backend::Create(config, {.buffer = true});
  if (!backend.ok()) return Report(backend.error());
  Json list = Json::array();
  for (const auto& tool : (*backend)->Catalog().Definitions()) {
    if (!json) std::printf("%-26s %s\n", tool.name.c_str(), FirstSentence(tool.description).c_str());
    list.push_back({{"name", tool.name},
                    {"title", tool.title},
                    {"description", tool.description},
                    {"inputSchema", tool.input_schema},
                    {"outputSchema", tool.output_schema},
                    {"annotations",
                     {{"readOnlyHint", tool.annotations.read_only},
                      {"destructiveHint", tool.annotations.destructive},
                      {"idempotentHint", tool.annotations.idempotent},
                      {"openWorldHint", tool.annotations.open_world}}}});
  }
  if (json) std::printf("%s\n", list.dump(2).c_str());
  return kDone;
}

int CallTool(const config::Config& config, const CallCommand& command, std::stop_token stop) {
  auto backend = Backend::Create(config, {.migrate = true, .buffer = true});
  if (!backend.ok()) return Report(backend.error());
  mcp::ToolCatalog& tools = (*backend)->Catalog();
  const mcp::ToolDefinition* definition = FindDefinition(tools, command.tool);
  if (!definition) {
    return Report(MakeError(ErrorCode::kUnknownTool, "there is no tool `" + command.tool + "`",
                            tools.Suggestion(command.tool) + " `chimera-mcp tools` lists them"));
  }
  std::string arguments = command.json;
  if (arguments.empty()) {
    auto pairs = ParsePairs(command.pairs, definition->input_schema);
    if (!pairs.ok()) return Report(pairs.error());
    arguments = ToText(*pairs);
  }
  auto guard = Guard::Create(config, tools, nullptr, false, "command line");
  if (!guard.ok()) return Report(guard.error());
  const mcp::CallContext context{RequestContext::For("call", kCallTime, stop)};
  const mcp::ToolResult result = (*guard)->Tools().Call(context, command.tool, arguments);
  std::fprintf(result.is_error ? stderr : stdout, "%s\n", result.text.c_str());
  return result.is_error ? kFailed : kDone;
}

}  // namespace chimera::app
