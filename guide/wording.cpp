#include "guide/wording.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "base/text.h"
#include "schema/tool_files.h"
#include "sql/lexer.h"

namespace chimera::guide {
namespace {

std::string SqlPart(std::string_view name) {
  return schema::IsIdentifier(name) ? std::string(name) : sql::QuoteIdentifier(name);
}

bool IsSpace(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
}

}  // namespace

std::string OneLine(std::string_view text, size_t max_bytes) {
  std::string line;
  for (const char c : Trim(text)) {
    if (!IsSpace(c)) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  return Cut(line, max_bytes);
}

std::string FirstSentence(std::string_view text) {
  for (size_t at = text.find_first_of(".?"); at != std::string_view::npos; at = text.find_first_of(".?", at + 1)) {
    if (at + 1 == text.size() || IsSpace(text[at + 1])) return std::string(text.substr(0, at + 1));
  }
  return std::string(text);
}

std::string RowCount(double rows) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.0f", rows);
  return std::string(text.data()) + (rows == 1 ? " row" : " rows");
}

std::string ByteSize(double bytes) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < kUnits.size(); ++unit) bytes /= 1024;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f" : "%.1f", bytes);
  return std::string(text.data()) + " " + kUnits[unit];
}

std::string SqlName(std::string_view database, std::string_view table) {
  return SqlPart(database) + "." + SqlPart(table);
}

}  // namespace chimera::guide
