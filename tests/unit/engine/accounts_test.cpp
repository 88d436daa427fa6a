#include "engine/accounts.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "text_checks.h"

namespace chimera::engine {
namespace {

Result<Accounts> Read(const std::vector<std::string>& entries) {
  return Accounts::Read(entries, "");
}

int CodeOf(const Accounts& accounts, const std::string& name, const std::string& password) {
  const auto account = accounts.Authenticate(name, password);
  return account ? 0 : account.error().database_code;
}

TEST(Accounts, AreDefaultWithoutAPasswordUnlessNamed) {
  EXPECT_EQ(CodeOf(*Read({}), "default", ""), 0);
  EXPECT_EQ(CodeOf(*Read({}), "default", "x"), 516);
  EXPECT_EQ(CodeOf(*Read({"alice:secret"}), "default", ""), 516);
  EXPECT_EQ(CodeOf(*Read({"alice:secret", "default:"}), "default", ""), 0);
}

TEST(Accounts, TakeNamePasswordAndReadonly) {
  const auto accounts = Read({"alice:se:cret", "bob:b:readonly", "carol:readonly", "dave::readonly"});
  ASSERT_TRUE(accounts.ok());
  EXPECT_FALSE(accounts->Authenticate("alice", "se:cret")->readonly);
  EXPECT_TRUE(accounts->Authenticate("bob", "b")->readonly);
  EXPECT_FALSE(accounts->Authenticate("carol", "readonly")->readonly) << "that is her password";
  EXPECT_TRUE(accounts->Authenticate("dave", "")->readonly);
}

TEST(Accounts, AnswerTheSameToAWrongPasswordAndAnUnknownName) {
  const auto accounts = Read({"alice:secret"});
  EXPECT_EQ(CodeOf(*accounts, "alice", "secre"), 516);
  EXPECT_EQ(CodeOf(*accounts, "alice", ""), 516);
  EXPECT_EQ(CodeOf(*accounts, "Alice", "secret"), 516);
  EXPECT_EQ(accounts->Authenticate("nobody", "x").error().message,
            "Code: 516. DB::Exception: nobody: Authentication failed: password is incorrect, or there is no user with "
            "such name. (AUTHENTICATION_FAILED)");
}

TEST(Accounts, RefuseWhatCannotBeReadWithoutShowingIt) {
  for (const auto& entries : {std::vector<std::string>{"hunter2"}, {":hunter2"}, {"a:hunter2", "a:hunter2"}, {""}}) {
    const auto accounts = Read(entries);
    ASSERT_FALSE(accounts.ok());
    EXPECT_EQ(accounts.error().code, ErrorCode::kInvalidArgument);
    EXPECT_FALSE(Holds(accounts.error().message, "hunter2"));
  }
}

TEST(Accounts, ComeFromAFileToo) {
  const std::string path = std::filesystem::temp_directory_path() / ("accounts-" + std::to_string(getpid()));
  std::ofstream(path) << "# who may\n\nalice:secret\r\nbob:b:readonly\n";
  const auto accounts = Accounts::Read({"carol:c"}, path);
  ASSERT_TRUE(accounts.ok()) << accounts.error().message;
  EXPECT_EQ(CodeOf(*accounts, "alice", "secret"), 0);
  EXPECT_EQ(CodeOf(*accounts, "carol", "c"), 0);
  EXPECT_TRUE(accounts->Authenticate("bob", "b")->readonly);
  std::ofstream(path) << "alice:secret\nhunter2\n";
  EXPECT_TRUE(Holds(Accounts::Read({}, path).error().message, "line 2 of " + path));
  std::ofstream(path) << "# nobody\n";
  EXPECT_EQ(Accounts::Read({}, path).error().code, ErrorCode::kInvalidArgument);
  std::filesystem::remove(path);
  EXPECT_EQ(Accounts::Read({}, path).error().code, ErrorCode::kIoError);
}

}  // namespace
}  // namespace chimera::engine
