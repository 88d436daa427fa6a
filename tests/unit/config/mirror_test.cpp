// The settings of a second database.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/config/settings_support.h"

namespace chimera::config {
namespace {

class MirrorSettings : public ::testing::Test {
 protected:
  MirrorSettings() {
    std::string pattern = (std::filesystem::temp_directory_path() / "chimera-mirror-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~MirrorSettings() override { std::filesystem::remove_all(folder_); }

  SettingMap With(const std::string& lines, SettingMap more = {}) const {
    const std::string path = folder_ + "/mirror.conf";
    std::ofstream(path) << lines;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    more.insert({{"CHIMERA_BUFFER", "sqlite:/b.sqlite"}, {"CHIMERA_MIRROR", path}, {"CH_HOST", "old.example"}});
    return more;
  }

  std::string folder_;
};

TEST_F(MirrorSettings, AreThoseOfTheFileAlone) {
  const auto config = LoadFrom(With("CH_HOST=new.example\nCH_USERNAME=mover\nCH_PASSWORD=a-secret\n",
                                    {{"CH_PORT", "9000"}, {"CH_WRITE_USERNAME", "w"}, {"CH_DATABASE", "d"}}));
  ASSERT_TRUE(config.ok()) << config.error().message;
  ASSERT_TRUE(config->mirror.has_value());
  const auto& options = config->mirror->clickhouse;
  EXPECT_EQ(options.hosts[0].host, "new.example");
  EXPECT_EQ(options.hosts[0].port, 8443);
  EXPECT_EQ(options.account.username, "mover");
  EXPECT_FALSE(options.write_account.has_value());
  EXPECT_EQ(options.database, "d") << "names are the same on both sides";
  EXPECT_FALSE(LoadFrom({{"CHIMERA_BUFFER", "sqlite:/b.sqlite"}, {"CH_HOST", "a"}})->mirror.has_value());
}

TEST_F(MirrorSettings, NeedABuffer) {
  const std::string why = FailureOf(With("CH_HOST=new.example\n", {{"CHIMERA_BUFFER", "off"}}));
  EXPECT_NE(why.find("needs a buffer"), std::string::npos) << why;
}

TEST_F(MirrorSettings, AreRefusedWhereTheyNameNoOtherDatabase) {
  const auto refused = [this](const std::string& lines, const std::string& why) {
    const std::string failure = FailureOf(With(lines));
    EXPECT_NE(failure.find(why), std::string::npos) << lines << ": " << failure;
  };
  refused("CH_USERNAME=a\n", "without CH_HOST");
  refused("CH_HOST=new.example\nCHIMERA_BUFFER=off\n", "CHIMERA_BUFFER");
  refused("CH_HOST=new.example\nCH_DATABASE=other\n", "another CH_DATABASE");
  refused("CH_HOST=old.example\n", "stored twice");
  refused("CH_HOST=new.example\nCH_PORT=http\n", "mirror.conf:2");
  EXPECT_NE(FailureOf({{"CHIMERA_BUFFER", "sqlite:/b"}, {"CHIMERA_MIRROR", "/nowhere"}}).find("/nowhere"),
            std::string::npos);
}

}  // namespace
}  // namespace chimera::config
