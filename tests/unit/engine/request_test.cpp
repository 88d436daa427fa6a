#include "engine/request.h"

#include <gtest/gtest.h>

#include <map>

namespace chimera::engine {
namespace {

const SettingDefaults kSettings = {{"max_threads", "auto(2)"},
                                   {"max_result_rows", "0"},
                                   {"readonly", "0"},
                                   {"log_comment", ""},
                                   {"cancel_http_readonly_queries_on_client_close", "0"},
                                   {"enable_http_compression", "1"},
                                   {"http_wait_end_of_query", "0"},
                                   {"http_zlib_compression_level", "3"}};

Result<QueryRequest> Read(const HttpHead& head) {
  static const auto kAccounts = Accounts::Read({"default:", "alice:se:cret", "bob:ro:readonly"}, "");
  return ReadRequest(head, kSettings, *kAccounts);
}

HttpHead Head(Pairs parameters, std::map<std::string, std::string> headers = {}) {
  return {false, std::move(parameters), [headers](const std::string& name) {
            const auto found = headers.find(name);
            return found == headers.end() ? std::string() : found->second;
          }};
}

int CodeOf(const HttpHead& head) {
  const auto request = Read(head);
  return request.ok() ? 0 : request.error().database_code;
}

TEST(Request, SortsParametersIntoKinds) {
  const auto request = Read(Head({{"query", "SELECT {a:String}"},
                                  {"database", "db"},
                                  {"param_a", "x\\ty"},
                                  {"readonly", "1"},
                                  {"max_threads", "2"},
                                  {"log_comment", "mine"},
                                  {"default_format", "JSON"},
                                  {"query_id", "q1"},
                                  {"wait_end_of_query", "1"}}));
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->sql, "SELECT {a:String}");
  EXPECT_EQ(request->database, "db");
  EXPECT_EQ(request->format, "JSON");
  EXPECT_EQ(request->query_id, "q1");
  EXPECT_TRUE(request->whole);
  EXPECT_EQ(request->parameters, (Pairs{{"a", "x\\ty"}}));
  // readonly closes the door behind the others.
  EXPECT_EQ(request->settings, (Pairs{{"max_threads", "2"}, {"log_comment", "mine"}, {"readonly", "1"}}));
}

TEST(Request, TakesHeadersForWhatTheUrlDoesNotSay) {
  const auto head = Head({}, {{"X-ClickHouse-Database", "db"}, {"X-ClickHouse-Format", "CSV"}});
  const auto request = Read(head);
  EXPECT_EQ(request->database, "db");
  EXPECT_EQ(request->format, "CSV");
  EXPECT_EQ(request->query_id.size(), 36u);
}

TEST(Request, IsReadOnlyAsAGet) {
  HttpHead head = Head({});
  head.is_get = true;
  EXPECT_EQ(Read(head)->settings, (Pairs{{"readonly", "2"}}));
  head.parameters = {{"readonly", "1"}};
  EXPECT_EQ(Read(head)->settings, (Pairs{{"readonly", "1"}}));
  head.parameters = {{"readonly", "0"}};
  EXPECT_EQ(Read(head)->settings, (Pairs{{"readonly", "2"}}));
}

TEST(Request, RefusesUnknownSettingsWithTheNearestOnes) {
  const auto request = Read(Head({{"max_thread", "1"}}));
  ASSERT_FALSE(request.ok());
  EXPECT_EQ(request.error().database_code, 115);
  EXPECT_NE(request.error().message.find("`max_threads`"), std::string::npos) << request.error().message;
}

TEST(Request, RefusesWhatItWouldOtherwiseIgnore) {
  EXPECT_EQ(CodeOf(Head({{"role", "r"}})), 48);
  EXPECT_EQ(CodeOf(Head({{"compress", "1"}})), 48);
  EXPECT_EQ(CodeOf(Head({{"compress", "0"}})), 0);
  EXPECT_EQ(CodeOf(Head({{"cluster_for_parallel_replicas", "x"}})), 36);
  EXPECT_EQ(CodeOf(Head({{"max_threads", std::string("1\0", 2)}})), 36);
}

TEST(Request, AsksWhoItIsInThreeWays) {
  EXPECT_EQ(CodeOf(Head({})), 0);
  EXPECT_EQ(CodeOf(Head({{"user", "default"}, {"password", ""}})), 0);
  EXPECT_EQ(CodeOf(Head({}, {{"Authorization", "Basic ZGVmYXVsdDo="}})), 0);
  const HttpHead alice[] = {Head({{"user", "alice"}, {"password", "se:cret"}}),
                            Head({}, {{"X-ClickHouse-User", "alice"}, {"X-ClickHouse-Key", "se:cret"}}),
                            Head({}, {{"Authorization", "basic YWxpY2U6c2U6Y3JldA=="}})};
  for (const HttpHead& head : alice) EXPECT_EQ(Read(head)->account.name, "alice");
  EXPECT_EQ(CodeOf(Head({{"user", "root"}})), 516);
  EXPECT_EQ(CodeOf(Head({{"password", "x"}})), 516);
  EXPECT_EQ(CodeOf(Head({{"user", "alice"}})), 516);
  EXPECT_EQ(CodeOf(Head({}, {{"X-ClickHouse-User", "root"}})), 516);
  EXPECT_EQ(CodeOf(Head({}, {{"X-ClickHouse-Key", "x"}})), 516);
  for (const std::string header : {"Bearer x", "Basic", "Basic !!!!", "Basic YWxpY2U=", "Basic YWxpY2U6c2U6Y3JldA"})
    EXPECT_EQ(CodeOf(Head({}, {{"Authorization", header}})), 516) << header;
}

TEST(Request, RefusesToBeToldTwiceWhoItIs) {
  const std::string basic = "Basic ZGVmYXVsdDo=";
  EXPECT_EQ(CodeOf(Head({{"user", "default"}}, {{"Authorization", basic}})), 516);
  EXPECT_EQ(CodeOf(Head({}, {{"X-ClickHouse-User", "default"}, {"Authorization", basic}})), 516);
  EXPECT_EQ(CodeOf(Head({{"user", "default"}}, {{"X-ClickHouse-User", "default"}})), 516);
}

TEST(Request, NamesASession) {
  const auto request = Read(Head({{"session_id", "s"}, {"session_timeout", "90"}, {"session_check", "1"}}));
  EXPECT_EQ(request->session.id, "s");
  EXPECT_EQ(request->session.timeout, std::chrono::seconds(90));
  EXPECT_TRUE(request->session.must_exist);
  EXPECT_EQ(Read(Head({}))->session.timeout, std::chrono::seconds(60));
  for (const std::string timeout : {"3601", "-1", "x", "1x", "", "99999999999999999999"})
    EXPECT_EQ(CodeOf(Head({{"session_id", "s"}, {"session_timeout", timeout}})), 374) << timeout;
}

TEST(Request, NeverMakesASessionReadOnlyForAWhile) {
  HttpHead head = Head({{"session_id", "s"}});
  head.is_get = true;
  EXPECT_TRUE(Read(head)->must_read);
  EXPECT_EQ(Read(head)->settings, Pairs());
  EXPECT_EQ(CodeOf(Head({{"session_id", "s"}, {"readonly", "1"}})), 48);
  EXPECT_EQ(CodeOf(Head({{"session_id", "s"}, {"readonly", "0"}})), 0);
  EXPECT_EQ(CodeOf(Head({{"session_id", "s"}, {"readonly", "1"}, {"user", "bob"}, {"password", "ro"}})), 0);
}

TEST(Request, ACompressedAnswerIsAskedForTwice) {
  const std::map<std::string, std::string> accepts = {{"Accept-Encoding", "br, GZIP;q=0.5"}};
  EXPECT_EQ(Read(Head({}, accepts))->gzip_level, 3);
  EXPECT_EQ(Read(Head({}))->gzip_level, 0);
  EXPECT_EQ(Read(Head({{"enable_http_compression", "0"}}, accepts))->gzip_level, 0);
  EXPECT_EQ(Read(Head({{"http_zlib_compression_level", "9"}}, accepts))->gzip_level, 9);
  EXPECT_EQ(Read(Head({{"http_zlib_compression_level", "99"}}, accepts))->gzip_level, 9);
}

TEST(Request, EndsWithItsClientUnlessToldNotTo) {
  const std::string name = "cancel_http_readonly_queries_on_client_close";
  EXPECT_TRUE(Read(Head({}))->ends_with_client);
  EXPECT_TRUE(Read(Head({{name, "1"}}))->ends_with_client);
  EXPECT_FALSE(Read(Head({{name, "0"}}))->ends_with_client);
}

}  // namespace
}  // namespace chimera::engine
