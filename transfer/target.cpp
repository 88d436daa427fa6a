#include "transfer/target.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "sql/lexer.h"
#include "timestore/layout.h"
#include "tools/catalog.h"

namespace chimera::transfer {
namespace {

constexpr uint64_t kMaxColumns = 10'000;
constexpr uint64_t kMaxBytes = 16u << 20;

std::string WithDatabase(const std::vector<schema::Dataset>& datasets, const std::string& name) {
  if (name.find('.') != std::string::npos) return name;
  for (const auto& dataset : datasets) {
    const bool inserts = std::any_of(dataset.inserts.begin(), dataset.inserts.end(),
                                     [&](const auto& tool) { return tool.table == name; });
    const bool declares = std::any_of(dataset.tables.begin(), dataset.tables.end(),
                                      [&](const auto& table) { return table.name == name; });
    if ((inserts || declares) && !dataset.database.empty()) return dataset.database + "." + name;
  }
  return name;
}

const schema::Dataset* DatasetOf(const std::vector<schema::Dataset>& datasets, const std::string& database) {
  const auto found =
      std::find_if(datasets.begin(), datasets.end(), [&](const auto& dataset) { return dataset.database == database; });
  return found == datasets.end() ? nullptr : &*found;
}

const schema::InsertTool* ToolOf(const schema::Dataset* dataset, const std::string& table) {
  if (dataset == nullptr) return nullptr;
  const auto found = std::find_if(dataset->inserts.begin(), dataset->inserts.end(),
                                  [&](const auto& tool) { return tool.table == table; });
  return found == dataset->inserts.end() ? nullptr : &*found;
}

struct LiveColumn {
  std::string name;
  std::string type;
  std::string default_kind;
};

struct LiveTable {
  std::string uuid;
  std::string time_zone;  ///< the server's
  std::vector<LiveColumn> columns;
};

Result<LiveTable> ReadLive(const RequestContext& context, clickhouse::Client& client, const tools::Table& table) {
  clickhouse::Query query;
  query.sql =
      "SELECT toString(t.uuid), c.name, c.type, c.default_kind, timezone() FROM system.tables AS t INNER JOIN "
      "system.columns AS c "
      "ON c.database = t.database AND c.table = t.name WHERE t.database = {d:String} AND t.name = {t:String} "
      "AND c.database = {d:String} AND c.table = {t:String} ORDER BY c.position";
  query.parameters = {{"d", table.database}, {"t", table.name}};
  query.max_rows = kMaxColumns;
  query.max_bytes = kMaxBytes;
  auto rows = client.Read(context, query);
  if (!rows) return std::move(rows).error();
  LiveTable live;
  for (const Json& row : rows->Parsed()) {
    live.uuid = row.at(0).get<std::string>();
    live.time_zone = row.at(4).get<std::string>();
    live.columns.push_back({row.at(1).get<std::string>(), row.at(2).get<std::string>(), row.at(3).get<std::string>()});
  }
  return live;
}

const schema::InsertColumn* Declared(const schema::InsertTool* tool, const std::string& column) {
  if (tool == nullptr) return nullptr;
  const auto found = std::find_if(tool->columns.begin(), tool->columns.end(),
                                  [&](const auto& declared) { return declared.name == column; });
  return found == tool->columns.end() ? nullptr : &*found;
}

TargetColumn MakeColumn(const LiveColumn& live, const schema::InsertColumn* declared) {
  TargetColumn column{.rule = {}, .type = live.type, .has_default = !live.default_kind.empty()};
  schema::InsertColumn plain;
  plain.name = live.name;
  plain.type = live.type;
  auto rule = tools::MakeColumnRule(declared != nullptr ? *declared : plain, false);
  column.opaque = !rule.ok();
  if (rule) {
    column.rule = *std::move(rule);
  } else {
    column.rule.column = plain;
    column.rule.key = ",";
    AppendJsonString(column.rule.key, live.name);
    column.rule.key += ':';
  }
  return column;
}

/// Which times the partition key is made of. Only how many inserts a batch becomes depends on it.
void FindPartition(const std::string& key, Target& target) {
  auto tokens = sql::Tokenize(key);
  if (!tokens) return;
  for (const auto& token : *tokens) {
    const auto column = target.Find(sql::Unquote(token));
    if (!column || target.columns[*column].opaque) continue;
    tools::ColumnRule& rule = target.columns[*column].rule;
    if (!rule.type.IsTemporal() || rule.type.nullable) continue;
    const bool months = key.find("toYYYYMM(") != std::string::npos || key.find("toStartOfMonth(") != std::string::npos;
    target.split_by = months ? SplitBy::kMonth : SplitBy::kDay;
    target.split_column = column;
    rule.is_partition = true;
    return;
  }
}

void Own(Target& target, std::string_view column, std::string stored) {
  const auto found = target.Find(column);
  if (!found) return;
  target.columns[*found].own = true;
  target.columns[*found].rule.fallback = std::move(stored);
}

/// What a table of the timestore has beside its fields: what its name says already, and where its rows were in the
/// buffer. Imported ones were never there.
void OwnColumns(Target& target) {
  const auto name = timestore::NameOf(ingest::Destination{{}, target.database, target.table});
  if (!name) return;
  Own(target, timestore::kDatasetColumn, ToText(name->dataset));
  Own(target, timestore::kTableColumn, ToText(name->table));
  Own(target, timestore::kPositionColumn, "0");
}

/// Whether a partition key says no more than the UTC day or month by which rows are split.
bool IsSplitAlone(std::string_view key, const Target& target, std::string_view time_zone) {
  if (key.empty() || key == "tuple()") return true;
  if (key == "(dataset_slug, toYYYYMMDD(timestamp))" && target.database == timestore::kDatabase) return true;
  if (!target.split_column) return false;
  const TargetColumn& column = target.columns[*target.split_column];
  const bool is_date = column.rule.type.kind == tools::TypeKind::kDate;
  const bool names_utc = column.type.find("'UTC'") != std::string::npos;
  const bool names_none = column.type.find('\'') == std::string::npos;
  if (!is_date && !names_utc && !(names_none && time_zone == "UTC")) return false;
  const std::string name = sql::QuoteIdentifier(column.rule.column.name);
  for (const std::string& spelled : {column.rule.column.name, name}) {
    if (is_date && key == spelled) return true;
    for (const char* part : {"toDate", "toYYYYMMDD", "toMonday", "toYYYYMM", "toStartOfMonth", "toYear"}) {
      if (key == part + ("(" + spelled + ")")) return true;
    }
  }
  return false;
}

void FindTime(const schema::Dataset* dataset, Target& target) {
  if (dataset != nullptr) {
    for (const auto& table : dataset->tables) {
      if (table.name != target.table || table.time.empty()) continue;
      target.time_column = target.Find(table.time);
      if (target.time_column) target.keep_days = table.retention.keep_days;
    }
  }
  if (!target.time_column) target.time_column = target.split_column;
}

}  // namespace

std::optional<size_t> Target::Find(std::string_view column) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].rule.column.name == column) return i;
  }
  return std::nullopt;
}

