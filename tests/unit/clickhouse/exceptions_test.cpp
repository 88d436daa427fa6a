// Exceptions of every era, as servers wrote them, and what is none.
#include <gtest/gtest.h>

#include "clickhouse/errors.h"

namespace chimera::clickhouse {
namespace {

Error Translate(std::string_view text) {
  auto exception = FindException(text, {}, 0);
  if (!exception) return MakeError(ErrorCode::kInternal, "no exception found");
  return ToError(*exception);
}

::testing::AssertionResult Has(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << '"' << text << "\" has no \"" << part << '"';
}

TEST(Exceptions, AdviceForOtherClientsIsLeftOut) {
  const Error modern = Translate(
      "Code: 516. DB::Exception: reader: Authentication failed: password is incorrect, or there is no user with such "
      "name.\n\nIf you use ClickHouse Cloud, the password can be reset.\n\n. (AUTHENTICATION_FAILED) (version 26.7.2.1 "
      "(official build))\n");
  EXPECT_EQ(modern.code, ErrorCode::kAccessDenied);
  EXPECT_EQ(modern.message,
            "reader: Authentication failed: password is incorrect, or there is no user with such name. "
            "(AUTHENTICATION_FAILED)");
}

TEST(Exceptions, AnAddressThatIsNotAllowedIsTold) {
  EXPECT_TRUE(Has(Translate("Code: 195, e.displayText() = DB::Exception: User far is not allowed to connect from "
                            "address 127.0.0.1, e.what() = DB::Exception\n")
                      .hint,
                  "<networks>"));
}

TEST(Exceptions, AMissingGrantIsNamedAsTheServerSaysIt) {
  const std::string refused = "Code: 497. DB::Exception: reader: Not enough privileges. To execute this query, it's ";
  EXPECT_EQ(
      Translate(refused + "necessary to have the grant SELECT(a, b) ON db.t. (ACCESS_DENIED) (version 26.7)").hint,
      "the database's administrator can: GRANT SELECT(a, b) ON db.t TO reader");
  EXPECT_EQ(Translate(refused + "necessary to have grant SELECT(a) ON db.t").hint,
            "the database's administrator can: GRANT SELECT(a) ON db.t TO reader");
  EXPECT_TRUE(Has(Translate("Code: 497. DB::Exception: no. (ACCESS_DENIED)").hint, "ask for the grant"));
}

TEST(Exceptions, ASettingThatAReadonlyAccountMayNotSetIsLeftOut) {
  const std::string setting =
      "Code: 164. DB::Exception: Cannot modify 'max_threads' setting in readonly mode. (READONLY) (version 26.7.2.1)";
  EXPECT_TRUE(Has(Translate(setting).hint, "leave SETTINGS out"));
}

TEST(Exceptions, AViolatedLimitIsTold) {
  const Error error = Translate(
      "Code: 452. DB::Exception: Code: 452. DB::Exception: Setting max_threads shouldn't be greater than 2. "
      "(SETTING_CONSTRAINT_VIOLATION) (version 26.7.2.1). (SETTING_CONSTRAINT_VIOLATION)");
  EXPECT_EQ(error.message, "Setting max_threads shouldn't be greater than 2. (SETTING_CONSTRAINT_VIOLATION)");
  EXPECT_TRUE(Has(error.hint, "limits"));
}

TEST(LateException, EndsARowAsEveryVersionWritesIt) {
  for (const char* text :
       {"Code: 395. DB::Exception: boom. (NAME) (version 22.3.1.1)\n",
        "\r\n__exception__\r\nCode: 395. DB::Exception: boom. (NAME) (version 24.8.1.1)\n",
        "[\"half\"\nCode: 395, e.displayText() = DB::Exception: boom., e.what() = DB::Exception\n",
        "\r\n__exception__\r\ntag\r\nCode: 395. DB::Exception: boom. (NAME)\n32 tag\r\n__exception__"}) {
    const auto exception = FindLateException(text, "tag");
    ASSERT_TRUE(exception) << text;
    EXPECT_EQ(exception->code, 395);
    EXPECT_EQ(exception->text, "boom.");
  }
  EXPECT_EQ(FindLateException("std::exception. Code: 1001, type: std::length_error", "")->code, 1001);
}

TEST(LateException, IsNotAStoredTextThatLooksLikeOne) {
  for (const char* text :
       {"[\"Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE)",
        "[\"a\",\"\\nCode: 60. DB::Exception: no", "[\"__exception__\\r\\nother\\r\\nCode: 60. DB::Exception: no",
        "Code: 60 is unknown", "Code: 60. This is no exception", "[\"\\\"Code: 60. DB::Exception: no", ""}) {
    EXPECT_FALSE(FindLateException(text, "tag")) << text;
  }
}

}  // namespace
}  // namespace chimera::clickhouse
