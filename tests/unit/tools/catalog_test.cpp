#include "tool_fixture.h"

namespace chimera::tools {
namespace {

using CatalogTest = ToolFixture;

TEST_F(CatalogTest, FindsTablesWithAndWithoutDatabase) {
  const auto bare = catalog_.Find({}, "bench_runs");
  const auto full = catalog_.Find({}, "chimera_metrics.bench_runs");
  ASSERT_TRUE(bare && full);
  EXPECT_EQ((*bare)->FullName(), "chimera_metrics.bench_runs");
  EXPECT_EQ((*full)->QuotedName(), "`chimera_metrics`.`bench_runs`");
  EXPECT_TRUE((*bare)->NeedsFinal());
}

TEST_F(CatalogTest, KeepsATableForAWhile) {
  ASSERT_TRUE(catalog_.Find({}, "bench_runs"));
  const size_t before = client_.Queries().size();
  ASSERT_TRUE(catalog_.Find({}, "bench_runs"));
  EXPECT_EQ(client_.Queries().size(), before);
  Catalog forgetful(client_, nullptr, std::chrono::seconds(0));
  ASSERT_TRUE(forgetful.Find({}, "bench_runs"));
  ASSERT_TRUE(forgetful.Find({}, "bench_runs"));
  EXPECT_EQ(client_.Queries().size(), before + 2);
}

TEST_F(CatalogTest, ProposesTablesAndColumns) {
  const auto table = catalog_.Find({}, "bench_run");
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, ErrorCode::kUnknownTable);
  EXPECT_TRUE(Contains(table.error().hint, "bench_runs")) << table.error().hint;
  const auto column = Catalog::FindColumn(**catalog_.Find({}, "bench_runs"), "latency_p59_ms");
  ASSERT_FALSE(column);
  EXPECT_EQ(column.error().code, ErrorCode::kUnknownColumn);
  EXPECT_EQ(column.error().hint, "did you mean `latency_p95_ms` (UInt32)?");
}

TEST_F(CatalogTest, ListsWhatThereIsWhenNothingIsNear) {
  EXPECT_TRUE(Contains(catalog_.Find({}, "zzzzzzzz").error().hint, "there are bench_runs, visits"));
  const auto column = Catalog::FindColumn(**catalog_.Find({}, "visits"), "qqqqqqqq");
  EXPECT_EQ(column.error().hint, "chimera_metrics.visits has id, opened, closed");
}

TEST_F(CatalogTest, ExplainsWhatTheDatabaseDoesNotKnow) {
  const auto hint = [&](ErrorCode code, const std::string& message, std::string_view sql) {
    return catalog_.Explain({}, MakeError(code, message), sql).hint;
  };
  EXPECT_TRUE(Contains(
      hint(ErrorCode::kUnknownTable, "Unknown table expression identifier 'chimera_metrics.bench_run' in scope", ""),
      "bench_runs"));
  EXPECT_TRUE(
      Contains(hint(ErrorCode::kUnknownTable, "Table chimera_metrics.bench_run does not exist", ""), "bench_runs"));
  EXPECT_TRUE(Contains(hint(ErrorCode::kUnknownColumn, "Identifier 'b.modle' cannot be resolved",
                            "SELECT b.modle FROM visits JOIN `bench_runs` AS b"),
                       "`model`"));
  EXPECT_EQ(hint(ErrorCode::kUnknownFunction, "Function with name `PERCENTILE_CONT` does not exist", ""),
            "in ClickHouse write quantileExactInclusive(0.95)(x)");
  Reply(Json::parse(R"([["quantile"], ["uniq"]])"));
  EXPECT_TRUE(
      Contains(hint(ErrorCode::kUnknownFunction, "Function with name `quantil` does not exist", ""), "quantile"));
}

TEST_F(CatalogTest, LeavesOtherErrorsAlone) {
  const Error error = catalog_.Explain({}, MakeError(ErrorCode::kTimeout, "late", "wait"), "SELECT 1");
  EXPECT_EQ(error.hint, "wait");
  EXPECT_TRUE(client_.Queries().empty());
}

}  // namespace
}  // namespace chimera::tools
