#include "clickhouse/request.h"

#include <gtest/gtest.h>

#include "unit/clickhouse/learned_profile.h"

namespace chimera::clickhouse {
namespace {

using namespace std::chrono_literals;
using testing::AllSettings;
using testing::Fixed;
using testing::Free;
using testing::Learned;
using testing::Limited;

std::string ReadTarget(const AccountProfile& profile, const Query& query = {.sql = "x", .max_rows = 10}) {
  auto request = ReadRequest(query, profile, "metrics", RequestContext::For("test", 1500ms, {}));
  return request ? request->target : request.error().message;
}

bool Has(const std::string& target, const std::string& parameter) {
  return (target + "&").find("?" + parameter + "&") != std::string::npos ||
         (target + "&").find("&" + parameter + "&") != std::string::npos;
}

bool Names(const std::string& target, const std::string& setting) {
  return target.find("&" + setting + "=") != std::string::npos;
}

constexpr const char* kReadSettings[] = {"readonly",
                                         "max_execution_time",
                                         "max_result_rows",
                                         "result_overflow_mode",
                                         "output_format_json_quote_64bit_integers",
                                         "output_format_json_quote_decimals",
                                         "output_format_json_quote_denormals",
                                         "date_time_output_format",
                                         "send_progress_in_http_headers"};

TEST(ReadRequest, AnAccountThatMayCarriesEverySetting) {
  for (const auto& profile : {AccountProfile::Unrestricted(), Learned(AllSettings(Free))}) {
    for (const char* name : kReadSettings) EXPECT_TRUE(Names(ReadTarget(profile), name)) << name;
  }
}

TEST(ReadRequest, AReadonlyAccountCarriesNone) {
  Query query{.sql = "x"};
  query.parameters = {{"a", "1"}};
  query.settings = {{"max_threads", "2"}, {"readonly", "0"}};
  for (const auto& profile : {AccountProfile::Bare(), testing::ReadonlyAccount()}) {
    const std::string target = ReadTarget(profile, query);
    for (const char* name : kReadSettings) EXPECT_FALSE(Names(target, name)) << name;
    EXPECT_FALSE(Names(target, "max_threads"));
    EXPECT_TRUE(Has(target, "param_a=1"));
    EXPECT_TRUE(Has(target, "database=metrics"));
    EXPECT_TRUE(Names(target, "default_format"));
  }
}

TEST(ReadRequest, TheTimeLimitIsClamped) {
  const auto profile = Learned(AllSettings(Free, Json::array({Limited("max_execution_time", nullptr, "1")})));
  EXPECT_TRUE(Has(ReadTarget(profile), "max_execution_time=1"));
}

// With `break`, a limit of rows or bytes below ours would cut the result and look like its end.
TEST(ReadRequest, TheServerCutsOnlyWhereTheCutIsSeen) {
  const auto capped = [](const Json& changed) {
    const std::string target = ReadTarget(Learned(AllSettings(Free, changed)));
    EXPECT_EQ(Names(target, "max_result_rows"), Has(target, "result_overflow_mode=break"));
    return Has(target, "max_result_rows=11");
  };
  EXPECT_TRUE(capped(Json::array()));
  EXPECT_TRUE(capped(Json::array({Limited("max_result_rows", nullptr, "11")})));
  EXPECT_FALSE(capped(Json::array({Limited("max_result_rows", nullptr, "10")})));
  EXPECT_FALSE(capped(Json::array({Fixed("max_result_rows", "10")})));
  EXPECT_FALSE(capped(Json::array({Fixed("result_overflow_mode", "throw")})));
  EXPECT_FALSE(capped(Json::array({Fixed("max_result_bytes", "1000")})));
}

TEST(ReadRequest, LimitsThatCutInSilenceAreTurnedIntoErrors) {
  const std::string target = ReadTarget(
      Learned(AllSettings(Free, Json::array({Free("timeout_overflow_mode", "break"),
                                             Free("result_overflow_mode", "break"), Fixed("max_result_rows", "10")}))));
  EXPECT_TRUE(Has(target, "timeout_overflow_mode=throw"));
  EXPECT_TRUE(Has(target, "result_overflow_mode=throw"));
}

TEST(WriteRequest, WhatKeepsABatchFromBeingStoredTwiceIsAlwaysSent) {
  const std::string token = "t";
  const Insert insert{"db", "t", {"a"}, "{}", token};
  const std::string target = WriteRequest(insert, testing::ReadonlyAccount(), "metrics", {}).target;
  for (const char* setting : {"async_insert=0", "insert_deduplicate=1", "insert_deduplication_token=t",
                              "deduplicate_blocks_in_dependent_materialized_views=1"}) {
    EXPECT_TRUE(Has(target, setting)) << setting;
  }
  EXPECT_FALSE(Names(target, "date_time_input_format"));
  EXPECT_TRUE(Names(
      WriteRequest(insert, Learned(AllSettings(Free, Json::array({Free("date_time_input_format")}))), "metrics", {})
          .target,
      "date_time_input_format"));
}

}  // namespace
}  // namespace chimera::clickhouse
