#include "tools/type_name.h"

#include <array>
#include <charconv>

#include "base/text.h"
#include "tools/catalog.h"

namespace chimera::tools {
namespace {

constexpr std::array<std::string_view, 2> kWrappers = {"Nullable(", "LowCardinality("};

bool Unwrap(std::string_view& type, std::string_view wrapper) {
  if (!type.starts_with(wrapper) || !type.ends_with(')')) return false;
  type = Trim(type.substr(wrapper.size(), type.size() - wrapper.size() - 1));
  return true;
}

// 32 of "UInt32" or "Int32"; 0 for anything else.
int IntegerBits(std::string_view type) {
  if (type.starts_with('U')) type.remove_prefix(1);
  if (!type.starts_with("Int")) return 0;
  type.remove_prefix(3);
  int bits = 0;
  const auto [end, error] = std::from_chars(type.data(), type.data() + type.size(), bits);
  return error == std::errc() && end == type.data() + type.size() ? bits : 0;
}

Json BareSchema(std::string_view type) {
  const std::string_view family = TypeFamily(type);
  const auto arguments = TypeArguments(type);
  if (family == "Bool") return {{"type", "boolean"}};
  if (IsIntegerType(type)) return {{"type", IntegerBits(type) < 64 ? "integer" : "string"}};
  if (family.starts_with("Float") || family == "BFloat16") return {{"type", {"number", "null"}}};
  if (family == "Array" && arguments.size() == 1) return {{"type", "array"}, {"items", AnswerSchema(arguments[0])}};
  if (family == "Map" && arguments.size() == 2) {
    return {{"type", "object"}, {"additionalProperties", AnswerSchema(arguments[1])}};
  }
  if (family == "Tuple" || family == "JSON" || family == "Nested") return Json::object();
  return {{"type", "string"}};
}

}  // namespace

std::string_view BareType(std::string_view type) {
  type = Trim(type);
  while (Unwrap(type, kWrappers[0]) || Unwrap(type, kWrappers[1])) {
  }
  return type;
}

bool IsNullableType(std::string_view type) {
  type = Trim(type);
  Unwrap(type, kWrappers[1]);
  return type.starts_with(kWrappers[0]);
}

std::string_view TypeFamily(std::string_view bare_type) {
  return Trim(bare_type.substr(0, bare_type.find('(')));
}

std::vector<std::string_view> TypeArguments(std::string_view bare_type) {
  std::vector<std::string_view> arguments;
  const size_t open = bare_type.find('(');
  if (open == std::string_view::npos || !bare_type.ends_with(')')) return arguments;
  const std::string_view inside = bare_type.substr(open + 1, bare_type.size() - open - 2);
  size_t start = 0;
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '\'') quoted = !quoted;
    if (quoted) continue;
    depth += inside[i] == '(' ? 1 : inside[i] == ')' ? -1 : 0;
    if (inside[i] != ',' || depth != 0) continue;
    arguments.push_back(Trim(inside.substr(start, i - start)));
    start = i + 1;
  }
  arguments.push_back(Trim(inside.substr(start)));
  return arguments;
}

bool IsIntegerType(std::string_view bare_type) {
  return IntegerBits(bare_type) != 0;
}

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
