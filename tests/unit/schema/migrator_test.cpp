#include "schema/migrator.h"

#include <gtest/gtest.h>

#include <set>

#include "base/text.h"
#include "schema/loader.h"

namespace chimera::schema {
namespace {

using ::testing::IsSubstring;

/// A database of one dataset: it keeps what is recorded, and the statements it was sent.
class FakeClient : public clickhouse::Client {
 public:
  Result<clickhouse::Rows> Read(const RequestContext&, const clickhouse::Query& query) override {
    clickhouse::Rows rows;
    if (query.sql.find("system.tables") != std::string::npos) {
      for (const std::string& table : filled) Append(rows, Json::array({table}));
      return rows;
    }
    if (query.sql.find("demo_loads") != std::string::npos) {
      if (demo_state.empty()) return MakeError(ErrorCode::kUnknownTable, "nothing there");
      Append(rows, Json::array({demo_state}));
      return rows;
    }
    if (!recorded) return MakeError(missing, "nothing there");
    for (const Json& row : *recorded) Append(rows, row);
    return rows;
  }

  Result<clickhouse::Written> Write(const RequestContext&, const clickhouse::Insert& insert) override {
    EXPECT_EQ(insert.database, "kitchen");
    EXPECT_EQ(insert.table, "schema_migrations");
    EXPECT_FALSE(insert.deduplication_token.empty());
    if (!tokens.insert(insert.deduplication_token).second) return clickhouse::Written{};
    const Json row = Json::parse(insert.body);
    recorded->push_back({row["version"], row["name"], row["checksum"], "2025-01-01T00:00:00Z"});
    return clickhouse::Written{};
  }

  Status Execute(const RequestContext&, std::string_view statement, std::string_view database) override {
    if (statement == failing) return MakeError(ErrorCode::kDatabaseError, "disk full");
    for (const char* state : {"begun", "done"}) {
      if (statement == "INSERT INTO demo_loads (state) VALUES ('" + std::string(state) + "')") demo_state = state;
    }
    if (statement.find("demo_loads") != std::string_view::npos) return Ok();
    executed.push_back(std::string(database) + ": " + std::string(statement.substr(0, statement.find(" ("))));
    if (!recorded && statement.find("EXISTS schema_migrations") != std::string_view::npos)
      recorded = std::vector<Json>();
    return Ok();
  }

  const std::string& DefaultDatabase() const override { return default_database_; }

  std::optional<std::vector<Json>> recorded;  ///< rows of schema_migrations; absent: no such table
  ErrorCode missing = ErrorCode::kUnknownDatabase;
  std::vector<std::string> filled;  ///< tables that hold rows
  std::string demo_state;           ///< the last row of demo_loads; empty: no such table
  std::string failing;              ///< the statement that fails
  std::vector<std::string> executed;
  std::set<std::string> tokens;

 private:
  static void Append(clickhouse::Rows& rows, const Json& row) {
    rows.rows_json += (rows.row_count++ ? "," : "") + ToText(row);
  }
  std::string default_database_ = "default";
};

Dataset Kitchen() {
  const Files files = {{"dataset.json", R"({"title": "Kitchen", "description": "Cups.", "database": "kitchen"})"},
                       {"migrations/0001_cups.sql", "CREATE TABLE cups (a UInt8); CREATE TABLE plates (a UInt8);"},
                       {"migrations/0002_forks.sql", "CREATE TABLE forks (a UInt8);"},
                       {"demo/demo.sql", "INSERT INTO cups (a) VALUES (1); INSERT INTO forks (a) VALUES (1);"}};
  return *ParseDataset("kitchen", files);
}

Json Record(const Dataset& dataset, size_t index) {
  const Migration& migration = dataset.migrations[index];
  return {migration.version, migration.name, migration.checksum, "2025-01-01T00:00:00Z"};
}

TEST(ApplyMigrations, CreatesTheDatabaseAndAppliesInOrder) {
  FakeClient client;
  const Result<std::vector<int>> applied = ApplyMigrations({}, client, Kitchen());
  ASSERT_TRUE(applied.ok()) << applied.error().message;
  EXPECT_EQ(*applied, (std::vector<int>{1, 2}));
  EXPECT_EQ(client.executed, (std::vector<std::string>{"system: CREATE DATABASE IF NOT EXISTS `kitchen`",
                                                       "kitchen: CREATE TABLE IF NOT EXISTS schema_migrations",
                                                       "kitchen: CREATE TABLE cups", "kitchen: CREATE TABLE plates",
                                                       "kitchen: CREATE TABLE forks"}));
  ASSERT_EQ(client.recorded->size(), 2u);
  EXPECT_EQ(client.recorded->at(1), Record(Kitchen(), 1));
}

TEST(ApplyMigrations, DoesNothingTheSecondTime) {
  FakeClient client;
  ASSERT_TRUE(ApplyMigrations({}, client, Kitchen()).ok());
  client.executed.clear();
  const Result<std::vector<int>> applied = ApplyMigrations({}, client, Kitchen());
  ASSERT_TRUE(applied.ok());
  EXPECT_TRUE(applied->empty());
  EXPECT_TRUE(client.executed.empty());
}

TEST(ApplyMigrations, AppliesOnlyWhatIsPending) {
  FakeClient client;
  client.recorded = std::vector<Json>{Record(Kitchen(), 0)};
  const Result<std::vector<int>> applied = ApplyMigrations({}, client, Kitchen());
  ASSERT_TRUE(applied.ok());
  EXPECT_EQ(*applied, (std::vector<int>{2}));
  EXPECT_EQ(client.executed.back(), "kitchen: CREATE TABLE forks");
}

TEST(ApplyMigrations, RecordsNothingWhenAStatementFails) {
  FakeClient client;
  client.failing = "CREATE TABLE plates (a UInt8)";
  const Result<std::vector<int>> applied = ApplyMigrations({}, client, Kitchen());
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::kDatabaseError);
  EXPECT_EQ(applied.error().message, "migration 1 (cups), statement 2 of 2: disk full");
  EXPECT_TRUE(client.recorded->empty());
}

TEST(ApplyMigrations, RefusesAnEditedMigration) {
  FakeClient client;
  client.recorded = std::vector<Json>{Record(Kitchen(), 0)};
  Dataset dataset = Kitchen();
  dataset.migrations[0].checksum = Sha256Hex("edited");
  const Result<std::vector<int>> applied = ApplyMigrations({}, client, dataset);
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::kConflict);
  EXPECT_PRED_FORMAT2(IsSubstring, "migration 1 (cups) was edited", applied.error().message);
  EXPECT_TRUE(client.executed.empty());
}

