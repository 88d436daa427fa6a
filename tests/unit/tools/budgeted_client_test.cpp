#include "tools/budgeted_client.h"

#include "tool_fixture.h"

namespace chimera::tools {
namespace {

bool IsEstimate(const clickhouse::Query& query) {
  return query.sql.starts_with("EXPLAIN ESTIMATE ");
}

std::string Setting(const clickhouse::Query& query, std::string_view name) {
  for (const auto& setting : query.settings) {
    if (setting.name == name) return setting.value;
  }
  return {};
}

/// One row: a list of two texts would be taken for an object.
Json InForce(const char* limit, const char* mode) {
  return Json::array({Json::array({limit, mode})});
}

class BudgetedClientTest : public ToolFixture {
 protected:
  Result<clickhouse::Rows> Read(clickhouse::Query query, RequestContext context = {}) {
    return budgeted_.Read(context, query);
  }
  Error Refusal(const std::string& sql) {
    auto rows = Read({.sql = sql});
    if (!rows) return rows.error();
    ADD_FAILURE() << sql << " was not refused";
    return {};
  }
  void ReplyEstimate(const Json& rows, uint64_t rows_read = 0) {
    auto estimate = testing::MakeRows({}, rows);
    estimate.statistics.rows_read = rows_read + estimate.row_count;
    ReplyRows(std::move(estimate));
  }

