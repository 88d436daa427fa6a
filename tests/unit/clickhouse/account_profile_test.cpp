#include "clickhouse/account_profile.h"

#include <gtest/gtest.h>

#include "base/deadline.h"
#include "clickhouse/reply.h"
#include "clickhouse/request.h"
#include "unit/clickhouse/learned_profile.h"

namespace chimera::clickhouse {
namespace {

using testing::AllSettings;
using testing::Fixed;
using testing::Free;
using testing::Learned;
using testing::Limited;
using testing::SettingsRows;

using Admitted = std::optional<std::string>;

TEST(AccountProfile, TheEnginesOwnAccountMaySetEverything) {
  const auto profile = AccountProfile::Unrestricted();
  EXPECT_EQ(profile.Admit("readonly", "1"), Admitted("1"));
  EXPECT_TRUE(profile.Applies("date_time_output_format", "iso"));
  EXPECT_TRUE(profile.Notes().empty());
}

TEST(AccountProfile, ABareAccountSendsNothing) {
  const auto profile = AccountProfile::Bare();
  EXPECT_EQ(profile.Admit("readonly", "1"), std::nullopt);
  EXPECT_EQ(profile.Admit("max_threads", "1"), std::nullopt);
  EXPECT_FALSE(profile.Applies("date_time_output_format", "iso"));
}

TEST(AccountProfile, AWritableAccountIsReadWithReadonly) {
  const auto profile = Learned(AllSettings(Free));
  EXPECT_EQ(profile.Admit("readonly", "1"), Admitted("1"));
  EXPECT_EQ(profile.Admit("max_execution_time", "30"), Admitted("30"));
  EXPECT_EQ(profile.Admit("max_threads", "2"), Admitted("2")) << "a caller's own setting is the server's to judge";
}

TEST(AccountProfile, Readonly2KeepsReadonlyAlone) {
  for (const auto& own : {Free("readonly", "2"), Fixed("readonly", "2")}) {
    const auto profile = Learned(AllSettings(Free, Json::array({own})));
    EXPECT_EQ(profile.Admit("readonly", "1"), std::nullopt);
    EXPECT_EQ(profile.Admit("max_execution_time", "30"), Admitted("30"));
  }
}

TEST(AccountProfile, Readonly1SendsNothing) {
  const auto profile = testing::ReadonlyAccount();
  for (const char* name : {"readonly", "max_execution_time", "date_time_output_format", "max_threads"}) {
    EXPECT_EQ(profile.Admit(name, "1"), std::nullopt) << name;
  }
}

TEST(AccountProfile, Readonly1SendsWhatMayBeChangedAllTheSame) {
  const Json settings = AllSettings(Fixed, Json::array({Fixed("readonly", "1"), Free("max_execution_time")}));
  EXPECT_EQ(Learned(settings).Admit("max_execution_time", "30"), Admitted("30"));
  const auto old = LearnProfile([&](const Query&) -> Result<Rows> { return SettingsRows(settings, "22.8.1.1"); });
  EXPECT_EQ(old->Admit("max_execution_time", "30"), std::nullopt) << "that server does not count readonly there";
}

TEST(AccountProfile, LimitsAreClampedAndOtherSettingsLeftOut) {
  const auto profile = Learned(AllSettings(
      Free, Json::array({Limited("max_execution_time", "2", "10"), Limited("readonly", "2", nullptr),
                         Limited("date_time_output_format", nullptr, "x"), Limited("max_result_rows", "9", "3")})));
  EXPECT_EQ(profile.Admit("max_execution_time", "30"), Admitted("10"));
  EXPECT_EQ(profile.Admit("max_execution_time", "1"), Admitted("2"));
  EXPECT_EQ(profile.Admit("max_execution_time", "10"), Admitted("10"));
  EXPECT_EQ(profile.Admit("readonly", "1"), std::nullopt);
  EXPECT_EQ(profile.Admit("date_time_output_format", "iso"), std::nullopt);
  EXPECT_EQ(profile.Admit("max_result_rows", "5"), std::nullopt) << "no value fits";
}

TEST(AccountProfile, WhatTheAccountHasAnywayApplies) {
  const auto profile = Learned(AllSettings(
      Free, Json::array({Fixed("output_format_json_quote_decimals", "1"), Fixed("date_time_output_format", "iso"),
                         Fixed("output_format_json_quote_denormals", "true")})));
  EXPECT_TRUE(profile.Applies("output_format_json_quote_decimals", "1"));
  EXPECT_TRUE(profile.Applies("output_format_json_quote_denormals", "1"));
  EXPECT_TRUE(profile.Applies("date_time_output_format", "iso"));
  EXPECT_EQ(profile.Admit("date_time_output_format", "iso"), std::nullopt);
}

TEST(AccountProfile, SettingsThatAServerDoesNotKnowAreNotSent) {
  const auto profile = Learned(Json::array({Free("readonly"), Free("max_execution_time")}));
  EXPECT_EQ(profile.Admit("output_format_json_quote_decimals", "1"), std::nullopt);
  EXPECT_EQ(profile.Admit("readonly", "1"), Admitted("1"));
}

TEST(AccountProfile, ResultsCutInSilenceAreCorrectedOrTold) {
  const auto corrected = Learned(AllSettings(Free, Json::array({Free("timeout_overflow_mode", "break")})));
  ASSERT_EQ(corrected.Corrections().size(), 1u);
  EXPECT_EQ(corrected.Corrections()[0].name, "timeout_overflow_mode");
  EXPECT_EQ(corrected.Corrections()[0].value, "throw");
  EXPECT_TRUE(corrected.Notes().empty());

  const auto told = Learned(AllSettings(Free, Json::array({Fixed("read_overflow_mode", "break")})));
  EXPECT_TRUE(told.Corrections().empty());
  ASSERT_EQ(told.Notes().size(), 1u);
  EXPECT_NE(told.Notes()[0].find("read_overflow_mode = break"), std::string::npos);

  const auto harmless = Learned(AllSettings(Free, Json::array({Fixed("result_overflow_mode", "break")})));
  EXPECT_TRUE(harmless.Notes().empty()) << "there is no limit that it could cut at";
  const auto cuts = Learned(
      AllSettings(Free, Json::array({Fixed("result_overflow_mode", "break"), Fixed("max_result_rows", "100")})));
  EXPECT_EQ(cuts.Notes().size(), 1u);
}

/// A server that answers by a list, and counts.
struct Script {
  std::vector<Result<Rows>> answers;
  std::vector<Query> asked = {};

