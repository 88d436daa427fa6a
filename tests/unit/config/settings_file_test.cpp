#include "config/settings_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace chimera::config {
namespace {

std::string ValueOf(const std::string& line) {
  const auto file = ParseSettingsFile("CH_PASSWORD=" + line + "\n", "f");
  return file.ok() ? file->lines.at("CH_PASSWORD").value : "failed: " + file.error().message;
}

TEST(ParseSettingsFile, ReadsTheLinesOfAnEnvironmentFile) {
  const auto file = ParseSettingsFile("\xEF\xBB\xBF# mine\n\nexport CH_HOST = 'db'\r\n  CH_PASSWORD=a=b#c", "f");
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->path, "f");
  EXPECT_EQ(file->lines.at("CH_HOST").value, "db");
  EXPECT_EQ(file->lines.at("CH_HOST").number, 3u);
  EXPECT_EQ(file->lines.at("CH_PASSWORD").value, "a=b#c") << "a # inside a value belongs to it";
}

TEST(ParseSettingsFile, TakesOnePairOfQuotesOff) {
  EXPECT_EQ(ValueOf("\" a # b \""), " a # b ");
  EXPECT_EQ(ValueOf("'\"a\"'"), "\"a\"");
  EXPECT_EQ(ValueOf("'a\\'"), "a\\");
  EXPECT_EQ(ValueOf("a'b"), "a'b");
  EXPECT_EQ(ValueOf("''"), "");
}

TEST(ParseSettingsFile, RefusesWhatOtherReadersTakeDifferently) {
  EXPECT_EQ(ValueOf("s3cret # mine"), "failed: f:1: the value of CH_PASSWORD holds a # after a space");
  EXPECT_EQ(ValueOf("s3cret\\"), "failed: f:1: the value of CH_PASSWORD ends with a backslash");
  for (const char* open : {"\"s3cret", "'s3cret' # mine", "\"s3cret'", "\""}) {
    EXPECT_EQ(ValueOf(open), "failed: f:1: the value of CH_PASSWORD begins with a quote and does not end with it")
        << open;
  }
}

TEST(ParseSettingsFile, NamesTheLineAndTheNearestSetting) {
  const auto unknown = ParseSettingsFile("CH_HOST=db\nCH_PASWORD=x\n", "my.conf");
  EXPECT_EQ(unknown.error().message, "my.conf:2: unknown setting `CH_PASWORD`");
  EXPECT_EQ(unknown.error().hint.substr(0, 27), "did you mean `CH_PASSWORD`?");
  EXPECT_EQ(ParseSettingsFile("CH_HOST=a\n\nCH_HOST=b", "f").error().message, "f:3: CH_HOST is set in line 1 already");
  EXPECT_EQ(ParseSettingsFile("CH_PASSWORD: s3cret", "f").error().message, "f:1: this is not CH_PASSWORD=value");
  EXPECT_EQ(ParseSettingsFile("s3cret", "f").error().message, "f:1: this is not NAME=value");
  EXPECT_FALSE(ParseSettingsFile("[chimera]", "f").ok());
  EXPECT_FALSE(ParseSettingsFile("=x", "f").ok());
}

TEST(SettingsLine, IsReadBackAsItWas) {
  for (const char* value : {"a", "a b", " a ", "a # b", "\"a\"", "'", "\"", "a\\", "#", "a#b", "", "a\" #b"}) {
    const auto file = ParseSettingsFile(SettingsLine("CH_DATABASE", value), "f");
    ASSERT_TRUE(file.ok()) << value << ": " << file.error().message;
    EXPECT_EQ(file->lines.at("CH_DATABASE").value, value);
  }
  EXPECT_EQ(SettingsLine("CH_HOST", "db"), "CH_HOST=db");
}

TEST(ReadSettingsFile, NamesAPasswordThatIsOpenToAll) {
  char path[] = "/tmp/chimera-settings-XXXXXX";
  const int fd = mkstemp(path);
  ASSERT_GE(fd, 0);
  close(fd);
  const auto notices = [&path](const char* text, mode_t mode) {
    std::ofstream(path) << text;
    chmod(path, mode);
    std::vector<std::string> out;
    EXPECT_TRUE(ReadSettingsFile(path, out).ok());
    return out.size();
  };
  EXPECT_EQ(notices("CH_PASSWORD=x\n", 0644), 1u);
  EXPECT_EQ(notices("CH_PASSWORD=x\n", 0640), 0u);
  EXPECT_EQ(notices("CH_HOST=x\n#CH_PASSWORD=x\nCH_PASSWORD=\n", 0644), 0u);
  unlink(path);
  std::vector<std::string> none;
  EXPECT_EQ(ReadSettingsFile(path, none).error().message, "the settings file " + std::string(path) + " is not there");
}

TEST(UsualSettingsFiles, AreTheUsersThenTheMachines) {
  using Paths = std::vector<std::string>;
  EXPECT_EQ(UsualSettingsFiles("/c", "/h"), (Paths{"/c/chimera-mcp/chimera-mcp.conf", "/etc/chimera-mcp.conf"}));
  EXPECT_EQ(UsualSettingsFiles("", "/h"), (Paths{"/h/.config/chimera-mcp/chimera-mcp.conf", "/etc/chimera-mcp.conf"}));
  EXPECT_EQ(UsualSettingsFiles({}, {}), (Paths{"/etc/chimera-mcp.conf"}));
}

}  // namespace
}  // namespace chimera::config
