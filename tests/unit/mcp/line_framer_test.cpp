#include "mcp/line_framer.h"

#include <gtest/gtest.h>

#include <vector>

namespace chimera::mcp {
namespace {

/// Lines of `pieces`; a too long one is shown as "!".
std::vector<std::string> Lines(const std::vector<std::string_view>& pieces, size_t max_bytes = 8) {
  LineFramer framer(max_bytes);
  std::vector<std::string> lines;
  const auto keep = [&](const LineFramer::Line& line) { lines.push_back(line.too_long ? "!" : line.text); };
  for (const auto piece : pieces) {
    framer.Feed(piece);
    while (auto line = framer.Next()) keep(*line);
  }
  if (auto line = framer.Rest()) keep(*line);
  return lines;
}

using Texts = std::vector<std::string>;

TEST(LineFramerTest, CutsLines) {
  EXPECT_EQ(Lines({"a\nb\r\n\n \t\r\nc"}), (Texts{"a", "b", "c"}));
  EXPECT_EQ(Lines({}), Texts{});
  EXPECT_EQ(Lines({"\n\r\n"}), Texts{});
}

TEST(LineFramerTest, ReportsATooLongLineOnceAndGoesOn) {
  EXPECT_EQ(Lines({"123456789\nok\n"}), (Texts{"!", "ok"}));
  EXPECT_EQ(Lines({"12345678\r\nok"}), (Texts{"12345678", "ok"}));
  EXPECT_EQ(Lines({"123456789"}), Texts{"!"});
  EXPECT_EQ(Lines({"1234567890", "1234567890", "\n", "ok\n"}), (Texts{"!", "ok"}));
  EXPECT_EQ(Lines({"1234567890", "1234567890"}), Texts{"!"});
}

TEST(LineFramerTest, GivesTheSameLinesHoweverInputIsSplit) {
  const std::string input = "{\"a\":1}\r\n\n12345678\n1234567890123\n  \n123456789\r\nz\r\r\nlast";
  const auto whole = Lines({input});
  EXPECT_EQ(whole, (Texts{"{\"a\":1}", "12345678", "!", "!", "z\r", "last"}));
  const std::string_view view = input;
  for (size_t i = 0; i <= view.size(); ++i) {
    for (size_t j = i; j <= view.size(); ++j) {
      EXPECT_EQ(Lines({view.substr(0, i), view.substr(i, j - i), view.substr(j)}), whole) << i << " " << j;
    }
  }
}

TEST(LineFramerTest, TakesByteByByte) {
  std::vector<std::string_view> bytes;
  const std::string_view input = "ab\r\n1234567890\ncd";
  for (size_t i = 0; i < input.size(); ++i) bytes.push_back(input.substr(i, 1));
  EXPECT_EQ(Lines(bytes), (Texts{"ab", "!", "cd"}));
}

}  // namespace
}  // namespace chimera::mcp