  Result<AccountProfile> Learn() {
    return LearnProfile([this](const Query& query) -> Result<Rows> {
      asked.push_back(query);
      return asked.size() <= answers.size() ? answers[asked.size() - 1]
                                            : MakeError(ErrorCode::kInternal, "asked too often");
    });
  }
};

Error Refusal(ErrorCode code, int number) {
  Error error = MakeError(code, "refused");
  error.database_code = number;
  return error;
}

Rows VersionRows(const std::string& version) {
  return testing::MakeRows({{"version", "String"}}, Json::array({Json::array({version})}));
}

TEST(LearnProfile, CostsOneRoundTripAndNeedsNoDefaultDatabase) {
  Script script{{SettingsRows(AllSettings(Free))}};
  ASSERT_TRUE(script.Learn());
  ASSERT_EQ(script.asked.size(), 1u);
  EXPECT_EQ(script.asked[0].database, "system");
  EXPECT_TRUE(script.asked[0].parameters.empty());
}

TEST(LearnProfile, AServerThatLacksSomethingIsNamedWithItsVersion) {
  Script script{{SettingsRows(AllSettings(Free), "21.8.15.7")}};
  const auto profile = script.Learn();
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().code, ErrorCode::kDatabaseError);
  EXPECT_EQ(profile.error().message,
            "the database is ClickHouse 21.8.15.7; chimera-mcp needs 22.8 or newer (tested with 26.7)");
  EXPECT_FALSE(profile.error().hint.empty());
  for (const char* version : {"22.8.1.1", "22.10.1.1", "23.1.1.1", "100.1.1.1", "head"}) {
    EXPECT_TRUE(Script{{SettingsRows(AllSettings(Free), version)}}.Learn()) << version;
  }
}

TEST(LearnProfile, AServerThatDoesNotUnderstandTheQuestionIsAskedForItsVersion) {
  for (const auto& [code, number] : {std::pair{ErrorCode::kDatabaseError, 73}, {ErrorCode::kUnknownFunction, 46}}) {
    Script script{{Refusal(code, number), VersionRows("18.16.1")}};
    const auto profile = script.Learn();
    ASSERT_FALSE(profile);
    EXPECT_EQ(profile.error().message.substr(0, 34), "the database is ClickHouse 18.16.1");
    EXPECT_EQ(script.asked.size(), 2u);
  }
}

TEST(LearnProfile, WithoutSystemSettingsOnlyReadonlyIsSentAndOnlyToAWriter) {
  for (const bool writer : {true, false}) {
    Script script{{Refusal(ErrorCode::kAccessDenied, 497), VersionRows("26.7.2.1"),
                   testing::MakeRows({{"t", "String"}, {"u", "String"}, {"r", "String"}},
                                     Json::array({Json::array({"Asia/Tokyo", "reader", writer ? "0" : "1"})}))}};
    const auto profile = script.Learn();
    ASSERT_TRUE(profile) << profile.error().message;
    EXPECT_EQ(profile->Admit("readonly", "1"), writer ? Admitted("1") : std::nullopt);
    EXPECT_EQ(profile->Admit("max_execution_time", "1"), std::nullopt);
    EXPECT_EQ(profile->Admit("max_threads", "1"), std::nullopt);
    EXPECT_EQ(profile->Timezone(), "Asia/Tokyo");
  }
}

TEST(LearnProfile, OtherFailuresAreTheCallers) {
  for (const auto& error : {MakeError(ErrorCode::kUnavailable, "gone"), MakeError(ErrorCode::kTimeout, "late"),
                            Refusal(ErrorCode::kAccessDenied, 516), Refusal(ErrorCode::kBusy, 202)}) {
    Script script{{error}};
    const auto profile = script.Learn();
    ASSERT_FALSE(profile);
    EXPECT_EQ(profile.error().message, error.message);
    EXPECT_EQ(script.asked.size(), 1u);
  }
}

/// What Debian's 18.16.1 sent when it was asked so, head and body.
struct Recorded {
  int status;
  std::string body;
};

TEST(LearnProfile, Debians1816IsTooOld) {
  const std::vector<Recorded> replies = {
      {404,
       "Code: 73, e.displayText() = DB::Exception: Unknown format JSONCompactEachRowWithNamesAndTypes, e.what() = "
       "DB::Exception\n"},
      {200, "[\"version\"]\n[\"String\"]\n[\"18.16.1\"]\n"}};
  size_t next = 0;
  const auto profile = LearnProfile([&](const Query& query) -> Result<Rows> {
    EXPECT_TRUE(ReadRequest(query, AccountProfile::Bare(), "default", {}));
    RowsReply reply(query.max_rows, query.max_bytes, AccountProfile::Bare());
    reply.OnHead({replies.at(next).status, true, {}});
    reply.OnBody(replies.at(next++).body);
    if (const auto exception = reply.FindError()) return ToError(*exception);
    EXPECT_TRUE(reply.IsResult());
    return reply.TakeRows();
  });
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().message,
            "the database is ClickHouse 18.16.1; chimera-mcp needs 22.8 or newer (tested with 26.7)");
}

}  // namespace
}  // namespace chimera::clickhouse
