// The texts themselves: pages of tables and datasets, notes on engines.
#include "guide/dataset_page.h"
#include "guide/engine_note.h"
#include "guide/table_page.h"
#include "guide/wording.h"
#include "guide_fixture.h"

namespace chimera::guide {
namespace {

class Pages : public GuideFixture {
 protected:
  std::vector<TableFacts> Facts(const std::vector<std::string>& names = {}) {
    auto facts = ReadFacts({}, client_, {}, "kitchen", names);
    EXPECT_TRUE(facts.ok());
    return facts.ok() ? *facts : std::vector<TableFacts>();
  }
};

TEST_F(Pages, ATablesPageTellsAllOfIt) {
  EXPECT_EQ(TablePage(Facts({"cups"}).at(0), &datasets_[0]),
            "# kitchen.cups\n"
            "\n"
            "Cups, one a row\n"
            "\n"
            "- Engine: ReplacingMergeTree. Of rows with the same sorting key only the newest stays, once parts of one "
            "partition are merged. Until then all are there: in SQL write FINAL after the table name; query.aggregate, "
            "query.trend and query.correlation add it by themselves.\n"
            "- Sorting key: kind, ts\n"
            "- Primary key: kind\n"
            "- Partition key: toDate(ts)\n"
            "- TTL: ts + toIntervalDay(30)\n"
            "- Size: 31 rows, 4.0 KiB\n"
            "- Times: `ts` from 2026-01-01T00:00:00Z to 2026-01-31T00:00:00Z\n"
            "\n"
            "## Columns\n"
            "\n"
            "- `ts` DateTime: When it was drunk. DEFAULT now().\n"
            "- `kind` String: What. One of tea, coffee.\n"
            "\n"
            "## Tools\n"
            "\n"
            "- Answers from it: `get.cups`\n"
            "- Statistics of any column, without SQL: `query.aggregate`, `query.trend`, `query.correlation` with table "
            "`kitchen.cups`\n"
            "- SQL: `query` with `SELECT … FROM kitchen.cups FINAL WHERE …`\n"
            "- Writes it: `insert.cups`\n");
}

TEST_F(Pages, ATableOfNoDatasetHasNoToolsOfItsOwn) {
  const std::string page = TablePage(Facts({"latest"}).at(0), nullptr);
  EXPECT_TRUE(Contains(page, "- Engine: View. A view")) << page;
  EXPECT_FALSE(Contains(page, "Answers from it")) << page;
  EXPECT_FALSE(Contains(page, "TTL")) << page;
  EXPECT_FALSE(Contains(page, "Size")) << page;
}

TEST_F(Pages, ADatasetsPageHasALineForEach) {
  EXPECT_EQ(
      DatasetPage(datasets_[0], Facts()),
      "# Kitchen\n"
      "\n"
      "Cups.\n"
      "\n"
      "Database: `kitchen`\n"
      "\n"
      "## Tables\n"
      "\n"
      "Each has a page: clickhouse://kitchen/TABLE\n"
      "\n"
      "- `cups`: 31 rows; `ts` from 2026-01-01T00:00:00Z to 2026-01-31T00:00:00Z; ReplacingMergeTree, in SQL read "
      "with FINAL. Cups, one a row\n"
      "- `latest`: View\n"
      "\n"
      "## Tools\n"
      "\n"
      "- `get.cups`: How many?\n"
      "- `insert.cups`: Stores cups.\n"
      "\n"
      "## Prompts\n"
      "\n"
      "- `check`: Checks a table.\n"
      "- `recent`: What was drunk.\n"
      "\n"
      "## Glossary\n"
      "\n"
      "- cup: What one drinks from.\n");
}

TEST_F(Pages, RangesComeOnlyWhereNoRowsAreRead) {
  const auto column = [](const std::string& engine, const std::string& sorting, const std::string& partition) {
    const tools::Table table{"d", "t", engine, sorting, partition, {{"id", "UInt64", ""}, {"ts", "DateTime", ""}}};
    const auto* found = CheapTimeColumn(table);
    return found == nullptr ? std::string() : found->name;
  };
  EXPECT_EQ(column("MergeTree", "id", "toYYYYMM(ts)"), "ts");
  EXPECT_EQ(column("MergeTree", "ts, id", ""), "ts");
  EXPECT_EQ(column("MergeTree", "`ts`", ""), "ts");
  EXPECT_EQ(column("MergeTree", "id, ts", ""), "");
  EXPECT_EQ(column("MergeTree", "toDate(ts)", ""), "");
  EXPECT_EQ(column("Log", "ts", ""), "");
}

TEST_F(Pages, APageDoesWithoutRangesWhenTheyTakeTooLong) {
  client_.OnRead([this](const clickhouse::Query& query) -> Result<clickhouse::Rows> {
    if (Contains(query.sql, "AS place")) return MakeError(ErrorCode::kTimeout, "too long");
    return Answered(query);
  });
  EXPECT_FALSE(Contains(TablePage(Facts({"cups"}).at(0), nullptr), "Times"));
}

TEST(EngineNote, SaysWhatReadersMustMind) {
  const auto note = [](const std::string& engine) { return EngineNote({"d", "t", engine, "", "", {}}); };
  EXPECT_EQ(note("MergeTree"), "");
  EXPECT_EQ(note("ReplicatedMergeTree"), "");
  EXPECT_TRUE(Contains(note("ReplicatedReplacingMergeTree"), "FINAL"));
  EXPECT_TRUE(Contains(note("AggregatingMergeTree"), "sumMerge"));
  EXPECT_TRUE(Contains(note("Distributed"), "GLOBAL"));
  EXPECT_TRUE(Contains(note("MaterializedView"), "inserts into its source"));
  EXPECT_TRUE(Contains(note("Kafka"), "takes the messages away"));
  EXPECT_TRUE(Contains(note("PostgreSQL"), "outside"));
  EXPECT_EQ(note("SystemTables"), "");
}

TEST(Wording, CommentsStayOnTheirLine) {
  EXPECT_EQ(OneLine("  a\n\n## b\t\x01 c "), "a ## b c");
  EXPECT_EQ(OneLine("üüü", 3), "ü…");
  EXPECT_EQ(FirstSentence("Is v2.5 enough? No."), "Is v2.5 enough?");
  EXPECT_EQ(SqlName("db", "a b"), "db.`a b`");
}

}  // namespace
}  // namespace chimera::guide
