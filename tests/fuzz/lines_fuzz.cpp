// The framer of stdio: however its input is cut, the lines are those of the whole text. The first byte sets the limit
// of a line, the second seeds the cuts.
#include <string>
#include <vector>

#include "base/text.h"
#include "mcp/line_framer.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace chimera;

std::string Shown(const mcp::LineFramer::Line& line) {
  fuzz::Require(!line.too_long || line.text.empty(), "a line that was too long has no text");
  return line.too_long ? "too long" : "=" + line.text;
}

/// The lines by the simplest way there is.
std::vector<std::string> Expected(std::string_view text, size_t most) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > most) {
      lines.push_back("too long");
    } else if (!Trim(line).empty()) {
      lines.push_back("=" + std::string(line));
    }
  }
  return lines;
}

std::vector<std::string> Framed(std::string_view text, size_t most, size_t seed) {
  mcp::LineFramer framer(most);
  std::vector<std::string> lines;
  while (!text.empty()) {
    seed = (seed * 31 + 7) % 257;
    const size_t piece = std::min(seed % 23, text.size());
    framer.Feed(text.substr(0, piece));
    text.remove_prefix(piece);
    while (auto line = framer.Next()) lines.push_back(Shown(*line));
  }
  if (auto line = framer.Rest()) lines.push_back(Shown(*line));
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view text = fuzz::TextOf(data + 2, size - 2);
  fuzz::Require(Framed(text, data[0], data[1]) == Expected(text, data[0]), "lines do not depend on cuts", text);
  return 0;
}
