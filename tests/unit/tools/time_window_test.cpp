#include "tools/time_window.h"

#include <gtest/gtest.h>

namespace chimera::tools {
namespace {

Instant At(std::string_view text) {
  return ParseTime(text).value().at;
}

std::string Iso(std::string_view text) {
  const auto time = ParseTime(text);
  return time ? IsoTime(time->at) : "nothing";
}

TEST(ParseTime, ReadsWhatPeopleWrite) {
  EXPECT_EQ(Iso("2025-11-20"), "2025-11-20T00:00:00Z");
  EXPECT_EQ(Iso("2025-11-20T13:05"), "2025-11-20T13:05:00Z");
  EXPECT_EQ(Iso("2025-11-20 13:05:09.125"), "2025-11-20T13:05:09.125Z");
  EXPECT_EQ(Iso("2025-11-20T00:30:00+02:00"), "2025-11-19T22:30:00Z");
  EXPECT_EQ(Iso("2025-11-20T00:30:00-05"), "2025-11-20T05:30:00Z");
  EXPECT_EQ(Iso("1960-02-29T00:00:00.5Z"), "1960-02-29T00:00:00.500Z");
}

TEST(ParseTime, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "yesterday", "2025-13-01", "2025-02-29", "2025-11-20T24:00", "2025-11-20T13:05:09.", "1899-12-31",
        "2025-11-20T13:05Zx", "2025-11-20T13:05+99:00", "20251120", "2025-11-20T1:05", "2025-11-20 "}) {
    EXPECT_FALSE(ParseTime(text)) << text;
  }
}

TEST(BucketStart, KnowsTheCalendar) {
  EXPECT_EQ(IsoTime(BucketStart(At("2025-11-20T13:05:09"), Bucket::kWeek)), "2025-11-17T00:00:00Z");
  EXPECT_EQ(IsoTime(BucketStart(At("2025-11-20T13:05:09"), Bucket::kMonth)), "2025-11-01T00:00:00Z");
  EXPECT_EQ(IsoTime(BucketStart(At("2025-11-20T13:05:09"), Bucket::kMinute)), "2025-11-20T13:05:00Z");
  EXPECT_EQ(IsoTime(NextBucket(At("2024-02-01"), Bucket::kMonth)), "2024-03-01T00:00:00Z");
}

TEST(BucketNumber, CountsWithoutGapsOnBothSidesOf1970) {
  EXPECT_EQ(BucketNumber(At("1970-01-01"), Bucket::kDay), 0);
  EXPECT_EQ(BucketNumber(At("1969-12-31T23:59:59"), Bucket::kDay), -1);
  EXPECT_EQ(BucketNumber(At("1970-01-01"), Bucket::kWeek), 0);  // a Thursday
  EXPECT_EQ(BucketNumber(At("1970-01-05"), Bucket::kWeek), 1);
  EXPECT_EQ(BucketNumber(At("1969-12-28"), Bucket::kWeek), -1);
  EXPECT_EQ(BucketNumber(At("1969-12-31"), Bucket::kMonth), -1);
  EXPECT_EQ(BucketNumber(At("2024-03-31"), Bucket::kMonth), 54 * 12 + 2);
  for (const auto bucket : {Bucket::kMinute, Bucket::kHour, Bucket::kDay, Bucket::kWeek, Bucket::kMonth}) {
    const Instant start = BucketStart(At("2024-02-29T13:05:09"), bucket);
    EXPECT_EQ(BucketNumber(NextBucket(start, bucket), bucket), BucketNumber(start, bucket) + 1) << Name(bucket);
  }
}

TimeWindow Window(const Json& arguments, std::vector<Problem>& problems) {
  return ParseWindow(arguments, At("2025-11-20T13:05:09"), Bucket::kDay, 30, problems);
}

TEST(ParseWindow, StartsDaysAtABucket) {
  std::vector<Problem> problems;
  EXPECT_EQ(ToText(Window({{"days", 7}}, problems).ToJson()), R"({"since":"2025-11-14T00:00:00Z","until":null})");
  EXPECT_EQ(ToText(Window(Json::object(), problems).ToJson()), R"({"since":"2025-10-22T00:00:00Z","until":null})");
  EXPECT_TRUE(problems.empty());
}

TEST(ParseWindow, IncludesABareLastDay) {
  std::vector<Problem> problems;
  EXPECT_EQ(ToText(Window({{"until", "2025-11-20"}}, problems).ToJson()),
            R"({"since":null,"until":"2025-11-21T00:00:00Z"})");
  EXPECT_EQ(ToText(Window({{"until", "2025-11-20T00:00:00Z"}}, problems).ToJson()),
            R"({"since":null,"until":"2025-11-20T00:00:00Z"})");
  EXPECT_TRUE(problems.empty());
}

TEST(ParseWindow, NamesWhatIsWrong) {
  std::vector<Problem> problems;
  Window({{"days", 7}, {"since", "2025-11-01"}}, problems);
  Window({{"since", "last week"}}, problems);
  Window({{"since", "2025-11-02"}, {"until", "2025-11-01"}}, problems);
  ASSERT_EQ(problems.size(), 3u);
  EXPECT_EQ(problems[0].path, "days");
  EXPECT_EQ(problems[1].path, "since");
  EXPECT_EQ(problems[1].value, "\"last week\"");
  EXPECT_EQ(problems[2].path, "until");
}

}  // namespace
}  // namespace chimera::tools
