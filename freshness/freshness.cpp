#include "freshness/freshness.h"

#include <string_view>

#include "ingest/position.h"

namespace chimera::freshness {
namespace {

/// `object` is the text of a JSON object.
void AddMember(std::string& object, std::string_view member) {
  const size_t end = object.rfind('}');
  const bool empty = object[object.find_last_not_of(" \t\r\n", end - 1)] == '{';
  object.insert(end, (empty ? "" : ",") + std::string(member));
}

}  // namespace

Json ToJson(const Freshness& freshness) {
  Json json = {{"mode", freshness.mode == Mode::kDatabase ? "database" : "database+buffer"}};
  if (freshness.age) json["age_ms"] = freshness.age->count();
  if (freshness.watermark) json["watermark"] = ingest::PositionText(*freshness.watermark);
  if (freshness.pending_rows) json["pending_rows"] = *freshness.pending_rows;
  if (!freshness.note.empty()) json["note"] = freshness.note;
  return json;
}

mcp::Headers HeadersOf(const Freshness& freshness) {
  mcp::Headers headers;
  if (freshness.age) headers.push_back({"x-timestore-replica-age-ms", std::to_string(freshness.age->count())});
  headers.push_back(
      {"x-timestore-freshness-mode", freshness.mode == Mode::kDatabase ? "replica-only" : "replica+hot-buffer"});
  if (freshness.watermark) {
    headers.push_back({"x-timestore-latest-ingest-watermark", ingest::PositionText(*freshness.watermark)});
  }
  return headers;
}

void Attach(const Freshness& freshness, mcp::ToolResult& result) {
  if (result.is_error || !result.need.Empty()) return;
  const std::string json = ToText(ToJson(freshness));
  const std::string member = "\"freshness\":" + json;
  const std::string& structured = result.structured_json;
  if (!structured.empty() && result.text.ends_with(structured)) {
    AddMember(result.text, member);
  } else {
    result.text += (result.text.empty() ? "" : "\n") + ("Freshness: " + json);
  }
  if (!structured.empty()) AddMember(result.structured_json, member);
  for (auto& header : HeadersOf(freshness)) result.headers.push_back(std::move(header));
}

}  // namespace chimera::freshness
