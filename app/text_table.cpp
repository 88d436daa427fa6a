#include "app/text_table.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace chimera::app {

std::string Count(uint64_t value) {
  std::string text = std::to_string(value);
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string Bytes(uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text;
}

std::string Age(int64_t seconds) {
  const int64_t length = seconds < 0 ? -seconds : seconds;
  const std::string text = length < 120         ? std::to_string(length) + " s"
                           : length < 120 * 60  ? std::to_string(length / 60) + " min"
                           : length < 48 * 3600 ? std::to_string(length / 3600) + " h"
                                                : std::to_string(length / 86400) + " days";
  return seconds < 0 ? "in " + text : text;
}

size_t Width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string Padded(const std::string& text, size_t width, bool right) {
  const std::string blanks(width > Width(text) ? width - Width(text) : 0, ' ');
  return right ? blanks + text : text + blanks;
}

std::string TextTable(const std::vector<TextRow>& rows, const std::vector<size_t>& left) {
  std::string out;
  for (const TextRow& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      size_t width = 0;
      for (const TextRow& other : rows) width = std::max(width, Width(other[i]));
      const bool right = std::find(left.begin(), left.end(), i) == left.end();
      line += (i == 0 ? "" : "  ") + Padded(row[i], width, right);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

}  // namespace chimera::app
