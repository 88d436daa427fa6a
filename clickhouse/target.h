// The path and query of a request to ClickHouse's HTTP interface. Pure.
#pragma once

#include <string>
#include <string_view>

#include "clickhouse/client.h"

namespace chimera::clickhouse {

class Target {
 public:
  /// Appends `name=value`, percent-encoded.
  Target& Add(std::string_view name, std::string_view value);
  Target& Add(std::string_view name, uint64_t value);
  /// Appends `param_<name>` with the value in the escaped form that the server expects.
  Target& Add(const Parameter& parameter);
  /// Appends a setting of the caller, unless that name is already there: nobody overrides what was added before.
  Target& AddUnlessThere(const Setting& setting);

  const std::string& Text() const { return text_; }

 private:
  std::string text_ = "/";
};

/// `value` as one field of ClickHouse's TSV, which is how parameters travel: backslash, tab, line ends and NUL escaped.
std::string EscapeParameter(std::string_view value);

}  // namespace chimera::clickhouse
