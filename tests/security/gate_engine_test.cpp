// The corpus, its mutations and the gate's tables of names against the real engine.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "sql/lexer.h"
#include "sql/name_policy.h"
#include "sql/read_gate.h"
#include "tests/security/differential.h"

namespace chimera::security {
namespace {

constexpr size_t kMutations = 20'000;
constexpr size_t kTreeEvery = 8;

// One engine for all tests: a process can have only one.
class GateAndEngine : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto oracle = Oracle::Create();
    if (!oracle.ok()) return;
    oracle_ = std::move(*oracle);
    const auto statements = sql::SplitStatements(LoadText("tables.sql"));
    ASSERT_TRUE(statements.ok());
    for (const std::string& statement : *statements) {
      const auto made = oracle_->Query(statement);
      ASSERT_TRUE(made.ok()) << statement << "\n" << made.error().message;
    }
  }
  static void TearDownTestSuite() { oracle_.reset(); }

  void SetUp() override {
    if (!oracle_) GTEST_SKIP() << "libchdb was not found";
  }

  /// Requires the words of the first column.
  static std::vector<std::string> Column(const std::string& sql) {
    const auto rows = oracle_->Query(sql);
    EXPECT_TRUE(rows.ok()) << sql;
    std::istringstream lines(rows.ok() ? *rows : "");
    std::vector<std::string> column;
    for (std::string line; std::getline(lines, line);) column.push_back(line);
    return column;
  }

  static inline std::unique_ptr<Oracle> oracle_;
};

TEST_F(GateAndEngine, EngineRunsEveryBenignStatement) {
  for (const Case& each : LoadCorpus("benign.jsonl")) {
    for (const auto& [name, value] : each.parameters) {
      ASSERT_TRUE(oracle_->Query("SET param_" + name + " = " + sql::QuoteString(value)).ok()) << each.sql;
    }
    const Classification found = oracle_->Classify(each.sql);
    EXPECT_EQ(found.statements, 1u) << each.sql;
    EXPECT_EQ(found.kind, StatementClass::kReadOnly) << each.sql;
    const auto rows = oracle_->Query(each.sql);
    EXPECT_TRUE(rows.ok()) << "benign.jsonl:" << each.line << ": " << each.sql << "\n" << rows.error().message;
  }
}

TEST_F(GateAndEngine, OracleObjectsToWhatItIsThereFor) {
  for (const char* sql :
       {"DROP TABLE web.events", "SELECT 1; SELECT 2", "SELECT 1 INTO OUTFILE 'x'", "SELECT file('x')",
        "SELECT * FROM url('x')", "SELECT * FROM (SELECT 1) AS a, system.users", "SELECT 1 IN +system.users",
        "SELECT arrayMap(+file, ['x'])", "SELECT * FROM view(SELECT * FROM s3('x'))"}) {
    EXPECT_NE(oracle_->Objection(sql, true), "") << sql;
  }
  for (const Case& each : LoadCorpus("benign.jsonl")) {
    if (each.dictionaries.empty()) {
      EXPECT_EQ(oracle_->Objection(each.sql, true), "") << each.sql;
    }
  }
}

TEST_F(GateAndEngine, EngineObjectsToNothingThatTheGatePasses) {
  const Report report = Compare(*oracle_, kMutations, 1, kTreeEvery);
  for (const std::string& objection : report.objections) ADD_FAILURE() << objection;
  EXPECT_EQ(report.statements, kMutations);
  EXPECT_GT(report.parsed, kMutations / 20) << "the mutations are too wild to say anything";
}

TEST_F(GateAndEngine, GateKnowsEveryFunctionAndTypeOfTheEngine) {
  for (const std::string& name : Column("SELECT name FROM system.functions")) {
    EXPECT_TRUE(sql::IsKnownFunction(name)) << name;
  }
  for (const std::string& name : Column("SELECT name FROM system.data_type_families WHERE name NOT LIKE '% %'")) {
    EXPECT_TRUE(sql::IsBracketedWord(name)) << name;
  }
  for (const std::string& suffix : Column("SELECT name FROM system.aggregate_function_combinators")) {
    EXPECT_TRUE(sql::IsKnownFunction("sum" + suffix)) << suffix;
  }
}

// A function that is new in the engine may reach outside: someone has to look at it.
TEST_F(GateAndEngine, EveryTableFunctionOfTheEngineIsDecidedUpon) {
  const std::string inside =
      " loop fuzzJSON fuzzQuery mergeTreeAnalyzeIndexes mergeTreeAnalyzeIndexesUUID mergeTreeIndex mergeTreeProjection "
      "mergeTreeTextIndex SQLStandardValues timeSeriesData timeSeriesMetrics timeSeriesSamples timeSeriesSelector "
      "timeSeriesTags viewExplain viewIfPermitted zeros zeros_mt ";
  for (const std::string& name : Column("SELECT name FROM system.table_functions")) {
    const bool refused = sql::FunctionDenial(name).has_value() || inside.find(" " + name + " ") != std::string::npos;
    EXPECT_NE(refused, sql::AllowedTableFunction(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace chimera::security

// The library's threads run on while its statics are destroyed: the process ends without that.
int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const int failed = RUN_ALL_TESTS();
  std::fflush(nullptr);
  std::_Exit(failed);
}
