#include "mcp/tool_json.h"

#include <algorithm>

namespace chimera::mcp {
namespace {

constexpr std::string_view kCursorPrefix = "after:";

Json Annotations(const ToolDefinition& tool) {
  Json json = Json::object();
  if (!tool.title.empty()) json["title"] = tool.title;
  json["readOnlyHint"] = tool.annotations.read_only;
  json["destructiveHint"] = tool.annotations.destructive;
  json["idempotentHint"] = tool.annotations.idempotent;
  json["openWorldHint"] = tool.annotations.open_world;
  return json;
}

}  // namespace

Json ToolEntry(const Era& era, const ToolDefinition& tool) {
  Json entry = {{"name", tool.name}};
  if (era.structured_output && !tool.title.empty()) entry["title"] = tool.title;
  entry["description"] = tool.description;
  entry["inputSchema"] = tool.input_schema;
  if (era.structured_output && tool.output_schema.is_object()) entry["outputSchema"] = tool.output_schema;
  if (era.annotations) entry["annotations"] = Annotations(tool);
  return entry;
}

std::string CallResult(const Era& era, const ToolResult& result) {
  std::string json;
  json.reserve(result.text.size() + result.structured_json.size() + result.meta_json.size() + 128);
  json += R"({"content":[{"type":"text","text":)";
  AppendJsonString(json, result.text);
  json += "}]";
  if (era.structured_output && !result.is_error && !result.structured_json.empty()) {
    json.append(R"(,"structuredContent":)").append(result.structured_json);
  }
  json.append(R"(,"isError":)").append(result.is_error ? "true" : "false");
  if (!result.meta_json.empty()) json.append(R"(,"_meta":)").append(result.meta_json);
  return json + "}";
}

std::optional<size_t> PageStart(const std::vector<ToolDefinition>& tools, std::string_view cursor) {
  if (cursor.empty()) return 0;
  if (!cursor.starts_with(kCursorPrefix)) return std::nullopt;
  const auto is_last = [&](const ToolDefinition& tool) { return tool.name == cursor.substr(kCursorPrefix.size()); };
  const auto last = std::find_if(tools.begin(), tools.end(), is_last);
  if (last == tools.end()) return std::nullopt;
  return static_cast<size_t>(last - tools.begin()) + 1;
}

std::string PageCursor(const std::vector<ToolDefinition>& tools, size_t start) {
  return std::string(kCursorPrefix) + tools[start - 1].name;
}

}  // namespace chimera::mcp
