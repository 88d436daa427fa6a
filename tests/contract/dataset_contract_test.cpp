// What the datasets declare, compared with what the database makes of their migrations and of their SQL.

#include <algorithm>

#include "engine_contract.h"
#include "schema/migrator.h"

namespace chimera {
namespace {

std::string WithoutSpaces(std::string type) {
  std::erase(type, ' ');
  return type;
}

class DatasetContract : public EngineContract {
 protected:
  static Json Rows(const std::string& sql, const schema::Dataset& dataset, const std::string& table) {
    clickhouse::Query query;
    query.sql = sql;
    query.parameters = {{"database", dataset.database}, {"table", table}};
    auto rows = client_->Read(Context(), query);
    EXPECT_TRUE(rows.ok()) << rows.error().message;
    return rows.ok() ? rows->Parsed() : Json::array();
  }

  static void CheckAnalyses(const schema::Dataset& dataset);
};

TEST_F(DatasetContract, InsertsDeclareTheColumnsOfTheirTables) {
  for (const auto& dataset : datasets_) {
    for (const auto& insert : dataset.inserts) {
      const Json live = Rows(
          "SELECT name, type, default_kind FROM system.columns WHERE database = {database:String} AND table = "
          "{table:String} "
          "ORDER BY position",
          dataset, insert.table);
      ASSERT_EQ(live.size(), insert.columns.size()) << insert.name;
      for (size_t i = 0; i < live.size(); ++i) {
        EXPECT_EQ(live[i][0], insert.columns[i].name) << insert.name;
        EXPECT_EQ(WithoutSpaces(live[i][1]), WithoutSpaces(insert.columns[i].type))
            << insert.name << "." << insert.columns[i].name;
        if (insert.columns[i].computed) {
          EXPECT_EQ(live[i][2], "DEFAULT") << insert.name << "." << insert.columns[i].name;
        }
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
        // A day's rows must go into one partition: a day's or a longer one.
        const std::string column = "(" + insert.partition_column + ")", key = table[0][0];
        EXPECT_TRUE(key == "toDate" + column || key == "toYYYYMMDD" + column || key == "toYYYYMM" + column) << key;
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
  if (parameter.optional) return {parameter.name, "", true};
  return {parameter.name, parameter.type == "UUID" ? "00000000-0000-0000-0000-000000000000" : "1"};
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
