#include "tools/type_name.h"

#include "tools/catalog.h"

namespace chimera::tools {
namespace {

Json BareSchema(std::string_view type) {
  const std::string_view family = TypeFamily(type);
  const auto arguments = TypeArguments(type);
  if (family == "Bool") return {{"type", "boolean"}};
  if (IsIntegerType(type)) return {{"type", sql::IntegerBits(type) < 64 ? "integer" : "string"}};
  if (family.starts_with("Float") || family == "BFloat16") return {{"type", {"number", "null"}}};
  if (family == "Array" && arguments.size() == 1) return {{"type", "array"}, {"items", AnswerSchema(arguments[0])}};
  if (family == "Map" && arguments.size() == 2) {
    return {{"type", "object"}, {"additionalProperties", AnswerSchema(arguments[1])}};
  }
  if (family == "Tuple" || family == "JSON" || family == "Nested") return Json::object();
  return {{"type", "string"}};
}

}  // namespace

Json AnswerSchema(std::string_view type) {
  Json schema = BareSchema(BareType(type));
  if (!IsNullableType(type) || !schema.contains("type") || schema["type"].is_array()) return schema;
  schema["type"] = Json::array({schema["type"], "null"});
  return schema;
}

bool IsNumericType(std::string_view type) {
  const std::string_view bare = BareType(type);
  return IsIntegerType(bare) || bare.starts_with("Float") || bare.starts_with("BFloat") || bare.starts_with("Decimal");
}

bool IsTimeType(std::string_view type) {
  const std::string_view family = TypeFamily(BareType(type));
  return family == "Date" || family == "Date32" || family == "DateTime" || family == "DateTime64";
}

}  // namespace chimera::tools
