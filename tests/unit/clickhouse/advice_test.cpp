// What whoever configured the client is told: which account, where its password came from, which setting to change.
#include "clickhouse/advice.h"

#include <gtest/gtest.h>

#include "clickhouse/errors.h"

namespace chimera::clickhouse {
namespace {

constexpr char kReadonlySetting[] =
    "Code: 164. DB::Exception: Cannot modify 'async_insert' setting in readonly mode. (READONLY) (version 26.7.2.1)";
constexpr char kLoginFailed[] =
    "Code: 516. DB::Exception: reader: Authentication failed: password is incorrect, or there is no user with such "
    "name. (AUTHENTICATION_FAILED)";

HttpOptions Reader() {
  HttpOptions options;
  options.account = {"reader", "s3cret-9", "CH_USERNAME, environment", "CH_PASSWORD_FILE (my.conf:3)"};
  options.database = "metrics";
  options.own_databases = {"chimera_metrics"};
  return options;
}

HttpOptions ReaderAndWriter() {
  HttpOptions options = Reader();
  options.write_account = Account{"writer", "", "CH_WRITE_USERNAME, my.conf:4", ""};
  return options;
}

Error Advice(std::string_view text, Kind kind = Kind::kRead, const HttpOptions& options = Reader()) {
  return WithAdvice(ToError(FindException(text, {}, 0).value_or(Exception{})), kind, options);
}

TEST(Advice, AWrongPasswordIsToldWithItsSourceAndWithoutItself) {
  const Error error = Advice(kLoginFailed);
  EXPECT_EQ(error.hint,
            "check the account `reader` (CH_USERNAME, environment) and its password, which came from CH_PASSWORD_FILE "
            "(my.conf:3); the server answers alike where there is no such account, or it may not connect from this "
            "machine's address");
  EXPECT_EQ((error.message + error.hint).find("s3cret-9"), std::string::npos);
  EXPECT_EQ(Advice("Code: 193, e.displayText() = DB::Exception: Wrong password for user reader, e.what() = x").hint,
            "check the account `reader` (CH_USERNAME, environment) and its password, which came from CH_PASSWORD_FILE "
            "(my.conf:3)");
}

TEST(Advice, APasswordThatWasNotGivenIsAskedFor) {
  const std::string none = "no password was given for ";
  EXPECT_EQ(Advice(kLoginFailed, Kind::kWrite, ReaderAndWriter()).hint.substr(0, 117),
            none + "`writer` (CH_WRITE_USERNAME, my.conf:4): set CH_WRITE_PASSWORD or CH_WRITE_PASSWORD_FILE; t");
  EXPECT_EQ(Advice("Code: 194, e.displayText() = DB::Exception: Password required for user default, e.what() = x",
                   Kind::kRead, {})
                .hint,
            none + "`default` (CH_USERNAME is unset): set CH_PASSWORD or CH_PASSWORD_FILE");
}

TEST(Advice, AnUnknownAccountIsNamed) {
  EXPECT_EQ(Advice("Code: 192, e.displayText() = DB::Exception: Unknown user reader, e.what() = DB::Exception\n").hint,
            "the server has no account `reader` (CH_USERNAME, environment): check its name");
}

TEST(Advice, AnAccountThatOnlyReadsIsNamedAndNotTheSetting) {
  const Error alone = Advice(kReadonlySetting, Kind::kWrite);
  EXPECT_EQ(alone.message,
            "the account `reader` only reads (its profile is readonly), so nothing was written (READONLY)");
  EXPECT_EQ(alone.hint, "name an account that may write in CH_WRITE_USERNAME and CH_WRITE_PASSWORD");
  const Error writer = Advice(kReadonlySetting, Kind::kWrite, ReaderAndWriter());
  EXPECT_EQ(writer.message.substr(0, 20), "the account `writer`");
  EXPECT_EQ(writer.hint, "let `writer` (CH_WRITE_USERNAME, my.conf:4) write, or name another account there");
  EXPECT_NE(Advice(kReadonlySetting).hint.find("leave SETTINGS out"), std::string::npos) << "a read is another matter";
}

TEST(Advice, AMigrationIsSentToAnotherAccountAndNotToTheOneForInserts) {
  const Error error = Advice("Code: 164. DB::Exception: reader: Cannot execute query in readonly mode. (READONLY)",
                             Kind::kExecute, ReaderAndWriter());
  EXPECT_EQ(error.message,
            "the account `reader` only reads (its profile is readonly), so nothing was written: reader: Cannot execute "
            "query in readonly mode. (READONLY)");
  EXPECT_EQ(error.hint.substr(0, 83),
            "run the command as an account that may create tables: name it in CH_USERNAME, and i");
}

TEST(Advice, AMissingGrantMayAlsoBeAnotherAccounts) {
  const std::string refused =
      "Code: 497. DB::Exception: reader: Not enough privileges. To execute this query, it's necessary to have the "
      "grant INSERT(a) ON db.t (Missing permissions: INSERT(a)). (ACCESS_DENIED)";
  const std::string grant = "the database's administrator can: GRANT INSERT(a) ON db.t TO reader";
  EXPECT_EQ(Advice(refused).hint, grant);
  EXPECT_EQ(Advice(refused, Kind::kWrite).hint,
            grant + "; or name an account that may write in CH_WRITE_USERNAME and CH_WRITE_PASSWORD");
  EXPECT_EQ(Advice(refused, Kind::kExecute).hint.substr(0, grant.size() + 41),
            grant + "; or run the command as an account that m");
}

TEST(Advice, TheMigrationsAreNamedForTheirOwnDatabasesAlone) {
  const auto hint = [](const std::string& name) {
    return Advice("Code: 81. DB::Exception: Database " + name + " does not exist. (UNKNOWN_DATABASE)").hint;
  };
  EXPECT_EQ(hint("chimera_metrics"), "`chimera-mcp schema apply` makes it");
  EXPECT_EQ(hint("`chimera_metrics`"), "`chimera-mcp schema apply` makes it");
  EXPECT_EQ(hint("metrics"), "CH_DATABASE names it: set that to a database that is there");
  EXPECT_EQ(hint("elsewhere"), "list the databases");
}

}  // namespace
}  // namespace chimera::clickhouse
