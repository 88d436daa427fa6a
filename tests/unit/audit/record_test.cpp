#include "audit/record.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace chimera::audit {
namespace {

Record Example() {
  Record record;
  record.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'007));
  record.id = "a1";
  record.tool = "query";
  record.arguments = Json::object();
  record.statement = "SELECT 1";
  record.verdict = "allowed";
  record.work = {.rows_read = 1, .bytes_read = 2};
  record.took = std::chrono::microseconds(12345);
  return record;
}

TEST(Record, IsOneJsonObjectWithEveryField) {
  const Json line = Json::parse(Line(Example(), false));
  EXPECT_EQ(line["time"], "2023-11-14T22:13:20.007Z");
  EXPECT_EQ(line["statement"], "SELECT 1");
  EXPECT_EQ(line["statement_sha256"], Sha256Hex("SELECT 1"));
  EXPECT_TRUE(line["principal"].is_null());
  EXPECT_TRUE(line["code"].is_null());
  EXPECT_EQ(line["rows_read"], 1);
  EXPECT_DOUBLE_EQ(line["duration_ms"].get<double>(), 12.35);
  EXPECT_EQ(line.size(), 21u);
}

TEST(Record, KeepsTheStatementsHashOnlyWhereThatIsWanted) {
  const std::string line = Line(Example(), true);
  EXPECT_EQ(line.find("SELECT 1"), std::string::npos);
  EXPECT_NE(line.find(Sha256Hex("SELECT 1")), std::string::npos);
}

TEST(Record, StaysOnOneLineAndShortWhateverIsInIt) {
  Record record = Example();
  record.tool = "a\nb" + std::string(5000, 'x');
  record.statement = std::string(1'000'000, '\x01');
  const std::string line = Line(record, false);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_LT(line.size(), 110'000u);
  EXPECT_EQ(Json::parse(line)["statement_sha256"], Sha256Hex(record.statement));
}

TEST(Record, SaysWhoEndedACall) {
  EXPECT_EQ(VerdictOf("rate_limited"), "refused");
  EXPECT_EQ(VerdictOf("statement_refused"), "refused");
  EXPECT_EQ(VerdictOf("timeout"), "failed");
  EXPECT_EQ(VerdictOf("access_denied"), "failed");
}

}  // namespace
}  // namespace chimera::audit
