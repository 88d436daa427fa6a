#include "tools/insert_schema.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "tools/answer.h"

namespace chimera::tools {
namespace {

void AddIntegerRange(const ColumnType& type, Json& schema) {
  if (type.bits > 64) return;  // no JSON number holds the bounds
  if (type.kind == TypeKind::kUnsigned) schema["minimum"] = 0;
  if (type.kind == TypeKind::kSigned && type.bits < 32) {
    schema["minimum"] = Json::parse("-" + std::string(SmallestMagnitude(type)));
  }
  // What 32 bits hold tells a model nothing that it could use; the check refuses what is beyond them all the same.
  if (type.bits < 32) schema["maximum"] = Json::parse(LargestInteger(type));
}

std::string HexPattern(const ColumnType& type) {
  if (type.kind != TypeKind::kFixedString) return "^0x([0-9a-fA-F]{2})*$";
  return "^0x[0-9a-fA-F]{" + std::to_string(type.length - std::min<size_t>(2, type.length)) + "}$";
}

Json TextSchema(const ColumnRule& rule) {
  const bool is_json = rule.column.format == "json";
  Json schema = {{"type", is_json ? Json({"object", "string"}) : Json("string")}};
  if (rule.type.kind == TypeKind::kUuid) schema["format"] = "uuid";
  const bool is_commit = rule.column.format == "commit";
  if (is_commit) schema["pattern"] = "^[0-9a-fA-F]{40}$";
  const bool is_hex = rule.column.format == "hex";
  if (is_hex) schema["pattern"] = HexPattern(rule.type);
  if (rule.type.kind == TypeKind::kFixedString && !is_commit && !is_hex) {
    schema["minLength"] = schema["maxLength"] = rule.type.length;
  }
  if (rule.column.format == "non-empty") schema["minLength"] = 1;
  const auto& allowed = rule.type.kind == TypeKind::kEnum ? rule.type.names : rule.column.allowed;
  if (!allowed.empty()) schema["enum"] = allowed;
  return schema;
}

Json TypeSchema(const ColumnRule& rule) {
  Json schema;
  switch (rule.type.kind) {
    case TypeKind::kSigned:
    case TypeKind::kUnsigned:
      schema = {{"type", rule.type.bits < 64 ? Json("integer") : Json({"integer", "string"})}};
      AddIntegerRange(rule.type, schema);
      break;
    case TypeKind::kFloat:
      schema = {{"type", "number"}};
      break;
    case TypeKind::kDecimal:
      schema = {{"type", {"number", "string"}}};
      break;
    case TypeKind::kBool:
      schema = {{"type", "boolean"}};
      break;
    default:
      return TextSchema(rule);
  }
  if (rule.column.min) schema["minimum"] = PlainNumber(*rule.column.min);
  if (rule.column.max) schema["maximum"] = PlainNumber(*rule.column.max);
  return schema;
}

void AllowNull(Json& schema) {
  Json& type = schema["type"];
  if (!type.is_array()) type = Json::array({type});
  type.push_back("null");
  if (schema.contains("enum")) schema["enum"].push_back(nullptr);
}

std::string PlainText(const Json& value) {
  return value.is_string() ? value.get<std::string>() : ToText(value);
}

// What the type asks for beyond its JSON type.
std::string FormatText(const ColumnRule& rule) {
  const ColumnType& type = rule.type;
  if (type.kind == TypeKind::kTime) return " ISO 8601, UTC unless it has an offset.";
  if (type.kind == TypeKind::kDate) return " A date such as 2025-01-31; or now.";
  if (type.kind == TypeKind::kDecimal) return " At most " + std::to_string(type.scale) + " decimal places.";
  if (rule.column.format == "json") return " A JSON object, or JSON text.";
  return "";
}

// Numbers, times, sets and UUIDs are clear from their schema; the schema of every tool is read in every session.
bool NeedsExample(const ColumnRule& rule) {
  const bool is_text = rule.type.kind == TypeKind::kString || rule.type.kind == TypeKind::kFixedString;
  const bool has_rule = rule.column.format == "commit" || rule.column.format == "hex" || !rule.column.allowed.empty() ||
                        rule.column.fallback;
  return is_text && !has_rule && !rule.column.example.is_null();
}

std::string FieldText(const ColumnRule& rule) {
  std::string text = rule.column.description;
  if (!text.empty() && text.back() != '.') text += '.';
  text += FormatText(rule);
  if (rule.column.fallback) {
    const std::string fallback = PlainText(*rule.column.fallback);
    text += " Default: " + (fallback.empty() ? "empty" : fallback) + ".";
  }
  if (NeedsExample(rule)) text += " Example: " + PlainText(rule.column.example);
  return text;
}

Json FieldSchema(const ColumnRule& rule) {
  Json schema = TypeSchema(rule);
  if (rule.type.nullable) AllowNull(schema);
  schema["description"] = FieldText(rule);
  return schema;
}

Json RowSchema(const InsertRules& rules) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const auto& rule : rules.columns) {
    properties[rule.column.name] = FieldSchema(rule);
    if (rule.Required()) required.push_back(rule.column.name);
  }
  return {
      {"type", "object"}, {"properties", properties}, {"required", required}, {"additionalProperties", rules.grows}};
}

Json InputSchema(const InsertRules& rules) {
  const Json rows = {{"type", "array"},
                     {"description", "or give data"},
                     {"minItems", 1},
                     {"maxItems", kMaxInsertRows},
                     {"items", RowSchema(rules)}};
  const Json data = {{"type", "object"}, {"description", "one row, instead of rows"}};
  const Json key = {{"type", "string"},
                    {"minLength", 1},
                    {"maxLength", kMaxKeyBytes},
                    {"description", "default: derived from the rows"}};
  const Json dry_run = {{"type", "boolean"}, {"description", "check only, store nothing"}};
  Json properties = {{"rows", rows}, {"data", data}, {"idempotency_key", key}, {"dry_run", dry_run}};
  if (rules.buffers) {
    properties["mode"] = {{"enum", {"sync", "buffered"}},
                          {"description", "buffered: answered once safe, in the table within seconds; default sync"}};
  }
  return {{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
}

// Names say what they hold; only what they cannot say is described.
Json OutputSchema(const InsertRules& rules) {
  const Json text = {{"type", "string"}};
  const Json integer = {{"type", "integer"}};
  const Json text_or_null = {{"type", {"string", "null"}}};
  Json properties = {{"table", text},
                     {"accepted_rows", integer},
                     {"dry_run", {{"type", "boolean"}}},
                     {"batch_token", text},
                     {"idempotency_key", text_or_null},
                     {"ts_range", {{"type", {"object", "null"}}}},
                     {"partitions", {{"type", "array"}, {"description", "{day, rows}"}}},
                     {"notes", {{"type", "array"}}}};
  if (rules.buffers) {
    properties["position"] = {{"type", "string"}, {"description", "of a buffered write: min_watermark waits for it"}};
    properties["repeated"] = {{"type", "boolean"}};
  }
  return ObjectSchema(properties);
}

std::string Description(const schema::InsertTool& declaration) {
  return declaration.description +
         " All rows are stored or none; rows sent again are stored once: equal events need an idempotency_key each.";
}

}  // namespace

mcp::ToolDefinition InsertDefinition(const schema::InsertTool& declaration, const InsertRules& rules) {
  return {.name = declaration.name,
          .title = declaration.title,
          .description = Description(declaration),
          .input_schema = InputSchema(rules),
          .output_schema = OutputSchema(rules),
          .annotations = {.read_only = false, .destructive = false, .idempotent = true, .open_world = false}};
}

}  // namespace chimera::tools
