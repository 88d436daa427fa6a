#include "config/settings.h"

#include <gtest/gtest.h>

#include "tests/unit/config/settings_support.h"

namespace chimera::config {
namespace {

TEST(SettingValues, PrefersFlagsToTheEnvironmentToTheFile) {
  const SettingsFile file{"my.conf", {{"CH_HOST", {"file", 1}}, {"CH_PORT", {"1", 2}}, {"CH_USERNAME", {"file", 3}}}};
  const SettingValues values = Values({{"CH_HOST", "flag"}, {"CH_PORT", ""}},
                                      {{"CH_HOST", "env"}, {"CH_PORT", "2"}, {"CH_USERNAME", " "}}, file);
  EXPECT_EQ(values.Find("CH_HOST")->text, "flag");
  EXPECT_EQ(values.Find("CH_HOST")->origin, "--ch-host");
  EXPECT_EQ(values.Find("CH_PORT")->text, "2");
  EXPECT_EQ(values.Find("CH_PORT")->origin, "environment");
  EXPECT_EQ(values.Find("CH_USERNAME")->text, "file") << "a blank variable counts as unset";
  EXPECT_EQ(values.Find("CH_USERNAME")->source, Source::kFile);
  EXPECT_EQ(values.Find("CH_USERNAME")->origin, "my.conf:3");
  EXPECT_FALSE(values.Find("CH_TIMEOUT"));
}

TEST(UnknownVariables, WarnsOnlyOfWhatLooksLikeATypo) {
  const auto unknown = UnknownVariables({"CH_PASWORD", "CH_HOST", "PATH", "CH_ZZZZZZZZZZ"});
  ASSERT_EQ(unknown.size(), 1u);
  EXPECT_EQ(unknown[0].substr(0, 39), "CH_PASWORD: did you mean `CH_PASSWORD`?");
}

}  // namespace
}  // namespace chimera::config
