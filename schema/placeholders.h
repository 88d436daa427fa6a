// The `{name:Type}` placeholders of declared SQL. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace chimera::schema {

struct Placeholder {
  std::string name;
  std::string type;   ///< as written, without surrounding space
  size_t offset = 0;  ///< of its brace, in bytes from 0
};

/// Every placeholder of `sql`, in order, repeats included; those in comments and strings do not count. kSyntaxError
/// when the SQL cannot be split into tokens.
Result<std::vector<Placeholder>> FindPlaceholders(std::string_view sql);

}  // namespace chimera::schema
