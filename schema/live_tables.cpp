#include "schema/live_tables.h"

#include <algorithm>
#include <array>

#include "schema/read_all.h"

namespace chimera::schema {
namespace {

constexpr char kColumns[] =
    "SELECT table, name, type, default_kind FROM system.columns WHERE database = {database:String} "
    "ORDER BY table, position";
constexpr char kTables[] =
    "SELECT name, engine, partition_key, toInt64OrZero(extract(engine_full, "
    "'non_replicated_deduplication_window = (\\d+)')) > 0 FROM system.tables WHERE database = {database:String}";
constexpr std::array<std::string_view, 9> kDayOrLonger = {"toDate",           "toYYYYMMDD",    "toMonday",
                                                          "toStartOfWeek",    "toYYYYMM",      "toStartOfMonth",
                                                          "toStartOfQuarter", "toStartOfYear", "toYear"};

void CheckTable(const InsertTool& tool, const LiveTable& table, const LiveTables& live, const Spot& spot) {
  const Spot here = spot.At("", "/table");
  if (!table.engine.ends_with("MergeTree"))
    return here.Fail("the engine of " + tool.table + " is " + table.engine +
                     ": an insert that is repeated is stored twice");
  if (!table.remembers) {
    here.Fail(
        "the table " + tool.table + " keeps no window of deduplication tokens: a batch sent again is stored twice",
        "in a migration: SETTINGS non_replicated_deduplication_window = 10000");
  }
  const std::string key = table.partition_key;
  if (!tool.partition_column.empty()) {
    if (key.empty() || KeepsDaysTogether(key, tool.partition_column)) return;
    return spot.At("", "/partition_column")
        .Fail("a day of `" + tool.partition_column + "` does not lie in one partition of " + tool.table +
                  ", which is by " + key,
              "partition it by toDate, toYYYYMMDD or toYYYYMM of that column");
  }
  for (const LiveColumn& column : live.Columns()) {
    if (column.table != tool.table || !KeepsDaysTogether(key, column.name)) continue;
    here.Fail("the table " + tool.table + " is partitioned by " + key + ", and no partition_column says so",
              "\"partition_column\": \"" + column.name + "\"");
  }
}

void CheckInsert(const InsertTool& tool, const LiveTables& live, std::vector<Mistake>& mistakes) {
  const Spot spot(mistakes, "tools/" + tool.name + ".json");
  const LiveTable* table = live.Table(tool.table);
  if (!table) return spot.At("", "/table").Fail("no migration creates the table `" + tool.table + "`");
  for (size_t i = 0; i < tool.columns.size(); ++i) {
    const InsertColumn& column = tool.columns[i];
    const Spot here = spot.Item("columns", i);
    const LiveColumn* there = live.Column(tool.table, column.name);
    if (!there) {
      here.Fail("the table " + tool.table + " has no column `" + column.name + "`");
      continue;
    }
    if (WithoutSpaces(there->type) != WithoutSpaces(column.type))
      here.At("columns[" + std::to_string(i) + "]", "/type")
          .Fail("`" + column.name + "` is declared " + column.type + ", in the table it is " + there->type);
    if (column.computed && there->default_kind != "DEFAULT")
      here.Fail("`" + column.name + "` is computed, but the table has no DEFAULT for it");
    if (there->default_kind == "MATERIALIZED" || there->default_kind == "ALIAS")
      here.Fail("`" + column.name + "` is " + there->default_kind + " in the table: nobody can insert it",
                "leave it out");
  }
  CheckTable(tool, *table, live, spot);
}

void CheckExpectations(const Dataset& dataset, const LiveTables& live, std::vector<Mistake>& mistakes) {
  for (const TableExpectation& expected : dataset.tables) {
    const Spot spot =
        Spot(mistakes, "dataset.json").At("tables." + expected.name, "/tables" + PointerTo(expected.name));
    if (!live.Table(expected.name)) {
      spot.Fail("no migration creates this table");
      continue;
    }
    const LiveColumn* time = live.Column(expected.name, expected.time);
    if (!expected.time.empty() && !time)
      spot.At("tables." + expected.name, "/time").Fail("there is no column `" + expected.time + "`");
    if (time && time->type.find("Date") == std::string::npos)
      spot.At("tables." + expected.name, "/time").Fail("`" + expected.time + "` is no time, but " + time->type);
    for (const std::string& name : expected.unique) {
      if (!live.Column(expected.name, name))
        spot.At("tables." + expected.name, "/unique").Fail("there is no column `" + name + "`");
    }
  }
}

}  // namespace

Result<LiveTables> LiveTables::Read(const RequestContext& context, clickhouse::Client& client,
                                    const std::string& database) {
  LiveTables live;
  const auto columns =
      ReadAll(context, client, {.sql = kColumns, .parameters = {{"database", database}}, .database = database});
  if (!columns) return columns.error();
  for (const Json& row : *columns) live.columns_.push_back({row.at(0), row.at(1), row.at(2), row.at(3)});
  const auto tables =
      ReadAll(context, client, {.sql = kTables, .parameters = {{"database", database}}, .database = database});
  if (!tables) return tables.error();
  for (const Json& row : *tables) live.tables_.push_back({row.at(0), row.at(1), row.at(2), row.at(3) == 1});
  return live;
}

const LiveColumn* LiveTables::Column(std::string_view table, std::string_view name) const {
  const auto found = std::find_if(columns_.begin(), columns_.end(),
                                  [&](const auto& it) { return it.table == table && it.name == name; });
  return found == columns_.end() ? nullptr : &*found;
}

const LiveTable* LiveTables::Table(std::string_view name) const {
  const auto found = std::find_if(tables_.begin(), tables_.end(), [&](const auto& it) { return it.name == name; });
  return found == tables_.end() ? nullptr : &*found;
}

void CheckTables(const Dataset& dataset, const LiveTables& live, std::vector<Mistake>& mistakes) {
  for (const InsertTool& tool : dataset.inserts) CheckInsert(tool, live, mistakes);
  CheckExpectations(dataset, live, mistakes);
}

std::string WithoutSpaces(std::string type) {
  std::erase(type, ' ');
  return type;
}

bool KeepsDaysTogether(std::string_view partition_key, std::string_view column) {
  const auto is_it = [&](std::string_view function) {
    return partition_key == std::string(function) + "(" + std::string(column) + ")";
  };
  return std::any_of(kDayOrLonger.begin(), kDayOrLonger.end(), is_it);
}

}  // namespace chimera::schema
