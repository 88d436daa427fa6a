#include "tools/answer.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/text.h"
#include "tools/statistics.h"

namespace chimera::tools {

ObjectText& ObjectText::Add(std::string_view key, const Json& value) {
  return AddRaw(key, ToText(value));
}

ObjectText& ObjectText::AddRaw(std::string_view key, std::string_view json) {
  AddKey(key);
  text_ += json;
  return *this;
}

ObjectText& ObjectText::AddArray(std::string_view key, std::string_view items) {
  constexpr size_t kRoomBehind = 1024;  // for what mostly follows, so that megabytes are not moved again
  text_.reserve(text_.size() + key.size() + items.size() + kRoomBehind);
  AddKey(key);
  text_ += '[';
  text_ += items;
  text_ += ']';
  return *this;
}

void ObjectText::AddKey(std::string_view key) {
  if (text_.size() > 1) text_ += ',';
  AppendJsonString(text_, key);
  text_ += ':';
}

std::string ObjectText::Take() {
  text_ += '}';
  return std::move(text_);
}

void AddRows(ObjectText& object, const clickhouse::Rows& rows) {
  Json columns = Json::array();
  for (const auto& column : rows.columns) columns.push_back({{"name", column.name}, {"type", column.type}});
  object.Add("columns", columns).AddArray("rows", rows.rows_json);
  object.Add("row_count", rows.row_count).Add("truncated", rows.truncated);
}

void AddNotes(ObjectText& object, const clickhouse::Rows& rows) {
  if (!rows.notes.empty()) object.Add("notes", rows.notes);
}

std::string NoteText(const clickhouse::Rows& rows) {
  return rows.notes.empty() ? "" : " Note: " + Join(rows.notes, "; ") + ".";
}

Json StatisticsJson(const clickhouse::Statistics& statistics) {
  return {{"rows_read", statistics.rows_read},
          {"bytes_read", statistics.bytes_read},
          {"elapsed_ms", Rounded(statistics.elapsed_ms, 3)}};
}

Json PlainNumber(double value) {
  const bool whole = std::trunc(value) == value && std::abs(value) < 9e15;
  return whole ? Json(static_cast<int64_t>(value)) : Json(value);
}

Json ObjectSchema(Json properties) {
  return {{"type", "object"}, {"properties", std::move(properties)}};
}

Json ArgumentsSchema(Json properties, const std::vector<std::string>& required) {
  Json schema = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = required;
  schema["additionalProperties"] = false;
  return schema;
}

Json RowsProperties() {
  return {{"columns", Typed("array", "{name, type}")},
          {"rows", {{"type", "array"}, {"items", {{"type", "array"}}}}},
          {"row_count", {{"type", "integer"}}},
          {"truncated", {{"type", "boolean"}}}};
}

Json StatisticsSchema() {
  return {{"type", "object"}};
}

Json Typed(const Json& type, std::string_view description) {
  return {{"type", type}, {"description", description}};
}

}  // namespace chimera::tools
