#include "config/config.h"

#include <gtest/gtest.h>

namespace chimera::config {
namespace {

Environment Fixed(SettingMap variables) {
  return [variables](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

Result<Config> LoadFrom(SettingMap variables) {
  return Load(SettingValues({}, Fixed(std::move(variables)), {}));
}

TEST(Config, IsEmbeddedWithoutAHost) {
  const auto config = LoadFrom({{"HOME", "/home/a"}, {"CH_HOST", ""}});
  ASSERT_TRUE(config.ok());
  EXPECT_TRUE(config->embedded) << "an empty variable counts as unset";
  EXPECT_EQ(config->engine.data_dir, "/home/a/.local/share/chimera-mcp");
  EXPECT_EQ(config->clickhouse.database, "chimera_metrics");
}

TEST(Config, TakesTheHttpPortBesideTheNativeOne) {
  const auto config = LoadFrom({{"CH_HOST", "db.example"}, {"CH_PORT", "9440"}, {"CH_SECURE", "true"}});
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->clickhouse.hosts.front().port, 8443);
  ASSERT_EQ(config->notices.size(), 1u);
  EXPECT_NE(config->notices[0].find("8443"), std::string::npos);
}

TEST(Config, NamesTheVariableThatDoesNotFit) {
  EXPECT_EQ(LoadFrom({{"CH_PORT", "http"}}).error().message, "CH_PORT=http is not a whole number from 1 to 65535");
  EXPECT_EQ(LoadFrom({{"CHIMERA_TOOL_NAMES", "camel"}}).error().message,
            "CHIMERA_TOOL_NAMES=camel is not one of dotted, underscore");
  EXPECT_EQ(LoadFrom({{"CH_SECURE", "maybe"}}).error().message, "CH_SECURE=maybe is not true or false");
}

TEST(Config, RefusesASystemDatabaseAsTheDefault) {
  EXPECT_FALSE(LoadFrom({{"CH_DATABASE", "System"}}).ok());
  EXPECT_TRUE(LoadFrom({{"CH_DATABASE", "systems"}}).ok());
}

TEST(Config, SplitsDatasetFolders) {
  EXPECT_EQ(LoadFrom({{"CHIMERA_DATASET_DIRS", "/a::/b"}})->dataset_dirs, (std::vector<std::string>{"/a", "/b"}));
}

TEST(SettingValues, PrefersFlagsToTheEnvironmentToTheFile) {
  const SettingMap file = {{"CH_HOST", "file"}, {"CH_PORT", "1"}, {"CH_USERNAME", "file"}};
  const SettingValues values({{"CH_HOST", "flag"}}, Fixed({{"CH_HOST", "env"}, {"CH_PORT", "2"}, {"CH_USERNAME", ""}}),
                             file);
  EXPECT_EQ(values.Text("CH_HOST"), "flag");
  EXPECT_EQ(values.Text("CH_PORT"), "2");
  EXPECT_EQ(values.Text("CH_USERNAME"), "file") << "an empty variable counts as unset";
  EXPECT_EQ(values.SourceOf("CH_USERNAME"), Source::kFile);
  EXPECT_EQ(values.SourceOf("CH_TIMEOUT"), Source::kDefault);
}

TEST(ParseSettingsFile, ReadsTheLinesOfAnEnvironmentFile) {
  const auto settings = ParseSettingsFile("# mine\n\nexport CH_HOST = 'db'\r\nCH_PASSWORD=a=b#c\n", "f");
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->at("CH_HOST"), "db");
  EXPECT_EQ(settings->at("CH_PASSWORD"), "a=b#c") << "a # inside a value belongs to it";
}

TEST(ParseSettingsFile, NamesTheLineAndTheNearestSetting) {
  const auto unknown = ParseSettingsFile("CH_HOST=db\nCH_PASWORD=x\n", "my.conf");
  EXPECT_EQ(unknown.error().message, "my.conf:2: unknown setting `CH_PASWORD`");
  EXPECT_EQ(unknown.error().hint.substr(0, 28), "did you mean `CH_PASSWORD`?");
  EXPECT_FALSE(ParseSettingsFile("CH_HOST", "f").ok());
  EXPECT_FALSE(ParseSettingsFile("CH_HOST=a\nCH_HOST=b", "f").ok());
}

TEST(UnknownVariables, WarnsOnlyOfWhatLooksLikeATypo) {
  const auto unknown = UnknownVariables({"CH_PASWORD", "CH_HOST", "PATH", "CH_ZZZZZZZZZZ"});
  ASSERT_EQ(unknown.size(), 1u);
  EXPECT_EQ(unknown[0].substr(0, 39), "CH_PASWORD: did you mean `CH_PASSWORD`?");
}

TEST(ParseHostPort, TakesNamesAndAddresses) {
  EXPECT_EQ(ParseHostPort("127.0.0.1:8080")->port, 8080);
  EXPECT_EQ(ParseHostPort("[::1]:0")->host, "::1");
  for (const char* wrong : {"8080", ":8080", "host", "host:", "host:99999", "host:-1", "host:80x"}) {
    EXPECT_FALSE(ParseHostPort(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace chimera::config
