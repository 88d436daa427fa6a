// What of the buffer is shown before it is stored, and in which order; that it is what the database will show, the
// contract tests compare.
#include "timestore/tail.h"

#include <gtest/gtest.h>

#include "timestore/layout.h"
#include "timestore/row_order.h"
#include "timestore/tail_filter.h"

namespace chimera::timestore {
namespace {

const ingest::Destination kTo = DestinationOf({"sensors", "climate"});

std::string Line(const std::string& fields) {
  return R"({"timestamp":1000,"partition_key":"k","dataset_slug":"sensors","table_name":"climate")" +
         (fields.empty() ? "" : "," + fields) + "}\n";
}

ingest::Entry EntryOf(ingest::Position position, const std::string& fields) {
  return {position, {0, 1, Line(fields)}};
}

tools::TableDescription TableWith(const std::string& name, const std::string& type, const std::string& fallback = "") {
  tools::TableDescription table;
  for (const auto& [column, column_type] : BaseColumns()) {
    table.table.columns.push_back({column, column_type, ""});
    table.defaults.emplace_back();
  }
  table.table.columns.push_back({name, type, ""});
  table.defaults.push_back(fallback);
  return table;
}

TEST(Tail, HasTheTypesThatTheFlushWillGive) {
  const auto tail = ReadTail(
      kTo, {EntryOf(7, R"("n":1,"s":"x")"), EntryOf(8, R"("n":null)"), EntryOf(9, R"("n":"no")")}, std::nullopt);
  ASSERT_TRUE(tail.ok()) << tail.error().message;
  EXPECT_EQ(tail->rows.size(), 2u);
  EXPECT_EQ(tail->dead, 1u) << "a text among numbers";
  EXPECT_EQ(tail->positions, (std::vector<ingest::Position>{7, 8, 9}))
      << "what is left out here is not to be shown there";
  EXPECT_EQ(tail->added.size(), 2u);
  EXPECT_EQ(tail->kinds.at("n"), CellKind::kInt64);
  EXPECT_EQ(tail->rows[0].key, (RowKey{1000, "k", 7}));
}

TEST(Tail, IsNotShownWhereTheDatabaseWouldShowSomethingElse) {
  EXPECT_TRUE(ReadTail(kTo, {EntryOf(7, "")}, TableWith("n", "Nullable(Int64)")).ok());
  EXPECT_FALSE(ReadTail(kTo, {EntryOf(7, "")}, TableWith("n", "Int64")).ok());
  EXPECT_FALSE(ReadTail(kTo, {EntryOf(7, "")}, TableWith("n", "Nullable(Decimal(9, 2))")).ok());
  EXPECT_FALSE(ReadTail(kTo, {EntryOf(7, "")}, TableWith("n", "Nullable(Int64)", "DEFAULT 5")).ok());
  EXPECT_FALSE(ReadTail(kTo, {EntryOf(7, R"("n":"5")")}, TableWith("n", "Nullable(Int64)")).ok());
}

TEST(Like, IsThatOfClickHouse) {
  EXPECT_TRUE(IsLike("", ""));
  EXPECT_TRUE(IsLike("", "%"));
  EXPECT_TRUE(IsLike("a\nb", "a%b"));
  EXPECT_TRUE(IsLike("日本", "_本"));
  EXPECT_TRUE(IsLike("abcabc", "%bc"));
  EXPECT_TRUE(IsLike("50%", "50\\%"));
  EXPECT_TRUE(IsLike("a\\b", "a\\\\b"));
  EXPECT_FALSE(IsLike("a", ""));
  EXPECT_FALSE(IsLike("A", "a"));
  EXPECT_FALSE(IsLike("ab", "_"));
  EXPECT_FALSE(IsLike("501", "50\\%"));
}

TEST(Filter, LikeIsForText) {
  tools::Problems problems;
  const TailFilter filter({{"n", CellKind::kInt64}}, Json::parse(R"([{"column":"n","op":"like","value":"1%"}])"), {},
                          problems);
  ASSERT_EQ(problems.List().size(), 1u);
  EXPECT_EQ(problems.List()[0].path, "filters[0].op");
}

KeyedRow At(int64_t millis, const std::string& json) {
  return {{millis, "", 0}, "[" + json + "]"};
}

TEST(Merge, TakesTheEarlierOneFromEitherSide) {
  const auto merged = MergeRows({At(1, "1"), At(4, "4")}, false, {At(2, "2"), At(5, "5")}, false, {10, 1000});
  EXPECT_EQ(merged.rows_json, "[1],[2],[4],[5]");
  EXPECT_EQ(merged.from_tail, 2u);
  EXPECT_FALSE(merged.truncated);
  EXPECT_EQ(MergeRows({At(4, "4"), At(1, "1")}, false, {At(5, "5"), At(2, "2")}, true, {10, 1000}).rows_json,
            "[5],[4],[2],[1]");
}

TEST(Merge, SaysWhatIsLeftOut) {
  const auto cut = MergeRows({At(1, "1")}, false, {At(2, "2"), At(3, "3")}, false, {2, 1000});
  EXPECT_EQ(cut.rows_json, "[1],[2]");
  EXPECT_TRUE(cut.truncated);
  EXPECT_TRUE(MergeRows({At(1, "1")}, false, {At(2, "22222")}, false, {9, 6}).truncated);
}

TEST(Merge, ShowsNothingBehindWhatTheDatabaseDidNotTell) {
  const auto merged = MergeRows({At(1, "1")}, true, {At(0, "0"), At(2, "2")}, false, {10, 1000});
  EXPECT_EQ(merged.rows_json, "[0],[1]");
  EXPECT_TRUE(merged.truncated);
}

TEST(KeyedRows, AreReadWithoutTouchingTheirValues) {
  clickhouse::Rows rows;
  rows.rows_json = R"(["5","a\"b","-7",1.50,"x, ]",null],["6","","8",[1, 2]])";
  const auto keyed = ReadKeyedRows(rows);
  ASSERT_TRUE(keyed.ok());
  EXPECT_EQ((*keyed)[0].key, (RowKey{5, "a\"b", -7}));
  EXPECT_EQ((*keyed)[0].json, R"([1.50,"x, ]",null])");
  EXPECT_EQ((*keyed)[1].json, "[[1, 2]]");
  rows.rows_json = "[5";
  EXPECT_FALSE(ReadKeyedRows(rows).ok());
}

}  // namespace
}  // namespace chimera::timestore
