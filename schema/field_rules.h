// What an inserted column and an analysis parameter have in common: a type with limits, and sample values that must fit
// them. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/json_reader.h"
#include "schema/type_name.h"

namespace chimera::schema {

struct FieldRules {
  std::string type;
  std::optional<TypeKind> kind;  ///< absent when the type was refused
  std::optional<double> min;
  std::optional<double> max;
  std::vector<std::string> allowed;
  std::string format;
};

/// Reads type, min, max and enum of one field. Problems are recorded in `reader`: a type that is unknown or composite,
/// limits on what is no number, an enum on what is no text.
FieldRules ReadFieldRules(JsonReader& reader);

/// Records in `reader` when `value`, the field's `role` ("default", "example"), breaks `rules`.
void CheckSample(JsonReader& reader, const FieldRules& rules, std::string_view role, const Json& value);

}  // namespace chimera::schema
