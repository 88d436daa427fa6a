// The settings as people read them: the sample file and the reference table name exactly those that there are.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "config/settings.h"

namespace chimera::config {
namespace {

std::vector<std::string> Lines(const std::string& path) {
  std::ifstream file(std::string(CHIMERA_SOURCES) + path);
  EXPECT_TRUE(file) << path;
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

TEST(Sample, ParsesOnceUncommentedAndNamesEverySetting) {
  const std::regex commented("#[A-Z][A-Z0-9_]*=.*");
  std::string text;
  for (const auto& line : Lines("/config/chimera-mcp.conf.sample")) {
    EXPECT_TRUE(line.empty() || line.front() == '#') << "the sample sets nothing by itself: " << line;
    text += (std::regex_match(line, commented) ? line.substr(1) : line) + "\n";
  }
  const auto file = ParseSettingsFile(text, "sample");
  ASSERT_TRUE(file.ok()) << file.error().message;
  for (const auto& setting : Settings()) EXPECT_TRUE(file->lines.contains(setting.name)) << setting.name;
}

TEST(Sample, ShowsDefaultsAsTheyAre) {
  const std::vector<std::string> lines = Lines("/config/chimera-mcp.conf.sample");
  for (const auto& setting : Settings()) {
    const std::string fallback(setting.fallback);
    if (!std::regex_match(fallback, std::regex("[0-9.]+|true|auto|dotted|info|chimera_metrics"))) continue;
    const std::string line = "#" + std::string(setting.name) + "=" + fallback;
    EXPECT_NE(std::find(lines.begin(), lines.end(), line), lines.end()) << line;
  }
}

TEST(ReferenceTable, SaysWhatTheProgramSays) {
  std::vector<std::string> rows;
  for (auto line : Lines("/docs/configuration.md")) {
    line.erase(std::remove(line.begin(), line.end(), '`'), line.end());
    if (line.starts_with("| CH") || line.starts_with("| DD_")) rows.push_back(line);
  }
  std::vector<std::string> expected;
  for (const auto& setting : Settings()) {
    const std::string meaning(setting.meaning);
    expected.push_back("| " + std::string(setting.name) + " | " + meaning + " | " + std::string(setting.fallback) +
                       " |");
  }
  EXPECT_EQ(rows, expected);
}

}  // namespace
}  // namespace chimera::config
