#include "schema/placeholders.h"

#include <gtest/gtest.h>

namespace chimera::schema {
namespace {

TEST(FindPlaceholders, FindsNamesAndTypes) {
  const auto found = FindPlaceholders("SELECT {days:UInt16}, { t : DateTime64(3, 'UTC') }, {days:UInt16}");
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 3u);
  EXPECT_EQ((*found)[0].name, "days");
  EXPECT_EQ((*found)[0].type, "UInt16");
  EXPECT_EQ((*found)[1].name, "t");
  EXPECT_EQ((*found)[1].type, "DateTime64(3, 'UTC')");
  EXPECT_EQ((*found)[2].name, "days");
}

TEST(FindPlaceholders, SkipsStringsCommentsAndMaps) {
  const auto found = FindPlaceholders("SELECT '{a:String}' /* {b:String} */, {'key': 1} -- {c:String}\n");
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->empty());
}

TEST(FindPlaceholders, RefusesWhatIsNotClosed) {
  EXPECT_FALSE(FindPlaceholders("SELECT {days:UInt16").ok());
  EXPECT_FALSE(FindPlaceholders("SELECT 'x").ok());
}

}  // namespace
}  // namespace chimera::schema
