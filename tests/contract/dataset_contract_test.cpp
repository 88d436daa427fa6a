// What the datasets declare, compared with what the database makes of their migrations and of their SQL.

#include "engine_contract.h"
#include "schema/live_check.h"

namespace chimera {
namespace {

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
};

TEST_F(DatasetContract, TheDatabaseMakesOfThemWhatTheyDeclare) {
  for (const auto& dataset : datasets_) {
    const auto reading = schema::ReadFolder(SCHEMA_FOLDER "/" + dataset.name);
    ASSERT_TRUE(reading.ok()) << reading.error().message;
    const auto mistakes = schema::CheckLive(Context(), *client_, *reading);
    ASSERT_TRUE(mistakes.ok()) << mistakes.error().message;
    for (const auto& mistake : *mistakes) {
      ADD_FAILURE() << dataset.name << "/" << mistake.file << ":" << mistake.line << ": " << mistake.message;
    }
  }
}

TEST_F(DatasetContract, InsertsDeclareAllColumnsAndTablesSayWhatTheyHold) {
  for (const auto& dataset : datasets_) {
    for (const auto& insert : dataset.inserts) {
      const Json table = Rows(
          "SELECT comment != '', "
          "(SELECT countIf(comment = '') FROM system.columns WHERE database = {database:String} AND table = "
          "{table:String}), "
          "(SELECT groupArray(name) FROM (SELECT name FROM system.columns WHERE database = {database:String} AND table "
          "= {table:String} ORDER BY position)) FROM system.tables WHERE database = {database:String} AND name = "
          "{table:String}",
          dataset, insert.table);
      ASSERT_EQ(table.size(), 1u) << insert.table;
      EXPECT_EQ(table[0][0], 1) << insert.table << " has no comment";
      EXPECT_EQ(table[0][1], "0") << insert.table << " has columns without a comment";
      Json declared = Json::array();
      for (const auto& column : insert.columns) declared.push_back(column.name);
      EXPECT_EQ(table[0][2], declared) << insert.name;
    }
  }
}

schema::Files Cups() {
  return {
      {"dataset.json", R"json({"title": "Kitchen", "description": "Cups.", "database": "kitchen",
 "tables": {"cups": {"time": "kind", "unique": ["handle"]},
  "plates": {}}})json"},
      {"migrations/0001_cups.sql",
       "CREATE TABLE IF NOT EXISTS cups (ts DateTime, kind String) ENGINE = MergeTree PARTITION BY toDate(ts) ORDER "
       "BY ts;"},
      {"tools/insert.cups.json", R"json({"title": "Cups", "description": "Stores.", "table": "cups", "columns": [
 {"name": "ts", "type": "DateTime64(3)", "description": "When", "example": "2025-01-01T00:00:00Z"},
 {"name": "size", "type": "UInt8", "description": "Size", "example": 3},
 {"name": "kind", "type": "String", "description": "What", "computed": true, "example": "tea"}]})json"},
      {"tools/get.cups.json", R"json({"title": "Cups", "description": "How many?", "result": "row", "parameters": [],
 "columns": [{"name": "cups", "type": "UInt32"},
  {"name": "kinds", "type": "UInt64"}]})json"},
      {"tools/get.cups.sql", "SELECT count() AS cups, uniqExact(kind) AS sorts FROM cups GROUP BY kind"},
      {"tools/get.plates.json",
       R"json({"title": "Plates", "description": "How many?", "result": "rows", "parameters": [],
 "columns": [{"name": "n", "type": "UInt64"}]})json"},
      {"tools/get.plates.sql", "SELECT\n  count() AS n\nFROM plates"},
      {"alerts/cold.sql", "SELECT * FROM other.cups WHERE"},
      {"dashboards/cups.json", "{\n\"panels\": [\n{\"rawSql\": \"SELECT ${x} FROM cups WHERE\"}]}"}};
}

TEST_F(DatasetContract, EveryMistakeIsNamedWithItsLine) {
  const schema::Reading reading = schema::ReadDataset("kitchen", Cups());
  ASSERT_TRUE(reading.mistakes.empty()) << reading.mistakes.front().message;
  const auto mistakes = schema::CheckLive(Context(), *client_, reading);
  ASSERT_TRUE(mistakes.ok()) << mistakes.error().message;
  std::string all;
  for (const auto& it : *mistakes) all += it.file + ":" + std::to_string(it.line) + ": " + it.message + "\n";
  for (const char* expected :
       {"tools/insert.cups.json:2: columns[0]: `ts` is declared DateTime64(3), in the table it is DateTime\n",
        "tools/insert.cups.json:3: columns[1]: the table cups has no column `size`\n",
        "tools/insert.cups.json:4: columns[2]: `kind` is computed, but the table has no DEFAULT for it\n",
        "tools/insert.cups.json:1: the table cups keeps no window of deduplication tokens",
        "tools/insert.cups.json:1: the table cups is partitioned by toDate(ts), and no partition_column says so\n",
        "dataset.json:2: tables.cups: `kind` is no time, but String\n",
        "dataset.json:2: tables.cups: there is no column `handle`\n",
        "dataset.json:3: tables.plates: no migration creates this table\n",
        "tools/get.cups.sql:1: yields 0 rows over empty tables, where \"result\": \"row\" promises one\n",
        "tools/get.cups.json:2: columns[0]: `cups` is declared UInt32, the SQL yields UInt64\n",
        "tools/get.cups.json:3: columns[1]: `kinds` is declared, the SQL yields `sorts` here\n",
        "tools/get.plates.sql:", "alerts/cold.sql:1: ", "dashboards/cups.json:3: "}) {
    EXPECT_NE(all.find(expected), std::string::npos) << expected << " is not in\n" << all;
  }
  EXPECT_EQ(all.find("chimera_check_"), std::string::npos) << all;
  clickhouse::Query left;
  left.sql = "SELECT count() FROM system.databases WHERE startsWith(name, 'chimera_check_')";
  EXPECT_EQ(client_->Read(Context(), left)->Parsed()[0][0], "0");
}

}  // namespace
}  // namespace chimera
