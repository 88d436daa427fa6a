#include "sql/type_name.h"

#include <array>
#include <charconv>

#include "base/text.h"

namespace chimera::sql {
namespace {

constexpr std::array<std::string_view, 2> kWrappers = {"Nullable(", "LowCardinality("};

bool Unwrap(std::string_view& type, std::string_view wrapper) {
  if (!type.starts_with(wrapper) || !type.ends_with(')')) return false;
  type = Trim(type.substr(wrapper.size(), type.size() - wrapper.size() - 1));
  return true;
}

/// The index of the quote that closes the one at `open`; the last index when none does.
size_t QuoteEnd(std::string_view text, size_t open) {
  for (size_t i = open + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == text[open]) {
      return i;
    }
  }
  return text.size() - 1;
}

bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
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
  for (size_t i = 0; i < inside.size(); ++i) {
    const char c = inside[i];
    if (c == '\'' || c == '`') i = QuoteEnd(inside, i);
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c != ',' || depth != 0) continue;
    arguments.push_back(Trim(inside.substr(start, i - start)));
    start = i + 1;
  }
  arguments.push_back(Trim(inside.substr(start)));
  return arguments;
}

TypeElement SplitElement(std::string_view argument) {
  size_t end = 0;
  if (argument.starts_with('`')) {
    end = QuoteEnd(argument, 0) + 1;
  } else {
    while (end < argument.size() && IsWord(argument[end])) ++end;
  }
  if (end >= argument.size() || argument[end] != ' ') return {{}, argument};
  return {argument.substr(0, end), Trim(argument.substr(end))};
}

int IntegerBits(std::string_view type) {
  if (type.starts_with('U')) type.remove_prefix(1);
  if (!type.starts_with("Int")) return 0;
  type.remove_prefix(3);
  int bits = 0;
  const auto [end, error] = std::from_chars(type.data(), type.data() + type.size(), bits);
  return error == std::errc() && end == type.data() + type.size() ? bits : 0;
}

bool IsIntegerType(std::string_view bare_type) {
  return IntegerBits(bare_type) != 0;
}

}  // namespace chimera::sql