std::string Target::QuotedName() const {
  return sql::QuoteIdentifier(database) + "." + sql::QuoteIdentifier(table);
}

std::vector<std::string> Target::Names() const {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.rule.column.name);
  return names;
}

clickhouse::TableFacts Target::Facts() const {
  clickhouse::TableFacts facts{.engine = engine, .sorting_key = sorting_key, .columns = {}};
  for (const auto& column : columns) facts.columns.emplace(column.rule.column.name, column.type);
  return facts;
}

Result<Target> FindTarget(const RequestContext& context, clickhouse::Client& client,
                          const std::vector<schema::Dataset>& datasets, const tools::Privacy* privacy,
                          const std::string& name) {
  tools::Catalog catalog(client);
  auto found = catalog.Find(context, WithDatabase(datasets, name));
  if (!found) return std::move(found).error();
  const tools::Table& table = **found;
  if (table.engine.ends_with("View") || table.engine == "Dictionary") {
    return MakeError(ErrorCode::kInvalidArgument, table.FullName() + " is a " + table.engine,
                     "name the table behind it");
  }
  auto live = ReadLive(context, client, table);
  if (!live) return std::move(live).error();
  Target target;
  target.database = table.database;
  target.table = table.name;
  target.uuid = live->uuid;
  target.engine = table.engine;
  target.sorting_key = table.sorting_key;
  const schema::Dataset* dataset = DatasetOf(datasets, table.database);
  const schema::InsertTool* tool = ToolOf(dataset, table.name);
  if (tool != nullptr) target.tool = tool->name;
  for (const LiveColumn& column : live->columns) {
    if (column.default_kind == "MATERIALIZED" || column.default_kind == "ALIAS") continue;
    target.columns.push_back(MakeColumn(column, Declared(tool, column.name)));
    if (privacy == nullptr) continue;
    target.columns.back().rule.protector = privacy->ForInsert(target.database, target.table, column.name);
  }
  FindPartition(table.partition_key, target);
  target.one_partition = IsSplitAlone(table.partition_key, target, live->time_zone);
  FindTime(dataset, target);
  OwnColumns(target);
  return target;
}

Result<clickhouse::Deduplication> DeduplicationOf(const RequestContext& context, clickhouse::Client& client,
                                                  const Target& target) {
  return clickhouse::AskDeduplication(target.database, target.table,
                                      [&](const clickhouse::Query& query) { return client.Read(context, query); });
}

}  // namespace chimera::transfer
