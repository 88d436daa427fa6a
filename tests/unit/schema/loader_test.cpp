#include "schema/loader.h"

#include <gtest/gtest.h>

namespace chimera::schema {
namespace {

using ::testing::IsSubstring;

constexpr char kInsert[] = R"json({
  "title": "Insert cups", "description": "Stores cups.", "table": "cups", "partition_column": "ts",
  "columns": [
    {"name": "ts", "type": "DateTime64(3, 'UTC')", "description": "When", "default": "now", "example": "2025-01-01T00:00:00Z"},
    {"name": "size", "type": "UInt8", "description": "Millilitres", "min": 1, "max": 9, "example": 3},
    {"name": "kind", "type": "LowCardinality(String)", "description": "What", "enum": ["tea", "coffee"], "example": "tea"}
  ]})json";

constexpr char kAnalysis[] = R"json({
  "title": "Cups", "description": "How many?", "result": "rows",
  "parameters": [
    {"name": "days", "type": "UInt16", "description": "Window", "default": 7, "min": 1, "max": 30},
    {"name": "kind", "type": "String", "description": "Only this kind", "optional": true}
  ],
  "columns": [{"name": "cups", "type": "UInt64", "description": "Number"}]})json";

constexpr char kAnalysisSql[] =
    "SELECT count() AS cups FROM cups WHERE ts > now() - toIntervalDay({days:UInt16}) AND {kind:Nullable(String)} IS "
    "NULL;\n";

Files ValidFiles() {
  return {{"dataset.json", R"({"title": "Kitchen", "description": "Cups.", "database": "kitchen"})"},
          {"migrations/0001_cups.sql", "CREATE TABLE IF NOT EXISTS cups (ts DateTime) ENGINE = MergeTree ORDER BY ts;"},
          {"migrations/0002_size.sql", "ALTER TABLE cups ADD COLUMN IF NOT EXISTS size UInt8;"},
          {"tools/insert.cups.json", kInsert},
          {"tools/get.cups.json", kAnalysis},
          {"tools/get.cups.sql", kAnalysisSql},
          {"tools/get.cups.note.sql", "SELECT 'none in ' || toString({days:UInt16})"},
          {"demo/demo.sql", "INSERT INTO cups VALUES (now());"}};
}

