#include "schema/field_rules.h"

#include <algorithm>

namespace chimera::schema {
namespace {

bool IsNullable(std::string_view type) {
  return type.find("Nullable(") != std::string_view::npos;
}

/// Why `value` is no value of the field; empty when it is one.
std::string Misfit(const FieldRules& rules, const Json& value) {
  if (value.is_null()) return IsNullable(rules.type) ? "" : "is null, but " + rules.type + " is not Nullable";
  if (rules.format == "json") return value.is_object() || value.is_string() ? "" : "must be an object or JSON text";
  if (rules.kind == TypeKind::kBool) return value.is_boolean() ? "" : "must be true or false";
  if (rules.kind != TypeKind::kNumber) return value.is_string() ? "" : "must be a string";
  return value.is_number() ? "" : "must be a number";
}

std::string OutOfRange(const FieldRules& rules, const Json& value) {
  if (rules.min && value.is_number() && value.get<double>() < *rules.min) return "is below min";
  if (rules.max && value.is_number() && value.get<double>() > *rules.max) return "is above max";
  if (rules.allowed.empty() || !value.is_string()) return {};
  const bool listed =
      std::find(rules.allowed.begin(), rules.allowed.end(), value.get<std::string>()) != rules.allowed.end();
  return listed ? "" : "is not in enum";
}

void CheckLimits(JsonReader& reader, const FieldRules& rules) {
  if ((rules.min || rules.max) && rules.kind != TypeKind::kNumber)
    reader.Fail("min and max are for numbers only", rules.min ? "min" : "max");
  if (rules.min && rules.max && *rules.min > *rules.max) reader.Fail("min is above max", "min");
  if (!rules.allowed.empty() && rules.kind != TypeKind::kText) reader.Fail("enum is for String types only", "enum");
}

}  // namespace

FieldRules ReadFieldRules(JsonReader& reader) {
  FieldRules rules;
  rules.type = reader.String("type");
  const Result<TypeKind> kind = KindOfType(rules.type);
  if (kind) rules.kind = *kind;
  if (!kind && reader.Holds("type")) reader.Fail(kind.error().message + "; " + kind.error().hint, "type");
  if (rules.kind == TypeKind::kComposite) reader.Fail("type `" + rules.type + "` is for result columns only", "type");
  rules.min = reader.Number("min");
  rules.max = reader.Number("max");
  rules.allowed = reader.Strings("enum");
  if (rules.kind) CheckLimits(reader, rules);
  return rules;
}

void CheckSample(JsonReader& reader, const FieldRules& rules, std::string_view role, const Json& value) {
  if (!rules.kind) return;  // the type is what is wrong
  std::string problem = Misfit(rules, value);
  if (problem.empty()) problem = OutOfRange(rules, value);
  if (!problem.empty()) reader.Fail(std::string(role) + " " + Excerpt(value) + " " + problem, role);
}

}  // namespace chimera::schema
