#include "ingest/row_shape.h"

#include <gtest/gtest.h>

namespace chimera::ingest {
namespace {

const Batch kBatch{.id = "b", .to = {"sample", "db", "events"}};
const LiveColumns kLive = {{"id", "UInt64"}, {"name", "LowCardinality(String)"}, {"score", "Nullable(Float64)"},
                           {"ok", "Bool"},   {"at", "DateTime64(3, 'UTC')"},     {"tags", "Array(String)"}};

std::vector<Entry> Rows(const std::vector<std::string>& rows) {
  Entry entry{7, {std::nullopt, rows.size(), {}}};
  for (const std::string& row : rows) entry.slice.body += row + "\n";
  return {entry};
}

Shaped ShapeOf(const std::vector<std::string>& rows, bool evolve = false, const LiveColumns& live = kLive) {
  auto shaped = Shape(kBatch, Rows(rows), live, evolve);
  EXPECT_TRUE(shaped.ok());
  return *std::move(shaped);
}

/// Why the row cannot be stored; empty: it can.
std::string ReasonFor(const std::string& row, bool evolve = false) {
  const Shaped shaped = ShapeOf({row}, evolve);
  return shaped.dead.empty() ? "" : shaped.dead.front().reason;
}

TEST(RowShape, KeepsWhatFitsByteForByte) {
  const std::string row = R"({"id":1,"name":"a \"b\" ü","score":1.50,"ok":true,"at":"2025-01-01","tags":["x"]})";
  const Shaped shaped = ShapeOf({row, R"({"id":2})"});
  ASSERT_EQ(shaped.kept.size(), 1u);
  EXPECT_EQ(shaped.kept[0].slice.body, row + "\n" + R"({"id":2})" + "\n");
  EXPECT_EQ(shaped.kept[0].slice.rows, 2u);
  EXPECT_EQ(shaped.columns, (std::vector<std::string>{"at", "id", "name", "ok", "score", "tags"}));
  EXPECT_TRUE(shaped.dead.empty());
}

TEST(RowShape, RefusesOnlyWhatTheDatabaseWouldRefuseOrChange) {
  for (const char* fits :
       {R"({"id":18446744073709551615})", R"({"id":"12"})", R"({"score":null})", R"({"score":1})", R"({"score":"nan"})",
        R"({"at":1759795200000})", R"({"at":"what it knows better"})", R"({"tags":[]})", "{}"}) {
    EXPECT_EQ(ReasonFor(fits), "") << fits;
  }
  for (const char* misfit : {R"({"id":1.5})", R"({"id":"x"})", R"({"id":true})", R"({"id":null})", R"({"name":5})",
                             R"({"name":{"a":1}})", R"({"score":"high"})", R"({"ok":1})", R"({"ok":"true"})"}) {
    EXPECT_TRUE(ReasonFor(misfit).starts_with("schema_conflict: ")) << misfit << ": " << ReasonFor(misfit);
  }
}

TEST(RowShape, TakesNullWhereTheColumnItselfDoes) {
  for (const char* type : {"Nullable(String)", "LowCardinality(Nullable(String))", "JSON(a Int64)", "Dynamic",
                           "Variant(String, Int64)", "SimpleAggregateFunction(anyLast, Nullable(Int64))"}) {
    EXPECT_TRUE(ShapeOf({R"({"c":null})"}, false, {{"c", type}}).dead.empty()) << type;
  }
  for (const char* type : {"String", "Array(Nullable(String))", "Map(String, Nullable(Int64))",
                           "Tuple(a Nullable(Int64))", "SimpleAggregateFunction(sum, Int64)"}) {
    EXPECT_EQ(ShapeOf({R"({"c":null})"}, false, {{"c", type}}).dead.size(), 1u) << type;
  }
}

TEST(RowShape, NamesBothTypesAndTheValue) {
  const std::string reason = ReasonFor(R"({"id":"abc"})");
  for (const char* part : {"`id`", "db.events", "UInt64", "a text", "\"abc\"", "replay"}) {
    EXPECT_NE(reason.find(part), std::string::npos) << part << " in " << reason;
  }
}

