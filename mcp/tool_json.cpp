#include "mcp/tool_json.h"

namespace chimera::mcp {
namespace {

/// A title stands here in the era that knows it nowhere else; idempotence means something only of tools that write.
Json Annotations(const Era& era, const ToolDefinition& tool) {
  Json json = Json::object();
  if (!tool.title.empty() && !era.structured_output) json["title"] = tool.title;
  json["readOnlyHint"] = tool.annotations.read_only;
  json["destructiveHint"] = tool.annotations.destructive;
  if (!tool.annotations.read_only) json["idempotentHint"] = tool.annotations.idempotent;
  json["openWorldHint"] = tool.annotations.open_world;
  return json;
}

/// Both are objects or empty.
void AppendMeta(std::string& json, const std::string& own, const Json& meta) {
  if (own.empty() && meta.empty()) return;
  const std::string added = meta.empty() ? "{}" : ToText(meta);
  json += R"(,"_meta":)";
  if (own.empty() || own == "{}") {
    json += added;
  } else if (meta.empty()) {
    json += own;
  } else {
    json.append(added, 0, added.size() - 1).append(",").append(own, 1);
  }
}

}  // namespace

Json ToolEntry(const Era& era, const ToolDefinition& tool) {
  Json entry = {{"name", tool.name}};
  if (era.structured_output && !tool.title.empty()) entry["title"] = tool.title;
  entry["description"] = tool.description;
  entry["inputSchema"] = tool.input_schema;
  if (era.structured_output && tool.output_schema.is_object()) entry["outputSchema"] = tool.output_schema;
  if (era.annotations) entry["annotations"] = Annotations(era, tool);
  if (era.icons && !tool.icons.empty()) entry["icons"] = IconList(tool.icons);
  return entry;
}

std::string CallResult(const Era& era, const ToolResult& result, const Json& meta) {
  std::string json;
  json.reserve(result.text.size() + result.structured_json.size() + result.meta_json.size() + 256);
  json += R"({"content":)";
  if (result.content_json.empty()) {
    json += R"([{"type":"text","text":)";
    AppendJsonString(json, result.text);
    json += "}]";
  } else {
    json += result.content_json;
  }
  if (era.structured_output && !result.is_error && !result.structured_json.empty()) {
    json.append(R"(,"structuredContent":)").append(result.structured_json);
  }
  json.append(R"(,"isError":)").append(result.is_error ? "true" : "false");
  AppendMeta(json, result.meta_json, meta);
  json += '}';
  return json;
}

Json IconList(const std::vector<Icon>& icons) {
  Json list = Json::array();
  for (const Icon& icon : icons) {
    Json entry = {{"src", icon.src}};
    if (!icon.mime_type.empty()) entry["mimeType"] = icon.mime_type;
    if (!icon.sizes.empty()) entry["sizes"] = icon.sizes;
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace chimera::mcp
