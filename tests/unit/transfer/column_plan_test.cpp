#include "transfer/column_plan.h"

#include <gtest/gtest.h>

#include "sources.h"

namespace chimera::transfer {
namespace {

using ::chimera::testing::EventsTable;

TEST(Mapping, IsPairs) {
  const auto mapping = ParseMapping({"created_at=ts", "a=b=c"}, {"junk"});
  ASSERT_TRUE(mapping);
  EXPECT_EQ(mapping->renamed.at("created_at"), "ts");
  EXPECT_EQ(mapping->renamed.at("a"), "b=c");
  for (const char* wrong : {"ts", "=ts", "a="}) EXPECT_FALSE(ParseMapping({wrong}, {})) << wrong;
}

TEST(ColumnPlan, FollowsTheHeaderAndTheMapping) {
  const Target target = EventsTable();
  const auto plan = PlanColumns(target, *ParseMapping({"when=ts"}, {"junk"}), {"name", "junk", "when", "n"});
  ASSERT_TRUE(plan);
  EXPECT_EQ(*plan, (std::vector<std::optional<size_t>>{2, std::nullopt, 0, 1}));
}

TEST(ColumnPlan, NamesWhatIsWrong) {
  const Target target = EventsTable();
  const auto unknown = PlanColumns(target, {}, {"ts", "n", "nam"});
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().hint.find("did you mean `name`"), std::string::npos) << unknown.error().hint;
  const auto twice = PlanColumns(target, *ParseMapping({"m=n"}, {}), {"ts", "n", "m", "name"});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().message, "two columns of the file go to `n`");
  const auto missing = PlanColumns(target, {}, {"ts"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "the file has no column for `n`, `name` of d.events");
}

TEST(ColumnPlan, TheTimeOfARowIsNeverMadeUp) {
  Target target = EventsTable();
  target.columns[0].has_default = true;
  EXPECT_FALSE(PlanColumns(target, {}, {"n", "name"}));
  target.columns[1].has_default = true;
  EXPECT_TRUE(PlanColumns(target, {}, {"ts", "name"}));
}

}  // namespace
}  // namespace chimera::transfer
