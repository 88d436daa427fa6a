// A token that the database noted without its rows, on the real engine: the rows are stored once, whatever their types
// and the table's engine. A mutation that deletes the rows leaves behind what a server does that dies between the two.
#include "base/text.h"
#include "clickhouse/stored_rows.h"
#include "tests/contract/engine_contract.h"

namespace chimera::clickhouse {
namespace {

class StoredRowsContract : public EngineContract {
 protected:
  void SetUp() override {
    EngineContract::SetUp();
    if (IsSkipped()) return;
    database_ = "stored_" + RandomHex(4);
    Execute("CREATE DATABASE " + database_);
  }
  void TearDown() override {
    if (!IsSkipped()) Execute("DROP DATABASE IF EXISTS " + database_);
  }

  void Create(const std::string& columns, const std::string& engine) const {
    Execute("CREATE OR REPLACE TABLE " + database_ + ".t (" + columns + ") ENGINE = " + engine +
            " SETTINGS non_replicated_deduplication_window = 100");
  }
  void Execute(const std::string& statement) const {
    const Status done = client_->Execute(Context(), statement, database_.empty() ? "" : "default");
    ASSERT_TRUE(done.ok()) << statement << ": " << done.error().message;
  }
  /// The rows, not their tokens (which TRUNCATE clears).
  void Lose() const { Execute("ALTER TABLE " + database_ + ".t DELETE WHERE 1 SETTINGS mutations_sync = 2"); }
  std::string Ask(const std::string& sql) const {
    auto rows = client_->Read(Context(), {.sql = sql, .database = database_});
    return rows ? ToText(rows->Parsed()) : rows.error().message;
  }

  void Write(const std::vector<std::string>& columns, const std::string& body, std::string_view format,
             const Doubts& doubts) const {
    auto written = WriteOnce(Context(), *client_,
                             {.database = database_,
                              .table = "t",
                              .columns = columns,
                              .body = body,
                              .deduplication_token = "token",
                              .format = format},
                             doubts);
    ASSERT_TRUE(written.ok()) << written.error().message;
  }

