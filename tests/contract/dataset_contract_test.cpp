// What the datasets declare, compared with what the database makes of their migrations and of their SQL.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "app/embedded_client.h"
#include "clickhouse/http_client.h"
#include "schema/loader.h"
#include "schema/migrator.h"

namespace chimera {
namespace {

RequestContext Context() {
  return RequestContext::For("contract", std::chrono::seconds(60), {});
}

std::string WithoutSpaces(std::string type) {
  std::erase(type, ' ');
  return type;
}

// One engine on a folder of its own for all tests; it leaves by itself soon after.
class DatasetContract : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (std::getenv("CHIMERA_MCP_BIN") == nullptr) return;
    std::string pattern = (std::filesystem::temp_directory_path() / "chimera-contract-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    datasets_ = *schema::BuiltInDatasets();
    engine::SupervisorOptions options;
    options.data_dir = folder_ + "/data";
    options.socket_dir = folder_ + "/run";
    options.executable = std::getenv("CHIMERA_MCP_BIN");
    options.idle_exit = std::chrono::seconds(2);
    auto supervisor = engine::Supervisor::Create(options);
    ASSERT_TRUE(supervisor.ok()) << supervisor.error().message;
    clickhouse::HttpOptions http;
    http.learn_account = false;
    http.unix_socket = (*supervisor)->Socket();
    auto client = clickhouse::CreateHttpClient(http);
    client_ = std::make_unique<app::EmbeddedClient>(std::move(*supervisor), *std::move(client), datasets_, true);
    const Status ready = client_->EnsureReady(Context());
    ASSERT_TRUE(ready.ok()) << ready.error().message;
  }

  static void TearDownTestSuite() {
    client_.reset();
    std::filesystem::remove_all(folder_);
  }

  void SetUp() override {
    if (!client_) GTEST_SKIP() << "CHIMERA_MCP_BIN names no binary to start the engine from";
  }

  static Json Rows(const std::string& sql, const schema::Dataset& dataset, const std::string& table) {
    clickhouse::Query query;
    query.sql = sql;
    query.parameters = {{"database", dataset.database}, {"table", table}};
    auto rows = client_->Read(Context(), query);
    EXPECT_TRUE(rows.ok()) << rows.error().message;
    return rows.ok() ? rows->Parsed() : Json::array();
  }

  static void CheckAnalyses(const schema::Dataset& dataset);

  static inline std::string folder_;
  static inline std::vector<schema::Dataset> datasets_;
  static inline std::unique_ptr<app::EmbeddedClient> client_;
};

TEST_F(DatasetContract, InsertsDeclareTheColumnsOfTheirTables) {
  for (const auto& dataset : datasets_) {
    for (const auto& insert : dataset.inserts) {
      const Json live = Rows(
          "SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {table:String} "
          "ORDER BY position",
          dataset, insert.table);
      ASSERT_EQ(live.size(), insert.columns.size()) << insert.name;
      for (size_t i = 0; i < live.size(); ++i) {
        EXPECT_EQ(live[i][0], insert.columns[i].name) << insert.name;
        EXPECT_EQ(WithoutSpaces(live[i][1]), WithoutSpaces(insert.columns[i].type))
            << insert.name << "." << insert.columns[i].name;
      }
    }
  }
}

TEST_F(DatasetContract, TablesRememberBatchesAndSayWhatTheyHold) {
  for (const auto& dataset : datasets_) {
    for (const auto& insert : dataset.inserts) {
      const Json table = Rows(
          "SELECT partition_key, create_table_query LIKE '%non_replicated_deduplication_window = 10000%', comment != "
          "'', "
          "(SELECT count() FROM system.columns WHERE database = {database:String} AND table = {table:String} "
          "AND comment = '') FROM system.tables WHERE database = {database:String} AND name = {table:String}",
          dataset, insert.table);
      ASSERT_EQ(table.size(), 1u) << insert.table;
      if (!insert.partition_column.empty()) {
        EXPECT_EQ(table[0][0], "toDate(" + insert.partition_column + ")");
      }
      EXPECT_EQ(table[0][1], 1) << insert.table << " keeps no window of deduplication tokens";
      EXPECT_EQ(table[0][2], 1) << insert.table << " has no comment";
      EXPECT_EQ(table[0][3], "0") << insert.table << " has columns without a comment";
    }
  }
}

clickhouse::Parameter ValueOf(const schema::AnalysisParameter& parameter) {
  if (parameter.fallback && parameter.fallback->is_string()) return {parameter.name, *parameter.fallback};
  if (parameter.fallback) return {parameter.name, ToText(*parameter.fallback)};
  if (!parameter.allowed.empty()) return {parameter.name, parameter.allowed.front()};
  return {parameter.name, "", true};
}

void DatasetContract::CheckAnalyses(const schema::Dataset& dataset) {
  for (const auto& analysis : dataset.analyses) {
    clickhouse::Query query;
    query.sql = analysis.sql;
    query.database = dataset.database;
    for (const auto& parameter : analysis.parameters) query.parameters.push_back(ValueOf(parameter));
    const auto rows = client_->Read(Context(), query);
    ASSERT_TRUE(rows.ok()) << analysis.name << ": " << rows.error().message;
    if (analysis.single_row) {
      EXPECT_EQ(rows->row_count, 1u) << analysis.name;
    }
    ASSERT_EQ(rows->columns.size(), analysis.columns.size()) << analysis.name;
    for (size_t i = 0; i < rows->columns.size(); ++i) {
      EXPECT_EQ(rows->columns[i].name, analysis.columns[i].name) << analysis.name;
      EXPECT_EQ(WithoutSpaces(rows->columns[i].type), WithoutSpaces(analysis.columns[i].type))
          << analysis.name << "." << analysis.columns[i].name;
    }
  }
}

TEST_F(DatasetContract, AnalysesYieldTheirDeclaredColumnsWithAndWithoutRows) {
  for (const auto& dataset : datasets_) {
    CheckAnalyses(dataset);
    const Status loaded = schema::LoadDemo(Context(), *client_, dataset);
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    CheckAnalyses(dataset);
  }
}

}  // namespace
}  // namespace chimera