TEST(RowShape, TakesOutTheRowsThatDoNotFitAndNoOthers) {
  const Shaped shaped = ShapeOf({R"({"id":1})", R"({"id":"x"})", R"({"id":3})"});
  EXPECT_EQ(shaped.kept[0].slice.body, "{\"id\":1}\n{\"id\":3}\n");
  EXPECT_EQ(shaped.kept[0].slice.rows, 2u);
  ASSERT_EQ(shaped.dead.size(), 1u);
  EXPECT_EQ(shaped.dead[0].row, R"({"id":"x"})");
  EXPECT_EQ(shaped.dead[0].position, 7);
}

TEST(RowShape, ColumnsOfNewFieldsComeFromTheirValues) {
  const Shaped shaped = ShapeOf(
      {R"({"n":1,"f":1,"t":"x","b":true,"big":9223372036854775808,"never":null})", R"({"n":-5,"f":0.5,"b":null})"},
      true);
  EXPECT_EQ(shaped.added, (std::vector<std::pair<std::string, std::string>>{{"b", "Nullable(Bool)"},
                                                                            {"big", "Nullable(UInt64)"},
                                                                            {"f", "Nullable(Float64)"},
                                                                            {"n", "Nullable(Int64)"},
                                                                            {"t", "Nullable(String)"}}));
  EXPECT_TRUE(shaped.dead.empty());
  EXPECT_EQ(shaped.kept[0].slice.body.find("never"), std::string::npos) << "a null of no column is left out";
}

TEST(RowShape, TheFirstRowDecidesWhatANewFieldIs) {
  const Shaped shaped = ShapeOf({R"({"n":1})", R"({"n":"one"})"}, true);
  EXPECT_EQ(shaped.added.front().second, "Nullable(Int64)");
  ASSERT_EQ(shaped.dead.size(), 1u);
  EXPECT_EQ(shaped.dead[0].row, R"({"n":"one"})");
}

TEST(RowShape, AFieldWithoutAColumnSaysHowThereCouldBeOne) {
  const std::string reason = ReasonFor(R"({"news":1})");
  EXPECT_TRUE(reason.starts_with("unknown_column: ")) << reason;
  EXPECT_NE(reason.find("CHIMERA_EVOLVE=sample"), std::string::npos) << reason;
}

TEST(RowShape, GivesRowsTheirPositionWhereTheTableHasAColumnForIt) {
  LiveColumns live = kLive;
  live["ingest_position"] = "DateTime64(6, 'UTC')";
  const Shaped shaped = ShapeOf({R"({"id":1})", "{}", R"({"id":2,"ingest_position":"there"})"}, false, live);
  EXPECT_EQ(shaped.kept[0].slice.body, R"({"id":1,"ingest_position":"1970-01-01T00:00:00.000007Z"})"
                                       "\n"
                                       R"({"ingest_position":"1970-01-01T00:00:00.000007Z"})"
                                       "\n"
                                       R"({"id":2,"ingest_position":"there"})"
                                       "\n");
  EXPECT_EQ(shaped.columns, (std::vector<std::string>{"id", "ingest_position"}));
}

TEST(RowShape, ShapingAgainChangesNothing) {
  LiveColumns live = kLive;
  live["ingest_position"] = "DateTime64(6, 'UTC')";
  auto once = Shape(kBatch, Rows({R"({"id":1,"x":null})"}), live, true);
  auto twice = Shape(kBatch, once->kept, live, true);
  EXPECT_EQ(once->kept[0].slice.body, twice->kept[0].slice.body);
}

TEST(RowShape, KeepsSlicesApart) {
  std::vector<Entry> entries = {
      {1, {10, 1, "{\"id\":1}\n"}}, {1, {11, 1, "{\"id\":\"x\"}\n"}}, {2, {10, 1, "{\"id\":2}\n"}}};
  auto shaped = Shape(kBatch, entries, kLive, false);
  ASSERT_EQ(shaped->kept.size(), 2u);
  EXPECT_EQ(shaped->kept[1].position, 2);
  EXPECT_EQ(shaped->dead[0].day, 11);
}

TEST(RowShape, RefusesABodyThatIsNoRows) {
  for (const char* bad : {"[1]\n", "{\"id\":\n", "no\n", "{} {}\n"}) {
    const Result<Shaped> shaped = Shape(kBatch, {{1, {std::nullopt, 1, bad}}}, kLive, false);
    EXPECT_FALSE(shaped.ok()) << bad;
  }
}

}  // namespace
}  // namespace chimera::ingest
