#include "engine/request.h"

#include <gtest/gtest.h>

#include <map>

namespace chimera::engine {
namespace {

const SettingNames kSettings = {"max_threads", "max_result_rows", "readonly", "log_comment"};

HttpHead Head(Pairs parameters, std::map<std::string, std::string> headers = {}) {
  return {false, std::move(parameters), [headers](const std::string& name) {
            const auto found = headers.find(name);
            return found == headers.end() ? std::string() : found->second;
          }};
}

int CodeOf(const HttpHead& head) {
  const auto request = ReadRequest(head, kSettings);
  return request.ok() ? 0 : request.error().database_code;
}

TEST(Request, SortsParametersIntoKinds) {
  const auto request = ReadRequest(Head({{"query", "SELECT {a:String}"},
                                         {"database", "db"},
                                         {"param_a", "x\\ty"},
                                         {"readonly", "1"},
                                         {"max_threads", "2"},
                                         {"log_comment", "mine"},
                                         {"default_format", "JSON"},
                                         {"query_id", "q1"},
                                         {"wait_end_of_query", "1"}}),
                                   kSettings);
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
  const auto request = ReadRequest(head, kSettings);
  EXPECT_EQ(request->database, "db");
  EXPECT_EQ(request->format, "CSV");
  EXPECT_EQ(request->query_id.size(), 36u);
}

TEST(Request, IsReadOnlyAsAGet) {
  HttpHead head = Head({});
  head.is_get = true;
  EXPECT_EQ(ReadRequest(head, kSettings)->settings, (Pairs{{"readonly", "2"}}));
  head.parameters = {{"readonly", "1"}};
  EXPECT_EQ(ReadRequest(head, kSettings)->settings, (Pairs{{"readonly", "1"}}));
  head.parameters = {{"readonly", "0"}};
  EXPECT_EQ(ReadRequest(head, kSettings)->settings, (Pairs{{"readonly", "2"}}));
}

TEST(Request, RefusesUnknownSettingsWithTheNearestOnes) {
  const auto request = ReadRequest(Head({{"max_thread", "1"}}), kSettings);
  ASSERT_FALSE(request.ok());
  EXPECT_EQ(request.error().database_code, 115);
  EXPECT_NE(request.error().message.find("`max_threads`"), std::string::npos) << request.error().message;
}

TEST(Request, RefusesWhatItWouldOtherwiseIgnore) {
  EXPECT_EQ(CodeOf(Head({{"session_id", "s"}})), 48);
  EXPECT_EQ(CodeOf(Head({{"compress", "1"}})), 48);
  EXPECT_EQ(CodeOf(Head({{"compress", "0"}})), 0);
  EXPECT_EQ(CodeOf(Head({{"cluster_for_parallel_replicas", "x"}})), 36);
  EXPECT_EQ(CodeOf(Head({{"max_threads", std::string("1\0", 2)}})), 36);
}

TEST(Request, KnowsOneUser) {
  EXPECT_EQ(CodeOf(Head({{"user", "default"}, {"password", ""}})), 0);
  EXPECT_EQ(CodeOf(Head({}, {{"Authorization", "Basic ZGVmYXVsdDo="}})), 0);
  EXPECT_EQ(CodeOf(Head({{"user", "root"}})), 516);
  EXPECT_EQ(CodeOf(Head({{"password", "x"}})), 516);
  EXPECT_EQ(CodeOf(Head({}, {{"X-ClickHouse-User", "root"}})), 516);
  EXPECT_EQ(CodeOf(Head({}, {{"X-ClickHouse-Key", "x"}})), 516);
  EXPECT_EQ(CodeOf(Head({}, {{"Authorization", "Bearer x"}})), 516);
}

}  // namespace
}  // namespace chimera::engine
