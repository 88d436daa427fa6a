#include "auth/token_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/text.h"

namespace chimera::auth {
namespace {

class TokenFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "tokens-" + RandomHex(8);
    std::filesystem::create_directory(folder_);
    path_ = folder_ + "/tokens";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // As editors and `mv` do it: another file in its place.
  void Write(const std::string& text, mode_t mode = 0600) {
    const std::string fresh = path_ + ".new";
    std::ofstream(fresh) << text;
    ::chmod(fresh.c_str(), mode);
    std::filesystem::rename(fresh, path_);
  }
  static std::string Line(const std::string& name, const std::string& token, const std::string& rest = "read") {
    return name + " " + Sha256Hex(token) + " " + rest + "\n";
  }
  std::string Name(TokenFile& tokens, const std::string& token) {
    const auto principal = tokens.Find(token);
    return principal ? principal->name : "nobody";
  }
  std::string OpenError() {
    const auto opened = TokenFile::Open(path_);
    return opened.ok() ? "none" : opened.error().message;
  }

  std::string folder_;
  std::string path_;
};

TEST_F(TokenFileTest, NewTokensAreLongAndDiffer) {
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) tokens.insert(NewToken());
  EXPECT_EQ(tokens.size(), 100u);
  EXPECT_EQ(tokens.begin()->size(), 8u + 43u);
  EXPECT_TRUE(tokens.begin()->starts_with("chimera_"));
  const auto line = TokenLine("ana", "t", "write, read");
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(*line, "ana " + Sha256Hex("t") + " read,write");
  EXPECT_FALSE(TokenLine("a b", "t", "read").ok());
  EXPECT_FALSE(TokenLine("", "t", "read").ok());
  EXPECT_FALSE(TokenLine("#a", "t", "read").ok());
  EXPECT_FALSE(TokenLine("ana", "t", "root").ok());
  EXPECT_FALSE(TokenLine("ana", "t", "").ok());
}

TEST_F(TokenFileTest, KnowsWhoHoldsAToken) {
  Write("# who may call\n\n" + Line("ana", "one", "read,write") + "  " + Line("bot", "two") +
        Line("ana", "three", "admin"));
  auto tokens = TokenFile::Open(path_);
  ASSERT_TRUE(tokens.ok()) << tokens.error().message;
  EXPECT_EQ(Name(**tokens, "one"), "ana");
  EXPECT_EQ(Name(**tokens, "two"), "bot");
  EXPECT_EQ(Name(**tokens, "three"), "ana") << "two tokens while one replaces the other";
  EXPECT_EQ(Name(**tokens, "four"), "nobody");
  EXPECT_EQ(Name(**tokens, ""), "nobody");
  EXPECT_EQ(Name(**tokens, Sha256Hex("one")), "nobody") << "the hash is no token";
  const auto scopes = (*tokens)->Find("one")->scopes;
  EXPECT_TRUE(scopes.Has(Scope::kRead) && scopes.Has(Scope::kWrite) && !scopes.Has(Scope::kAdmin));
}

TEST_F(TokenFileTest, IsReadAgainWhenItChanges) {
  Write(Line("ana", "one"));
  auto tokens = TokenFile::Open(path_);
  ASSERT_TRUE(tokens.ok());
  Write(Line("ana", "two"));
  EXPECT_EQ(Name(**tokens, "one"), "nobody");
  EXPECT_EQ(Name(**tokens, "two"), "ana");
  Write("ana damaged read\n" + Line("bot", "three"));
  EXPECT_EQ(Name(**tokens, "two"), "nobody") << "a line that cannot be read lets nobody in";
  EXPECT_EQ(Name(**tokens, "three"), "bot") << "and leaves the others alone";
  std::filesystem::remove(path_);
  EXPECT_EQ(Name(**tokens, "three"), "nobody");
  Write(Line("bot", "three"));
  EXPECT_EQ(Name(**tokens, "three"), "bot");
  Write(Line("bot", "three"), 0602);
  EXPECT_EQ(Name(**tokens, "three"), "nobody") << "everybody may write it";
}

TEST_F(TokenFileTest, SaysWhatIsWrongAtTheStart) {
  EXPECT_NE(OpenError().find("cannot be read"), std::string::npos);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"ana\n", "line 1: a line is NAME SHA256 SCOPES"},
      {"\nana " + NewToken() + " read\n", "line 2: the second word is not a SHA-256"},
      {Line("ana", "one", "read,root"), "`root` is no scope"},
      {Line("ana", "one", "read colour=red"), "account=USER or password_file=PATH"},
      {Line("ana", "one", "read password_file=/x"), "needs account=USER"},
      {Line("ana", "one", "read account=a password_file=/nowhere"), "/nowhere cannot be read"},
      {Line("ana", "one") + Line("bot", "one"), "line 2: another line has the same token"}};
  for (const auto& [text, message] : cases) {
    Write(text);
    EXPECT_NE(OpenError().find(message), std::string::npos) << OpenError();
    EXPECT_EQ(OpenError().find("chimera_"), std::string::npos) << "a token that was put there is not shown";
  }
  Write(Line("ana", "one"), 0666);
  EXPECT_NE(OpenError().find("everybody may write it"), std::string::npos);
  std::filesystem::remove(path_);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_NE(OpenError().find("no regular file"), std::string::npos) << "without waiting for a writer";
}

TEST_F(TokenFileTest, APrincipalMayHaveAnAccountOfTheDatabase) {
  std::ofstream(folder_ + "/password") << "geheim\n";
  Write(Line("ana", "one", "read account=ana_db password_file=" + folder_ + "/password") + Line("bot", "two"));
  auto tokens = TokenFile::Open(path_);
  ASSERT_TRUE(tokens.ok()) << tokens.error().message;
  const auto account = (*tokens)->Find("one")->database_account;
  ASSERT_TRUE(account);
  EXPECT_EQ(account->username, "ana_db");
  EXPECT_EQ(account->password, "geheim");
  EXPECT_FALSE((*tokens)->Find("two")->database_account);
}

}  // namespace
}  // namespace chimera::auth
