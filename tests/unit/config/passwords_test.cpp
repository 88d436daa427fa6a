// Passwords: where they come from, what is taken off them, and that they are never told.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/unit/config/settings_support.h"

namespace chimera::config {
namespace {

class Passwords : public testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/chimera-passwords-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& text, mode_t mode = 0600) {
    const std::string path = folder_ / "password";
    std::ofstream(path, std::ios::binary) << text;
    chmod(path.c_str(), mode);
    return path;
  }

  std::filesystem::path folder_;
};

SettingMap With(const char* name, const std::string& value) {
  return {{"CH_HOST", "db"}, {name, value}};
}

std::string PasswordOf(SettingMap variables) {
  const auto config = LoadFrom(std::move(variables));
  return config.ok() ? config->clickhouse.account.password : "failed: " + config.error().message;
}

TEST_F(Passwords, LoseOneLineBreak) {
  EXPECT_EQ(PasswordOf(With("CH_PASSWORD_FILE", Write("a b#\"c\n"))), "a b#\"c");
  EXPECT_EQ(PasswordOf(With("CH_PASSWORD_FILE", Write("abc\r\n"))), "abc");
  EXPECT_EQ(PasswordOf(With("CH_PASSWORD", "abc\n")), "abc");
}

TEST_F(Passwords, KeepTheirSpacesAndSaySo) {
  EXPECT_EQ(PasswordOf(With("CH_PASSWORD", " a ")), " a ");
  EXPECT_NE(NoticesOf(With("CH_PASSWORD", "a ")).find("begins or ends with white space"), std::string::npos);
  EXPECT_EQ(NoticesOf(With("CH_PASSWORD", "a")), "");
}

TEST_F(Passwords, AreNeverTold) {
  const std::string wrong = FailureOf(With("CH_PASSWORD", "s3cret\nx"));
  EXPECT_EQ(wrong.substr(0, 32), "CH_PASSWORD (environment) holds ");
  EXPECT_EQ(wrong.find("s3cret"), std::string::npos);
  const std::string two = FailureOf(With("CH_PASSWORD_FILE", Write("s3cret\n\n")));
  EXPECT_NE(two.find("line break"), std::string::npos);
  EXPECT_EQ(two.find("s3cret"), std::string::npos);
  EXPECT_EQ(FailureOf(With("CH_HOST", "https://u:s3cret@db")).find("s3cret"), std::string::npos);
}

TEST_F(Passwords, ComeFromAFileThatCanBeRead) {
  const auto failure = [](const std::string& path) { return FailureOf(With("CH_PASSWORD_FILE", path)); };
  const std::string missing = folder_ / "nothing";
  EXPECT_EQ(failure(missing), "CH_PASSWORD_FILE=" + missing + " (environment) is not there");
  EXPECT_NE(failure(folder_).find("is no regular file"), std::string::npos);
  const std::string fifo = folder_ / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_NE(failure(fifo).find("is no regular file"), std::string::npos) << "and nobody waits for a writer";
  EXPECT_NE(failure(Write(" \n")).find("is empty"), std::string::npos);
  EXPECT_NE(failure(Write(std::string(4097, 'x'))).find("is larger than 4096 bytes"), std::string::npos);
  if (geteuid() == 0) return;  // who may read everything
  EXPECT_NE(failure(Write("x", 0)).find("cannot be read: Permission"), std::string::npos);
}

TEST_F(Passwords, OfFilesOpenToAllAreNamed) {
  EXPECT_NE(NoticesOf(With("CH_PASSWORD_FILE", Write("x", 0604))).find("every user of this machine can read"),
            std::string::npos);
  EXPECT_EQ(NoticesOf(With("CH_PASSWORD_FILE", Write("x", 0640))), "");
}

TEST_F(Passwords, OfFilesLoseAByteOrderMark) {
  EXPECT_EQ(PasswordOf(With("CH_PASSWORD_FILE", Write("\xEF\xBB\xBF"
                                                      "abc\r\n"))),
            "abc");
  EXPECT_NE(FailureOf(With("CH_PASSWORD_FILE", Write("\xFF\xFE"
                                                     "a")))
                .find("is in UTF-16"),
            std::string::npos);
}

TEST_F(Passwords, SayWhereTheyComeFrom) {
  const auto source = [](const SettingMap& variables) {
    return LoadFrom(variables)->clickhouse.account.password_source;
  };
  EXPECT_EQ(source(With("CH_PASSWORD", "a")), "CH_PASSWORD (environment)");
  EXPECT_EQ(source(With("CH_PASSWORD_FILE", Write("a\n"))), "CH_PASSWORD_FILE (environment)");
  EXPECT_EQ(source(With("CH_PASSWORD", "a ")), "CH_PASSWORD (environment), and begins or ends with white space");
  EXPECT_EQ(source({{"CH_HOST", "db"}}), "");
  const SettingsFile file{"my.conf", {{"CH_HOST", {"db", 1}}, {"CH_USER", {"me", 2}}, {"CH_PASSWORD", {"a", 3}}}};
  const auto account = Load(Values({}, {}, file))->clickhouse.account;
  EXPECT_EQ(account.username_source, "CH_USER, my.conf:2");
  EXPECT_EQ(account.password_source, "CH_PASSWORD (my.conf:3)");
}

TEST_F(Passwords, HaveOneSource) {
  const std::string path = Write("from file");
  SettingMap both = With("CH_PASSWORD", "direct");
  both["CH_PASSWORD_FILE"] = path;
  EXPECT_EQ(FailureOf(both), "CH_PASSWORD (environment) and CH_PASSWORD_FILE (environment) are both set");
  const auto config = Load(Values({{"CH_PASSWORD_FILE", path}}, With("CH_PASSWORD", "direct"), {}));
  EXPECT_EQ(config->clickhouse.account.password, "from file") << "a flag wins over the environment";
  EXPECT_FALSE(config->effective.contains("CH_PASSWORD"));
}

TEST_F(Passwords, OfInsertsBelongToAnAccount) {
  SettingMap variables = With("CH_WRITE_PASSWORD", "w");
  EXPECT_EQ(FailureOf(variables), "CH_WRITE_PASSWORD (environment) is set without CH_WRITE_USERNAME");
  variables["CH_WRITE_USERNAME"] = "writer";
  const auto config = LoadFrom(variables);
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->clickhouse.write_account->username, "writer");
  EXPECT_EQ(config->clickhouse.write_account->password, "w");
  EXPECT_EQ(config->clickhouse.account.username, "default");
  const std::string path = Write("from file\n");
  EXPECT_NE(FailureOf(With("CH_WRITE_PASSWORD_FILE", path)).find("without CH_WRITE_USERNAME"), std::string::npos);
}

}  // namespace
}  // namespace chimera::config
