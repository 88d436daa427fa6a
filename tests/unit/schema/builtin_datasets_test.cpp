#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "schema/loader.h"
#include "sql/lexer.h"

namespace chimera::schema {
namespace {

using ::testing::IsNotSubstring;
using ::testing::IsSubstring;

std::vector<Dataset> AllDatasets() {
  Result<std::vector<Dataset>> datasets = BuiltInDatasets(BuiltInNames());
  if (!datasets) throw std::runtime_error(datasets.error().message);
  return *std::move(datasets);
}

Dataset ChimeraMetrics() {
  const std::vector<Dataset> datasets = AllDatasets();
  return *std::find_if(datasets.begin(), datasets.end(),
                       [](auto& dataset) { return dataset.name == "chimera_metrics"; });
}

const InsertColumn& Column(const InsertTool& tool, std::string_view name) {
  return *std::find_if(tool.columns.begin(), tool.columns.end(), [&](auto& column) { return column.name == name; });
}

TEST(BuiltInDatasets, HoldTheSevenTablesAndFiveAnalyses) {
  const Dataset dataset = ChimeraMetrics();
  EXPECT_EQ(dataset.name, "chimera_metrics");
  EXPECT_EQ(dataset.database, "chimera_metrics");
  std::vector<std::string> names;
  for (const InsertTool& tool : dataset.inserts) names.push_back(tool.name);
  for (const AnalysisTool& tool : dataset.analyses) names.push_back(tool.name);
  EXPECT_EQ(names, (std::vector<std::string>{"insert.bench_runs", "insert.deployments", "insert.episodes",
                                             "insert.llm_events", "insert.session_stats", "insert.ui_events",
                                             "insert.watcher_runs", "get.correlation_data", "get.data_freshness",
                                             "get.performance_summary", "get.quality_metrics", "get.trend_data"}));
}

// Catches a file that was added to the folder but not to schema/CMakeLists.txt.
TEST(BuiltInDatasets, AreWhatTheFolderHolds) {
  for (const Dataset& built_in : AllDatasets()) {
    const Result<Dataset> folder = LoadFolder(std::string(SCHEMA_FOLDER) + "/" + built_in.name);
    ASSERT_TRUE(folder.ok()) << folder.error().message;
    EXPECT_EQ(built_in.inserts.size(), folder->inserts.size());
    EXPECT_EQ(built_in.analyses.size(), folder->analyses.size());
    EXPECT_EQ(built_in.prompts.size(), folder->prompts.size());
    EXPECT_EQ(built_in.glossary.size(), folder->glossary.size());
    EXPECT_EQ(built_in.demo_sql, folder->demo_sql);
    ASSERT_EQ(built_in.migrations.size(), folder->migrations.size());
    for (size_t i = 0; i < built_in.migrations.size(); ++i) {
      EXPECT_EQ(built_in.migrations[i].checksum, folder->migrations[i].checksum);
    }
  }
}

// Applied migrations are never edited: databases hold this checksum, and refuse another one.
TEST(BuiltInDatasets, KeepTheTextOfReleasedMigrations) {
  std::vector<std::string> checksums;
  for (const Dataset& dataset : AllDatasets()) {
    for (const Migration& migration : dataset.migrations) {
      checksums.push_back(dataset.name + " " + std::to_string(migration.version) + " " + migration.checksum);
    }
  }
  EXPECT_EQ(checksums, (std::vector<std::string>{
                           "ai_infra_metrics 1 dd2feb7675d850e190dd83a79c8925d9673b44c85d76c2949707e0bd999b39d7",
                           "ai_infra_metrics 2 3898b233edbb5db4e8908e3528dd2e64eef1c1a7d7ef6a96475bf63abea0f558",
                           "chimera_metrics 1 d6100f2ec588511fadafbb9707684bc2996fb1e154ff7f496e1d8b7778f1e346",
                           "timestore 1 d56ce35f63e4afa15cb9e9d5289d2ba8ade673d2859323c6902bbe07ad19cdda",
                           "timestore 2 1d78504f7c122c808e397b5f57ec8ab474c1e470831526f7d5ab38a1b5b60405",
                           "transfer_telemetry 1 d100143d1cd8c303470e8c03609ea1ce138ecb11991f99179a9594f606c9719f",
                           "webhook_delivery 1 39f2acd382ebd31aa4430f7bb6f872f2a30b2239e16e29cde75dd1f48608fcf3"}));
}

TEST(BuiltInDatasets, CreateTablesThatRememberInsertsAndForgetNothing) {
  for (const Migration& migration : ChimeraMetrics().migrations) {
    const Result<std::vector<std::string>> statements = sql::SplitStatements(migration.sql);
    ASSERT_TRUE(statements.ok());
    for (const std::string& statement : *statements) {
      EXPECT_PRED_FORMAT2(IsSubstring, "CREATE TABLE IF NOT EXISTS", statement);
      EXPECT_PRED_FORMAT2(IsSubstring, "non_replicated_deduplication_window = 10000", statement);
      EXPECT_PRED_FORMAT2(IsSubstring, "PARTITION BY toDate(", statement);
      EXPECT_PRED_FORMAT2(IsNotSubstring, "\nTTL", statement);
    }
  }
}

TEST(BuiltInDatasets, RequireTheHourAndDefaultTheTime) {
  for (const InsertTool& tool : ChimeraMetrics().inserts) {
    const InsertColumn& partition = Column(tool, tool.partition_column);
    EXPECT_EQ(partition.fallback.has_value(), tool.name != "insert.session_stats") << tool.name;
  }
}

TEST(BuiltInDatasets, KeepDescriptionsShort) {
  for (const Dataset& dataset : AllDatasets()) {
    for (const InsertTool& tool : dataset.inserts) EXPECT_LE(tool.description.size(), 420u) << tool.name;
    for (const AnalysisTool& tool : dataset.analyses) EXPECT_LE(tool.description.size(), 420u) << tool.name;
  }
}

TEST(BuiltInDatasets, HavePromptsForTheWorkPeopleDo) {
  std::vector<std::string> names;
  for (const Prompt& prompt : ChimeraMetrics().prompts) names.push_back(prompt.name);
  EXPECT_EQ(names, (std::vector<std::string>{"correlation_window", "cost_review", "data_quality", "latency_regression",
                                             "write_query"}));
}

}  // namespace
}  // namespace chimera::schema
