// Figures and tables as people read them in a terminal. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace chimera::app {

std::string Count(uint64_t value);  ///< "12,345"
std::string Bytes(uint64_t bytes);  ///< "1.5 MiB"
std::string Age(int64_t seconds);   ///< "17 min"; "in 5 s" when negative

size_t Width(const std::string& text);  ///< in characters, not bytes
/// Blanks after `text`, or before it, up to `width` characters.
std::string Padded(const std::string& text, size_t width, bool right = false);

using TextRow = std::vector<std::string>;
/// Lines of columns, each as wide as its widest cell. The columns in `left` begin at their left edge, others end at
/// their right one. All rows have the same number of cells.
std::string TextTable(const std::vector<TextRow>& rows, const std::vector<size_t>& left);

}  // namespace chimera::app
