// What the gate must let pass and what it must refuse, one statement a line. Every read also parses on ClickHouse 26.7.
#pragma once

#include <string_view>

namespace chimera::sql {

struct Read {
  std::string_view kind;
  std::string_view sql;
};

struct Refusal {
  std::string_view message;  ///< a part of the error's message
  std::string_view sql;
};

}  // namespace chimera::sql
