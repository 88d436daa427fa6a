#include "ingest/position.h"

#include <gtest/gtest.h>

namespace chimera::ingest {
namespace {

TEST(Position, IsATimeInText) {
  EXPECT_EQ(PositionText(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(PositionText(1'795'285'800'000'007), "2026-11-21T18:30:00.000007Z");
}

TEST(Position, IsReadAsItIsWritten) {
  for (const Position position : {Position{0}, Position{1'795'285'800'123'456}, Position{951'782'400'000'000}}) {
    EXPECT_EQ(ParsePosition(PositionText(position)), position);
  }
}

TEST(Position, TakesFewerDecimals) {
  EXPECT_EQ(ParsePosition("2026-11-21T18:30:00Z"), 1'795'285'800'000'000);
  EXPECT_EQ(ParsePosition("2026-11-21T18:30:00.5Z"), 1'795'285'800'500'000);
}

TEST(Position, RefusesWhatIsNoTimeInUtc) {
  for (const char* text :
       {"", "Z", "now", "2026-11-21", "2026-11-21T18:30:00", "2026-11-21T18:30:00+01:00", "2026-11-21 18:30:00Z",
        "2026-13-21T18:30:00Z", "2026-02-30T18:30:00Z", "2026-11-21T24:30:00Z", "2026-11-21T18:30:00.Z",
        "2026-11-21T18:30:00.1234567Z", "2026-11-21T18:30:00.-12Z", "1969-11-21T18:30:00Z", "2026-1-021T18:30:00Z"}) {
    EXPECT_EQ(ParsePosition(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace chimera::ingest
