#include "clickhouse/errors.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

namespace chimera::clickhouse {
namespace {

::testing::AssertionResult Has(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << '"' << text << "\" has no \"" << part << '"';
}

Error Translate(std::string_view text, std::string_view tag = {}, int header_code = 0) {
  auto exception = FindException(text, tag, header_code);
  return exception ? ToError(*exception) : MakeError(ErrorCode::kInternal, "no exception found");
}

TEST(Errors, KnownExceptionsHaveTheirOwnCodes) {
  const std::vector<std::pair<int, ErrorCode>> kTable = {
      {60, ErrorCode::kUnknownTable},     {81, ErrorCode::kUnknownDatabase}, {47, ErrorCode::kUnknownColumn},
      {46, ErrorCode::kUnknownFunction},  {63, ErrorCode::kUnknownFunction}, {62, ErrorCode::kSyntaxError},
      {159, ErrorCode::kTimeout},         {394, ErrorCode::kCancelled},      {164, ErrorCode::kAccessDenied},
      {497, ErrorCode::kAccessDenied},    {192, ErrorCode::kAccessDenied},   {193, ErrorCode::kAccessDenied},
      {516, ErrorCode::kAccessDenied},    {158, ErrorCode::kTooLarge},       {396, ErrorCode::kTooLarge},
      {241, ErrorCode::kTooLarge},        {202, ErrorCode::kBusy},           {216, ErrorCode::kBusy},
      {456, ErrorCode::kInvalidArgument}, {36, ErrorCode::kDatabaseError},
  };
  for (const auto& [number, code] : kTable) {
    Error error = Translate("Code: " + std::to_string(number) + ". DB::Exception: what. (NAME) (version 26.7.2.1)\n");
    EXPECT_EQ(error.code, code) << number;
    EXPECT_EQ(error.database_code, number);
    EXPECT_EQ(error.message, "what. (NAME)");
  }
}

TEST(Errors, OldServersWriteDifferently) {
  Error error =
      Translate("Code: 60, e.displayText() = DB::Exception: Table default.x doesn't exist., e.what() = DB::Exception");
  EXPECT_EQ(error.code, ErrorCode::kUnknownTable);
  EXPECT_EQ(error.message, "Table default.x doesn't exist.");
}

TEST(Errors, SyntaxErrorsHaveAPositionAndAShortList) {
  Error error = Translate(
      "Code: 62. DB::Exception: Syntax error: failed at position 8 (FORM): FORM t. Expected one of: token, Comma, "
      "FROM, "
      "PREWHERE, WHERE, WITH, GROUP BY, ORDER BY. (SYNTAX_ERROR) (version 26.7.2.1)");
  EXPECT_EQ(error.position, 7u);
  EXPECT_EQ(
      error.message,
      "Syntax error: failed at position 8 (FORM): FORM t. Expected one of: token, Comma, FROM, PREWHERE, WHERE, … "
      "(SYNTAX_ERROR)");
}

TEST(Errors, LongTextsAreCutBetweenCharacters) {
  std::string text = "Code: 36. DB::Exception: ";
  for (int i = 0; i < 1000; ++i) text += "ü";
  Error error = Translate(text);
  EXPECT_LE(error.message.size(), 620u);
  EXPECT_EQ(error.message.substr(error.message.size() - 5), "ü…");
  EXPECT_EQ(Shorten("abcdef", 6), "abcdef");
  EXPECT_EQ(Shorten("abcdefg", 6), "abc…");
}

TEST(Errors, FindsTheBlockOfNewerServers) {
  const std::string text = "Code: 395. DB::Exception: Value 5 TAG x. (SOME_NAME) (version 26.7)\n";
  Error error = Translate(
      "[\"1\"\r\n__exception__\r\nTAG\r\n" + text + std::to_string(text.size()) + " TAG\r\n__exception__\r\n", "TAG");
  EXPECT_EQ(error.database_code, 395);
  EXPECT_EQ(error.message, "Value 5 TAG x. (SOME_NAME)");
}

TEST(Errors, ABlockCutShortIsStillAnException) {
  EXPECT_EQ(Translate("\r\n__exception__\r\nTAG\r\nCode: 395. DB::Exception: bo", "TAG").message, "bo");
}

TEST(Errors, TheHeaderAloneMakesAnException) {
  Error error = Translate("", {}, 497);
  EXPECT_EQ(error.code, ErrorCode::kAccessDenied);
  EXPECT_TRUE(Has(error.message, "497"));
  EXPECT_FALSE(FindException("<html>not found</html>", {}, 0));
  EXPECT_FALSE(FindException("Code: none. Code: 7", {}, 0));
}

TEST(Errors, NestedExceptionsKeepTheOuterCode) {
  Error error = Translate(
      "Code: 516. DB::Exception: Received from h:9000. Code: 60. DB::Exception: inner. (AUTHENTICATION_FAILED)");
  EXPECT_EQ(error.database_code, 516);
}

Error Network(Failure failure, bool sent, std::string socket = {}, std::string detail = {}) {
  Endpoint endpoint{std::move(socket), "db.example", 8123, false};
  return NetworkError(endpoint, {Outcome::kFailed, failure, sent, std::move(detail)});
}

TEST(Errors, NetworkFailuresNameTheEndpointAndTheFix) {
  Error refused = Network(Failure::kRefused, false);
  EXPECT_EQ(refused.code, ErrorCode::kUnavailable);
  EXPECT_TRUE(Has(refused.message, "db.example:8123"));
  EXPECT_TRUE(Has(refused.hint, "8443"));
  EXPECT_TRUE(refused.unsent);
  EXPECT_FALSE(Network(Failure::kBroken, true).unsent);
  EXPECT_TRUE(Has(Network(Failure::kNameUnknown, false).message, "`db.example` has no address"));
  EXPECT_TRUE(Has(Network(Failure::kTlsNotSpoken, false).message, "without TLS"));
  EXPECT_TRUE(Has(Network(Failure::kTlsUntrusted, false, "", "invalid purpose").message, "invalid purpose"));
  EXPECT_TRUE(Has(Network(Failure::kBroken, true, "", std::strerror(ETIMEDOUT)).message, "carries nothing any more"));
}

TEST(Errors, TheEngineIsNamedByItsSocket) {
  Error refused = Network(Failure::kRefused, false, "/run/x.sock");
  EXPECT_TRUE(Has(refused.message, "/run/x.sock does not answer"));
  EXPECT_FALSE(Has(refused.hint, "8123"));
  EXPECT_EQ(Network(Failure::kBacklogFull, false, "/run/x.sock").code, ErrorCode::kBusy);
}

TEST(Errors, ForeignRepliesNameWhatIsThere) {
  Endpoint endpoint{"", "db", 9000, false};
  EXPECT_TRUE(Has(ForeignReply(endpoint, 400, "Port 9000 is for clickhouse-client program\r\n").message,
                  "db:9000 is ClickHouse's native protocol"));
  EXPECT_TRUE(Has(ForeignReply(endpoint, 400, "The plain HTTP request was sent to HTTPS port").message, "TLS"));
  EXPECT_TRUE(Has(ForeignReply(endpoint, 404, "<html>no</html>").message, "HTTP 404 \"<html>no</html>\""));
}

}  // namespace
}  // namespace chimera::clickhouse