  std::string database_;
};

const Doubts kFirst{.name = "rows"};
const Doubts kAgain{.name = "rows", .in_doubt = true};

TEST_F(StoredRowsContract, EveryTypeThatComparesIsComparedExactly) {
  const std::vector<std::pair<std::string, std::string>> values = {
      {"UInt8", "255"},
      {"Int64", "-9223372036854775808"},
      {"UInt256", R"("115792089237316195423570985008687907853269984665640564039457584007913129639935")"},
      {"Float32", "0.1"},
      {"Float64", "1e-300"},
      {"Decimal(38, 10)", "1234567890123456789012345678.0123456789"},
      {"String", R"("tab\t \"quote\" \\N é\n")"},
      {"LowCardinality(Nullable(String))", R"("")"},
      {"FixedString(4)", R"("ab")"},
      {"UUID", R"("5bc8fbbc-bde5-4099-8164-d8399f767c45")"},
      {"Bool", "true"},
      {"Enum8('a, \\'b\\'' = -1)", R"("a, 'b'")"},
      {"Date", R"("2025-01-31")"},
      {"Date32", R"("1950-01-31")"},
      {"DateTime", "1759795201"},
      {"DateTime('America/New_York')", "1759795201"},
      {"DateTime64(0, 'UTC')", "1759795201"},
      {"DateTime64(3, 'UTC')", "-5"},
      {"DateTime64(7)", "17597952010000001"},
      {"DateTime64(9, 'Asia/Tokyo')", "1759795201000000001"},
      {"DateTime64(6, 'UTC')", R"("2025-10-07 00:00:01.000001")"}};
  for (const auto& [type, value] : values) {
    SCOPED_TRACE(type);
    Create("v " + type, "MergeTree ORDER BY tuple()");
    for (const auto& [body, format] :
         {std::pair("{\"v\":" + value + "}\n", "JSONEachRow"), std::pair("[" + value + "]\n", "JSONCompactEachRow")}) {
      Write({"v"}, body, format, kFirst);
      Write({"v"}, body, format, kAgain);
      EXPECT_EQ(Ask("SELECT count() FROM t"), R"([["1"]])") << "it is there";
      Lose();
      Write({"v"}, body, format, kFirst);
      EXPECT_EQ(Ask("SELECT count() FROM t"), R"([["0"]])") << "its token is known";
      Write({"v"}, body, format, kAgain);
      Write({"v"}, body, format, kAgain);
      EXPECT_EQ(Ask("SELECT count() FROM t"), R"([["1"]])");
      Create("v " + type, "MergeTree ORDER BY tuple()");
    }
  }
}

TEST_F(StoredRowsContract, ARowThatIsLeftStandsForAll) {
  Create("id UInt64, note Nullable(String)", "MergeTree ORDER BY id");
  const std::string body = R"({"id":1,"note":null})"
                           "\n"
                           R"({"id":2,"note":"n"})"
                           "\n";
  Write({"id", "note"}, body, "JSONEachRow", kFirst);
  Execute("ALTER TABLE " + database_ + ".t DELETE WHERE id = 1 SETTINGS mutations_sync = 2");
  Write({"id", "note"}, body, "JSONEachRow", kAgain);
  EXPECT_EQ(Ask("SELECT groupArray(id) FROM t"), R"([[["2"]]])");
}

TEST_F(StoredRowsContract, WhatAnotherAttemptMayFillOtherwiseIsNotCompared) {
  Create("id UInt64, stored_at UInt64", "MergeTree ORDER BY id");
  const auto body = [](int at) { return "{\"id\":1,\"stored_at\":" + std::to_string(at) + "}\n"; };
  Doubts again = kAgain;
  again.unsure = {"stored_at"};
  Write({"id", "stored_at"}, body(1), "JSONEachRow", kFirst);
  Write({"id", "stored_at"}, body(2), "JSONEachRow", again);
  EXPECT_EQ(Ask("SELECT groupArray(stored_at) FROM t"), R"([[["1"]]])");
}

// What merges have made of the rows does not look like them any more.
TEST_F(StoredRowsContract, MergedRowsAreNotCountedTwice) {
  const std::string body = R"({"k":1,"day":"2025-01-01","n":5})"
                           "\n";
  for (const char* engine : {"SummingMergeTree(n) ORDER BY (toDate(day), k)", "ReplacingMergeTree ORDER BY k",
                             "CollapsingMergeTree(n) ORDER BY k"}) {
    SCOPED_TRACE(engine);
    const bool collapses = std::string_view(engine).starts_with("Collapsing");
    Create(std::string("k UInt64, day Date, n ") + (collapses ? "Int8" : "Int64"), engine);
    const std::string rows = collapses ? R"({"k":1,"day":"2025-01-01","n":1})"
                                         "\n"
                                       : body;
    Write({"k", "day", "n"}, rows, "JSONEachRow", kFirst);
    Execute("INSERT INTO " + database_ + ".t VALUES (1, '2025-01-01', " + (collapses ? "-1)" : "7)"));
    Execute("OPTIMIZE TABLE " + database_ + ".t FINAL");
    const std::string before = Ask("SELECT sum(n) FROM t FINAL");
    Write({"k", "day", "n"}, rows, "JSONEachRow", kAgain);
    EXPECT_EQ(Ask("SELECT sum(n) FROM t FINAL"), before);
  }
}

TEST_F(StoredRowsContract, MergingTablesGetWhatTheyNeverHad) {
  Create("k UInt64, n Int64", "SummingMergeTree ORDER BY k");
  Write({"k", "n"}, "[1,5]\n", "JSONCompactEachRow", kFirst);
  Lose();
  Write({"k", "n"}, "[1,5]\n", "JSONCompactEachRow", kFirst);
  EXPECT_EQ(Ask("SELECT count() FROM t"), R"([["0"]])") << "its token is known";
  Write({"k", "n"}, "[1,5]\n", "JSONCompactEachRow", kAgain);
  Write({"k", "n"}, "[1,5]\n", "JSONCompactEachRow", kAgain);
  EXPECT_EQ(Ask("SELECT sum(n) FROM t"), R"([["5"]])");
}

TEST_F(StoredRowsContract, RowsOfSeveralPartitionsAreNotSentAgain) {
  Create("k UInt64", "MergeTree PARTITION BY k ORDER BY k");
  Write({"k"}, "[1]\n[2]\n", "JSONCompactEachRow", kFirst);
  Execute("ALTER TABLE " + database_ + ".t DELETE WHERE k = 2 SETTINGS mutations_sync = 2");
  Doubts again = kAgain;
  again.one_partition = false;
  Write({"k"}, "[1]\n[2]\n", "JSONCompactEachRow", again);
  EXPECT_EQ(Ask("SELECT groupArray(k) FROM t"), R"([[["1"]]])") << "a warning says that 2 may be missing";
}

}  // namespace
}  // namespace chimera::clickhouse
