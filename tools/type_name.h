// The JSON Schema of what a column's values look like in an answer, and the names that read its type. Pure.
#pragma once

#include <string_view>

#include "base/json.h"
#include "sql/type_name.h"

namespace chimera::tools {

using sql::BareType;
using sql::IsIntegerType;
using sql::IsNullableType;
using sql::TypeArguments;
using sql::TypeFamily;

/// The schema of a value of `type` as answers carry it: 64-bit and wider integers and decimals are strings, a float may
/// be null (instead of NaN), Nullable adds null.
Json AnswerSchema(std::string_view type);

}  // namespace chimera::tools