  BudgetedClient budgeted_{client_, catalog_, 1000};
};

TEST_F(BudgetedClientTest, RunsWhatStaysWithin) {
  ReplyEstimate({{"chimera_metrics", "bench_runs", "3", "1000", "4"}});
  Reply({{1}});
  EXPECT_TRUE(Read({.sql = "SELECT sum(x) FROM bench_runs WHERE a = {a:Int8}", .parameters = {{"a", "1"}}}));
  const auto queries = client_.Queries();
  ASSERT_EQ(queries.size(), 2u);
  EXPECT_EQ(queries[0].sql, "EXPLAIN ESTIMATE SELECT sum(x) FROM bench_runs WHERE a = {a:Int8}");
  EXPECT_EQ(queries[0].parameters.size(), 1u);
  EXPECT_EQ(Setting(queries[0], "max_rows_to_read"), "1000");
  EXPECT_EQ(Setting(queries[0], "read_overflow_mode"), "break");
  EXPECT_TRUE(queries[1].settings.empty());
}

TEST_F(BudgetedClientTest, RefusesWhatGoesBeyond) {
  ReplyEstimate({{"chimera_metrics", "visits", 1, 34, 1}, {"chimera_metrics", "bench_runs", "24", "1234567", "245"}});
  const Error error = Refusal("SELECT sum(x) FROM bench_runs JOIN visits USING id");
  EXPECT_EQ(error.code, ErrorCode::kOverBudget);
  EXPECT_EQ(error.message,
            "the statement would read about 1,234,601 rows (1,234,567 rows in 24 parts of chimera_metrics.bench_runs, "
            "34 rows in 1 part of chimera_metrics.visits); the read budget is 1,000 rows");
  EXPECT_TRUE(Contains(error.hint, "chimera_metrics.bench_runs is sorted by (model, run_id)")) << error.hint;
  EXPECT_TRUE(Contains(error.hint, "CHIMERA_READ_BUDGET_ROWS")) << error.hint;
  EXPECT_EQ(QueryCount(), 1u) << "the statement itself was not sent";
}

TEST_F(BudgetedClientTest, CountsTheSubqueriesThatAPlanNeeds) {
  ReplyEstimate(Json::array(), 1001);
  const Error error = Refusal("SELECT (SELECT sum(v) FROM t)");
  EXPECT_TRUE(Contains(error.message, "(at least 1,001 rows for its subqueries)")) << error.message;
}

TEST_F(BudgetedClientTest, NamesTheLargestTables) {
  ReplyEstimate({{"d", "a", 1, 1, 1}, {"d", "b", 1, 5000, 1}, {"d", "c", 1, 2, 1}, {"d", "e", 1, 3, 1}});
  const std::string message = Refusal("SELECT 1 FROM a, b, c, e").message;
  EXPECT_TRUE(Contains(message,
                       "(5,000 rows in 1 part of d.b, 3 rows in 1 part of d.e, 2 rows in 1 part of d.c, more in "
                       "other tables)"))
      << message;
}

TEST_F(BudgetedClientTest, AFailedEstimateStopsNothing) {
  ReplyError(MakeError(ErrorCode::kDatabaseError, "no EXPLAIN here"));
  Reply({{1}});
  EXPECT_TRUE(Read({.sql = "SELECT 1"}));
}

TEST_F(BudgetedClientTest, OtherEnginesPass) {
  ReplyEstimate(Json::array());
  Reply({{1}});
  EXPECT_TRUE(Read({.sql = "SELECT count() FROM numbers(1000000)"}));
}

TEST_F(BudgetedClientTest, OnlySelectsAreEstimated) {
  for (const char* sql : {"SHOW TABLES", "EXPLAIN SELECT 1", "DESCRIBE TABLE t", "EXISTS t"}) {
    Reply({{1}});
    EXPECT_TRUE(Read({.sql = sql}));
  }
  EXPECT_EQ(QueryCount(), 4u);
  for (const char* sql : {"WITH 1 AS x SELECT x", "((SELECT 1) UNION ALL SELECT 2)", "from t select 1"}) {
    ReplyEstimate(Json::array());
    Reply({{1}});
    EXPECT_TRUE(Read({.sql = sql}));
  }
  EXPECT_EQ(QueryCount(), 10u);
}

TEST_F(BudgetedClientTest, ConsentNeedsNoEstimate) {
  Reply({{1}});
  RequestContext context;
  context.may_exceed_budget = true;
  EXPECT_TRUE(Read({.sql = "SELECT 1"}, context));
  EXPECT_EQ(QueryCount(), 1u);
}

TEST_F(BudgetedClientTest, TellsNoProgressOfTheEstimate) {
  bool told = false;
  client_.OnRead([&](const clickhouse::Query& query) -> Result<clickhouse::Rows> {
    if (IsEstimate(query)) told = static_cast<bool>(client_.LastContext().on_progress);
    return testing::MakeRows({}, Json::array());
  });
  RequestContext context;
  context.on_progress = [](const Progress&) {};
  EXPECT_TRUE(Read({.sql = "SELECT 1"}, context));
  EXPECT_FALSE(told);
  EXPECT_TRUE(client_.LastContext().on_progress);
}

TEST_F(BudgetedClientTest, LetsClickHouseJudgeALimit) {
  ReplyEstimate({{"d", "a", 1, 5000, 1}});
  Reply(InForce("1000", "throw"));
  Reply({{7}});
  EXPECT_TRUE(Read({.sql = "SELECT * FROM a LIMIT 1"}));
  EXPECT_EQ(Setting(LastQuery(), "max_rows_to_read"), "1000");
  EXPECT_EQ(Setting(LastQuery(), "read_overflow_mode"), "throw");

  ReplyEstimate({{"d", "a", 1, 5000, 1}});
  Reply(InForce("1000", "throw"));
  Error too_many = MakeError(ErrorCode::kTooLarge, "Limit for rows exceeded");
  too_many.database_code = 158;
  ReplyError(too_many);
  EXPECT_EQ(Refusal("SELECT * FROM a WHERE x LIMIT 1").code, ErrorCode::kOverBudget);

  ReplyEstimate({{"d", "a", 1, 5000, 1}});
  Reply(InForce("1000", "throw"));
  ReplyError(MakeError(ErrorCode::kTimeout, "too slow"));
  EXPECT_EQ(Refusal("SELECT * FROM a LIMIT 1").code, ErrorCode::kTimeout);
}

TEST_F(BudgetedClientTest, RefusesALimitWhereTheAccountMayNotBoundIt) {
  for (const Json& in_force : {InForce("0", "throw"), InForce("1000", "break"), InForce("5000", "throw")}) {
    ReplyEstimate({{"d", "a", 1, 5000, 1}});
    Reply(in_force);
    EXPECT_EQ(Refusal("SELECT * FROM a LIMIT 1").code, ErrorCode::kOverBudget) << in_force;
  }
}

}  // namespace
}  // namespace chimera::tools