/// The refusal of the valid files after `path` has become `text`.
std::string RefusalOf(const std::string& path, const std::string& text) {
  Files files = ValidFiles();
  files[path] = text;
  const Result<Dataset> dataset = ParseDataset("kitchen", files);
  if (dataset) return "(accepted)";
  EXPECT_EQ(dataset.error().code, ErrorCode::kInvalidArgument);
  return dataset.error().message;
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(ParseDataset, ReadsEveryPart) {
  const Result<Dataset> dataset = ParseDataset("kitchen", ValidFiles());
  ASSERT_TRUE(dataset.ok()) << dataset.error().message;
  EXPECT_EQ(dataset->name, "kitchen");
  EXPECT_EQ(dataset->title, "Kitchen");
  EXPECT_EQ(dataset->database, "kitchen");
  ASSERT_EQ(dataset->migrations.size(), 2u);
  EXPECT_EQ(dataset->migrations[1].version, 2);
  EXPECT_EQ(dataset->migrations[1].name, "size");
  EXPECT_EQ(dataset->migrations[1].checksum.size(), 64u);
  EXPECT_NE(dataset->migrations[0].checksum, dataset->migrations[1].checksum);
  EXPECT_EQ(dataset->demo_sql, "INSERT INTO cups VALUES (now());");
}

TEST(ParseDataset, ReadsInsertTools) {
  const Result<Dataset> dataset = ParseDataset("kitchen", ValidFiles());
  ASSERT_TRUE(dataset.ok());
  ASSERT_EQ(dataset->inserts.size(), 1u);
  const InsertTool& tool = dataset->inserts[0];
  EXPECT_EQ(tool.name, "insert.cups");
  EXPECT_EQ(tool.table, "cups");
  EXPECT_EQ(tool.partition_column, "ts");
  ASSERT_EQ(tool.columns.size(), 3u);
  EXPECT_EQ(tool.columns[0].fallback, Json("now"));
  EXPECT_EQ(tool.columns[1].min, 1);
  EXPECT_EQ(tool.columns[1].max, 9);
  EXPECT_FALSE(tool.columns[1].fallback.has_value());
  EXPECT_EQ(tool.columns[1].example, Json(3));
  EXPECT_EQ(tool.columns[2].allowed, (std::vector<std::string>{"tea", "coffee"}));
}

TEST(ParseDataset, ReadsAnalyses) {
  const Result<Dataset> dataset = ParseDataset("kitchen", ValidFiles());
  ASSERT_TRUE(dataset.ok());
  ASSERT_EQ(dataset->analyses.size(), 1u);
  const AnalysisTool& tool = dataset->analyses[0];
  EXPECT_EQ(tool.name, "get.cups");
  EXPECT_FALSE(tool.single_row);
  EXPECT_FALSE(tool.sql.ends_with(";"));
  EXPECT_PRED_FORMAT2(IsSubstring, "none in", tool.note_sql);
  ASSERT_EQ(tool.parameters.size(), 2u);
  EXPECT_EQ(tool.parameters[0].fallback, Json(7));
  EXPECT_TRUE(tool.parameters[1].optional);
  EXPECT_EQ(tool.columns[0].type, "UInt64");
}

TEST(ParseDataset, RefusesUnknownKeysWithTheNearestOne) {
  EXPECT_EQ(RefusalOf("dataset.json", R"({"title": "K", "description": "C", "database": "k", "titel": "x"})"),
            "kitchen/dataset.json: unknown key `titel`: did you mean `title`?");
  EXPECT_PRED_FORMAT2(IsSubstring, "kitchen/tools/insert.cups.json: columns[1]: unknown key `minimum`",
                      RefusalOf("tools/insert.cups.json", Replaced(kInsert, R"("min": 1)", R"("minimum": 1)")));
  EXPECT_PRED_FORMAT2(IsSubstring, "result",
                      RefusalOf("tools/get.cups.json", Replaced(kAnalysis, R"("result")", R"("results")")));
}

TEST(ParseDataset, RefusesFilesThatDoNotBelong) {
  for (const char* path :
       {"readme.txt", "tools/get.cups.txt", "tools/get.other.sql", "demo/other.sql", "tools/insert.cups.sql"}) {
    EXPECT_PRED_FORMAT2(IsSubstring, std::string("kitchen/") + path, RefusalOf(path, "SELECT 1")) << path;
  }
  for (const char* path : {"tools/fetch.cups.json", "tools/get.json", "tools/get.a-b.json", "tools/cups.json"}) {
    EXPECT_PRED_FORMAT2(IsSubstring, "insert.NAME.json or get.NAME.json", RefusalOf(path, kAnalysis)) << path;
  }
}

TEST(ParseDataset, RefusesGapsAndMisnamedMigrations) {
  EXPECT_PRED_FORMAT2(IsSubstring, "version 3 is expected", RefusalOf("migrations/0004_more.sql", "SELECT 1"));
  EXPECT_PRED_FORMAT2(IsSubstring, "version 3 is expected", RefusalOf("migrations/0002_again.sql", "SELECT 1"));
  for (const char* path : {"migrations/3_more.sql", "migrations/0003more.sql", "migrations/0003_more.txt",
                           "migrations/0003_a b.sql", "migrations/+003_more.sql"}) {
    EXPECT_PRED_FORMAT2(IsSubstring, path, RefusalOf(path, "SELECT 1")) << path;
  }
  EXPECT_PRED_FORMAT2(IsSubstring, "no statement", RefusalOf("migrations/0003_empty.sql", "-- nothing\n"));
  EXPECT_PRED_FORMAT2(IsSubstring, "0003_torn.sql", RefusalOf("migrations/0003_torn.sql", "SELECT 'x"));
}

TEST(ParseDataset, RefusesPlaceholdersAndParametersThatDoNotMeet) {
  EXPECT_EQ(RefusalOf("tools/get.cups.sql", std::string(kAnalysisSql) + "-- \n"), "(accepted)");
  EXPECT_PRED_FORMAT2(IsSubstring, "no parameter is declared for {day:UInt16}",
                      RefusalOf("tools/get.cups.sql", Replaced(kAnalysisSql, "{days:UInt16}", "{day:UInt16}")));
  EXPECT_PRED_FORMAT2(IsSubstring, "parameter `days` is not used",
                      RefusalOf("tools/get.cups.sql", Replaced(kAnalysisSql, "{days:UInt16}", "7")));
  EXPECT_PRED_FORMAT2(IsSubstring, "{days:UInt8} must be {days:UInt16}",
                      RefusalOf("tools/get.cups.sql", Replaced(kAnalysisSql, "UInt16", "UInt8")));
  EXPECT_PRED_FORMAT2(IsSubstring, "must be {kind:Nullable(String)}",
                      RefusalOf("tools/get.cups.sql", Replaced(kAnalysisSql, "Nullable(String)", "String")));
  EXPECT_PRED_FORMAT2(IsSubstring, "get.cups.note.sql", RefusalOf("tools/get.cups.note.sql", "SELECT {x:String}"));
}

TEST(ParseDataset, RefusesSqlThatIsNotOneStatement) {
  EXPECT_PRED_FORMAT2(IsSubstring, "one statement, not 2", RefusalOf("tools/get.cups.sql", "SELECT 1; SELECT 2"));
  EXPECT_PRED_FORMAT2(IsSubstring, "one statement, not 0", RefusalOf("tools/get.cups.sql", ""));
  Files files = ValidFiles();
  files.erase("tools/get.cups.sql");
  const Result<Dataset> dataset = ParseDataset("kitchen", files);
  ASSERT_FALSE(dataset.ok());
  EXPECT_PRED_FORMAT2(IsSubstring, "tools/get.cups.sql: the file is missing", dataset.error().message);
}

TEST(ParseDataset, RefusesANoteScriptForASingleRow) {
  EXPECT_PRED_FORMAT2(IsSubstring, "says it in a column `note`",
                      RefusalOf("tools/get.cups.json", Replaced(kAnalysis, R"("rows")", R"("row")")));
}

struct Edit {
  const char* from;
  const char* to;
  const char* refusal;
};

TEST(ParseDataset, RefusesInsertColumnsThatContradictThemselves) {
  const Edit edits[] = {
      {R"("type": "UInt8")", R"("type": "uint8")", "type `uint8` is not supported"},
      {R"("type": "UInt8")", "\"type\": \"Array(UInt8)\"", "for result columns only"},
      {R"("min": 1)", R"("min": 10)", "min is above max"},
      {R"("example": 3)", R"("example": 30)", "example 30 is above max"},
      {R"("example": 3)", R"("example": "3")", "example \"3\" must be a number"},
      {R"(, "example": 3)", "", "`example` is missing"},
      {R"("example": "tea")", R"("example": "milk")", "is not in enum"},
      {R"("description": "What")", R"("description": "What", "format": "email")", "format `email` is unknown"},
      {R"("description": "What")", R"("description": "What", "min": 1)", "min and max are for numbers only"},
      {R"("description": "Millilitres")", R"("description": "Millilitres", "enum": ["1"])", "enum is for String types"},
      {R"("default": "now")", R"("default": "today")", "can only be \"now\""},
      {R"("default": "now")", R"("default": "now", "computed": true)", "computed or has a default, not both"},
      {R"("default": "now")", R"("computed": true)", "must be a time that is not computed"},
      {R"("name": "kind")", R"("name": "size")", "`size` is declared twice"},
      {R"("name": "kind")", R"("name": "the kind")", "letters, digits and underscores"},
      {R"("partition_column": "ts")", R"("partition_column": "day")", "`day` is no column"},
      {R"("partition_column": "ts")", R"("partition_column": "size")", "`size` must be a time"},
      {R"("table": "cups")", R"("table": "a.cups")", "`table` must be letters"},
  };
  for (const Edit& edit : edits) {
    EXPECT_PRED_FORMAT2(IsSubstring, edit.refusal,
                        RefusalOf("tools/insert.cups.json", Replaced(kInsert, edit.from, edit.to)));
  }
}

TEST(ParseDataset, RefusesAnalysesThatContradictThemselves) {
  const Edit edits[] = {
      {R"("rows")", R"("table")", "must be \"row\" or \"rows\""},
      {R"("default": 7)", R"("default": 31)", "default 31 is above max"},
      {R"("optional": true)", R"("optional": true, "default": "x")", "not both"},
      {R"("type": "String")", "\"type\": \"Nullable(String)\"", "\"optional\": true"},
      {R"("type": "UInt64")", R"("type": "Number")", "type `Number` is not supported"},
      {R"("name": "kind")", R"("name": "days")", "declared twice"},
  };
  for (const Edit& edit : edits) {
    EXPECT_PRED_FORMAT2(IsSubstring, edit.refusal,
                        RefusalOf("tools/get.cups.json", Replaced(kAnalysis, edit.from, edit.to)));
  }
}

TEST(ParseDataset, RefusesAMissingManifestAndBadJson) {
  EXPECT_PRED_FORMAT2(IsSubstring, "kitchen/dataset.json", RefusalOf("dataset.json", "{"));
  EXPECT_PRED_FORMAT2(IsSubstring, "must be an object", RefusalOf("dataset.json", "[]"));
  EXPECT_PRED_FORMAT2(IsSubstring, "`database`",
                      RefusalOf("dataset.json", R"({"title": "K", "description": "C", "database": "a b"})"));
  Files files = ValidFiles();
  files.erase("dataset.json");
  EXPECT_FALSE(ParseDataset("kitchen", files).ok());
  EXPECT_FALSE(ParseDataset("my kitchen", ValidFiles()).ok());
}

TEST(ParseDataset, ReadsWhatIsExpectedOfTables) {
  const std::string manifest =
      R"({"title": "K", "description": "C", "database": "k", "tables": {"cups": {"time": "ts", "late_after_s": 60, "unique": ["ts", "size"]}, "pots": {}}})";
  Files files = ValidFiles();
  files["dataset.json"] = manifest;
  const std::vector<TableExpectation> tables = ParseDataset("kitchen", files)->tables;
  ASSERT_EQ(tables.size(), 2U);
  EXPECT_EQ(tables[0].name, "cups");
  EXPECT_EQ(tables[0].time, "ts");
  EXPECT_EQ(tables[0].late_after, std::chrono::seconds(60));
  EXPECT_EQ(tables[0].unique, (std::vector<std::string>{"ts", "size"}));
  EXPECT_FALSE(tables[1].late_after);
  const Edit edits[] = {
      {R"("time": "ts", )", "", "needs `time`"},
      {"60", "-1", "positive"},
      {R"("late_after_s")", R"("late_after")", "late_after_s"},
      {R"("pots": {})", R"("pots": 1)", "`pots` must be an object"},
      {R"("pots")", R"("p.q")", "no name of a table"},
      {R"(["ts", "size"])", R"(["a b"])", "`unique` must name columns"},
      {R"("pots": {})", R"("pots": {"keep_days": 3})", "need `time`"},
      {R"("late_after_s")", R"("keep_days": -1, "late_after_s")", "`keep_days` must be a number of days"},
      {R"("late_after_s")", R"("volume": "cold", "late_after_s")", "belong together"},
  };
  for (const Edit& edit : edits) {
    EXPECT_PRED_FORMAT2(IsSubstring, edit.refusal, RefusalOf("dataset.json", Replaced(manifest, edit.from, edit.to)));
  }
}

TEST(ParseDataset, ChecksDashboardsAndAlerts) {
  Files files = ValidFiles();
  files["dashboards/cups.json"] = "{}";
  files["alerts/no_cups.sql"] = "SELECT 1 WHERE 0";
  files["alerts/grafana.json"] = "{}";
  EXPECT_TRUE(ParseDataset("kitchen", files).ok());
  EXPECT_PRED_FORMAT2(IsSubstring, "dashboards/cups.json", RefusalOf("dashboards/cups.json", "{"));
  EXPECT_PRED_FORMAT2(IsSubstring, "an alert is one SELECT", RefusalOf("alerts/a.sql", "SELECT 1; SELECT 2"));
  EXPECT_PRED_FORMAT2(IsSubstring, "alerts/grafana.json", RefusalOf("alerts/grafana.json", "{"));
  EXPECT_PRED_FORMAT2(IsSubstring, "not part of a dataset", RefusalOf("alerts/a.txt", ""));
}

TEST(BuiltInDatasets, RefusesUnknownNamesWithTheKnownOnes) {
  const auto unknown = BuiltInDatasets({"chimera_metrics", "chimera"});
  ASSERT_FALSE(unknown.ok());
  EXPECT_PRED_FORMAT2(IsSubstring, "\"chimera\"", unknown.error().message);
  EXPECT_PRED_FORMAT2(IsSubstring, "chimera_metrics", unknown.error().hint);
  EXPECT_TRUE(BuiltInDatasets({})->empty());
}

TEST(CheckDistinct, RefusesWhatTwoDatasetsShare) {
  const Dataset kitchen = *ParseDataset("kitchen", ValidFiles());
  Dataset other = kitchen;
  other.name = "other";
  EXPECT_PRED_FORMAT2(IsSubstring, "kitchen and other both declare database kitchen",
                      CheckDistinct({kitchen, other}).error().message);
  other.database = "other";
  EXPECT_PRED_FORMAT2(IsSubstring, "tool insert.cups", CheckDistinct({kitchen, other}).error().message);
  other.inserts.clear();
  EXPECT_PRED_FORMAT2(IsSubstring, "tool get.cups", CheckDistinct({kitchen, other}).error().message);
  other.analyses.clear();
  EXPECT_TRUE(CheckDistinct({kitchen, other}).ok());
}

}  // namespace
}  // namespace chimera::schema