TEST(ApplyMigrations, RefusesADatabaseOfANewerBinary) {
  FakeClient client;
  client.recorded = std::vector<Json>{Record(Kitchen(), 0), Record(Kitchen(), 1)};
  Dataset dataset = Kitchen();
  dataset.migrations.pop_back();
  const Result<std::vector<int>> applied = ApplyMigrations({}, client, dataset);
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::kConflict);
  EXPECT_PRED_FORMAT2(IsSubstring, "this binary is older", applied.error().message);
}

TEST(ApplyMigrations, RefusesAHistoryWithAGap) {
  FakeClient client;
  client.recorded = std::vector<Json>{Record(Kitchen(), 1)};
  const Result<std::vector<int>> applied = ApplyMigrations({}, client, Kitchen());
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::kConflict);
  EXPECT_PRED_FORMAT2(IsSubstring, "version 1 is expected", applied.error().message);
}

TEST(ApplyMigrations, PassesOnThatTheDatabaseIsAway) {
  FakeClient client;
  client.missing = ErrorCode::kUnavailable;
  const Result<std::vector<int>> applied = ApplyMigrations({}, client, Kitchen());
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::kUnavailable);
}

TEST(MigrationStatus, ListsAppliedAndPending) {
  FakeClient client;
  client.recorded = std::vector<Json>{Record(Kitchen(), 0)};
  const Result<std::vector<MigrationState>> states = MigrationStatus({}, client, Kitchen());
  ASSERT_TRUE(states.ok());
  ASSERT_EQ(states->size(), 2u);
  EXPECT_TRUE(states->at(0).applied);
  EXPECT_EQ(states->at(0).applied_at, "2025-01-01T00:00:00Z");
  EXPECT_FALSE(states->at(1).applied);
  EXPECT_EQ(states->at(1).name, "forks");
}

TEST(MigrationStatus, ChangesNothingWhereNothingIs) {
  for (const ErrorCode missing : {ErrorCode::kUnknownDatabase, ErrorCode::kUnknownTable}) {
    FakeClient client;
    client.missing = missing;
    const Result<std::vector<MigrationState>> states = MigrationStatus({}, client, Kitchen());
    ASSERT_TRUE(states.ok());
    EXPECT_FALSE(states->at(0).applied);
    EXPECT_TRUE(client.executed.empty());
  }
}

TEST(LoadDemo, RunsTheScriptIntoEmptyTables) {
  FakeClient client;
  ASSERT_TRUE(LoadDemo({}, client, Kitchen()).ok());
  EXPECT_EQ(client.executed, (std::vector<std::string>{"kitchen: INSERT INTO cups", "kitchen: INSERT INTO forks"}));
  EXPECT_EQ(client.demo_state, "done");
}

TEST(LoadDemo, TellsOfALoadThatWasCutOff) {
  FakeClient client;
  client.failing = "INSERT INTO forks (a) VALUES (1)";
  EXPECT_EQ(LoadDemo({}, client, Kitchen()).error().code, ErrorCode::kDatabaseError);
  client.failing.clear();
  client.filled = {"cups", "demo_loads", "schema_migrations"};
  const Status status = LoadDemo({}, client, Kitchen());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kBusy);
  EXPECT_PRED_FORMAT2(IsSubstring, "these hold a part of it: cups", status.error().message);
  EXPECT_PRED_FORMAT2(IsSubstring, "TRUNCATE TABLE `kitchen`.`cups`;", status.error().hint);
  client.filled.erase(client.filled.begin());
  EXPECT_TRUE(LoadDemo({}, client, Kitchen()).ok());
  EXPECT_EQ(client.demo_state, "done");
}

TEST(LoadDemo, RefusesTablesThatHoldRows) {
  FakeClient client;
  client.filled = {"cups", "forks"};
  const Status status = LoadDemo({}, client, Kitchen());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kConflict);
  EXPECT_PRED_FORMAT2(IsSubstring, "these hold rows: cups, forks", status.error().message);
  EXPECT_TRUE(client.executed.empty());
}

TEST(LoadDemo, SaysWhereInTheScriptAStatementFailed) {
  FakeClient client;
  Dataset dataset = Kitchen();
  dataset.demo_sql = "INSERT INTO cups (a) VALUES (1);\n\n-- forks; too\nINSERT INTO forks (a) VALUES (1);";
  client.failing = "-- forks; too\nINSERT INTO forks (a) VALUES (1)";
  const Status status = LoadDemo({}, client, dataset);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().position, dataset.demo_sql.find("INSERT INTO forks"));
}

TEST(LoadDemo, RefusesADatasetWithoutSampleData) {
  FakeClient client;
  Dataset dataset = Kitchen();
  dataset.demo_sql.clear();
  EXPECT_EQ(LoadDemo({}, client, dataset).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace chimera::schema
