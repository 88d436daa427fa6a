// The tool `timestore.datasets`: which datasets and tables there are, of callers and of this server.
#include <algorithm>
#include <map>
#include <optional>

#include "base/text.h"
#include "sql/lexer.h"
#include "timestore/buffer_facts.h"
#include "timestore/declared_read.h"
#include "timestore/layout.h"
#include "timestore/tools.h"
#include "tools/answer.h"
#include "tools/table_description.h"
#include "tools/type_name.h"

namespace chimera::timestore {
namespace {

constexpr char kName[] = "timestore.datasets";
constexpr size_t kMaxTables = 500;
constexpr char kDescription[] =
    "The datasets and tables that timestore.write and timestore.read know: those made by writes, with their fields, "
    "and "
    "those that this server declares (their columns: describe.table). Of each: rows in the database, first and last "
    "time, "
    "the position up to which writes are there (watermark), rows that still wait. `stored_in` is the name for query "
    "and "
    "query.*.";
const Json kColumns = {"dataset", "table", "declared",  "stored_in",    "rows",
                       "first",   "last",  "watermark", "pending_rows", "fields"};

mcp::ToolDefinition Define() {
  return {kName,
          "List datasets",
          kDescription,
          tools::ArgumentsSchema({{"dataset", tools::Typed("string", "only this one")}}, {}),
          tools::ObjectSchema({{"columns", tools::Typed("array", "names of the values in rows")},
                               {"rows", {{"type", "array"}, {"items", {{"type", "array"}}}}},
                               {"row_count", {{"type", "integer"}}},
                               {"truncated", {{"type", "boolean"}}},
                               {"notes", {{"type", "array"}}}}),
          {}};
}

struct Listed {
  Name name;
  bool declared = false;
  ingest::Destination to;
  std::string time;  ///< column; empty: none is known
  std::optional<tools::TableDescription> description = {};
  std::optional<ingest::Backlog> backlog = {};
  Json first = {}, last = {};
};

class DatasetsTool final : public tools::JsonTool {
 public:
  explicit DatasetsTool(const ToolSources& sources)
      : JsonTool(Define()), client_(sources.client), buffer_(sources.buffer), datasets_(sources.datasets) {}

 private:
  using Records = std::map<std::string, std::map<std::string, Recorded>>;  ///< by database, by table

  Result<tools::Answer> RunChecked(const RequestContext& context, const Json& arguments) override {
    const std::string only = arguments.value("dataset", "");
    auto backlogs = buffer_.Backlogs(context);
    Json notes = Json::array();
    if (!backlogs) notes.push_back("what waits is not known: " + backlogs.error().message);
    auto tables = Tables(context, only, backlogs ? *backlogs : std::vector<ingest::Backlog>());
    if (!tables) return std::move(tables).error();
    const bool truncated = tables->size() > kMaxTables;
    if (truncated) tables->resize(kMaxTables);
    AddTimes(context, *tables, notes);
    Records records;
    for (const auto& table : *tables) {
      if (records.contains(table.to.database)) continue;
      auto read = ReadRecords(context, client_, table.to.database);
      records[table.to.database] = read ? *std::move(read) : std::map<std::string, Recorded>();
    }
    Json rows = Json::array();
    for (const auto& table : *tables) rows.push_back(Row(table, records));
    return MakeAnswer(rows, truncated, std::move(notes), only);
  }

  Result<std::vector<Listed>> Tables(const RequestContext& context, const std::string& only,
                                     const std::vector<ingest::Backlog>& backlogs) {
    std::map<ingest::Destination, Listed> tables;
    for (const auto& dataset : datasets_) {
      if (dataset.database == kDatabase || (!only.empty() && dataset.name != only)) continue;
      for (const auto& table : TablesOf(dataset)) {
        const auto* timed = TimedTable(dataset, table);
        const ingest::Destination to{dataset.name, dataset.database, table};
        tables[to] = {.name = {dataset.name, table}, .declared = true, .to = to, .time = timed ? timed->time : ""};
      }
    }
    if (Status described = Describe(context, only, tables); !described) return std::move(described).error();
    for (const auto& backlog : backlogs) {
      const auto name = NameOf(backlog.to);
      if (name && (only.empty() || name->dataset == only)) {
        tables.try_emplace(backlog.to, Listed{.name = *name, .to = backlog.to, .time = std::string(kTimeColumn)});
      }
      if (const auto table = tables.find(backlog.to); table != tables.end()) table->second.backlog = backlog;
    }
    std::vector<Listed> list;
    for (auto& [to, table] : tables) list.push_back(std::move(table));
    return list;
  }

  /// What the database has of `tables`, and all dynamic ones.
  Status Describe(const RequestContext& context, const std::string& only,
                  std::map<ingest::Destination, Listed>& tables) {
    std::map<std::string, std::vector<Listed*>> by_database;
    for (auto& [to, table] : tables) by_database[to.database].push_back(&table);
    for (auto& [database, declared] : by_database) {
      auto described = tools::DescribeTables(context, client_, database);
      if (!described) return std::move(described).error();
      for (Listed* table : declared) {
        for (const auto& one : *described) {
          if (one.table.name == table->to.table) table->description = one;
        }
      }
    }
    auto dynamic = tools::DescribeTables(context, client_, std::string(kDatabase));
    if (!dynamic) return std::move(dynamic).error();
    for (auto& one : *dynamic) {
      const auto name = NameOf(one.table.name);
      if (!name || (!only.empty() && name->dataset != only)) continue;
      const auto to = DestinationOf(*name);
      tables[to] = {.name = *name, .to = to, .time = std::string(kTimeColumn), .description = std::move(one)};
    }
    return Ok();
  }

  /// One statement for all tables; those of which their parts do not tell are rare.
  void AddTimes(const RequestContext& context, std::vector<Listed>& tables, Json& notes) {
    std::string sql;
    for (size_t i = 0; i < tables.size(); ++i) {
      const Listed& table = tables[i];
      if (!table.description || table.time.empty() || table.description->table.Find(table.time) == nullptr) continue;
      const std::string time = sql::QuoteIdentifier(table.time);
      sql += (sql.empty() ? "" : "\nUNION ALL ") + ("SELECT " + std::to_string(i)) +
             "::UInt32, toDateTime64(minOrNull(" + time + "), 3, 'UTC'), toDateTime64(maxOrNull(" + time +
             "), 3, 'UTC') FROM " + table.description->table.QuotedName();
    }
    if (sql.empty()) return;
    const auto rows = client_.Read(context, {.sql = sql, .max_rows = kMaxTables, .max_bytes = 1 << 20});
    if (!rows) {
      notes.push_back("first and last times are not known: " + rows.error().message);
      return;
    }
    for (const Json& row : rows->Parsed()) {
      tables[row[0].get<size_t>()].first = row[1];
      tables[row[0].get<size_t>()].last = row[2];
    }
  }

  static Json Row(const Listed& table, const Records& records) {
    const auto& of_database = records.at(table.to.database);
    const auto found = of_database.find(table.to.table);
    return {
        table.name.dataset,
        table.name.table,
        table.declared,
        table.to.FullName(),
        Rows(table),
        table.first,
        table.last,
        WatermarkJson(table.backlog ? &*table.backlog : nullptr, found == of_database.end() ? nullptr : &found->second),
        table.backlog ? table.backlog->rows : 0,
        Fields(table)};
  }

  static Json Rows(const Listed& table) {
    if (!table.description || !table.description->rows) return nullptr;
    return tools::PlainNumber(*table.description->rows);
  }

  static Json Fields(const Listed& table) {
    if (table.declared) return nullptr;
    Json fields = Json::array();
    if (!table.description) return fields;
    const auto base = BaseColumns();
    for (const auto& column : table.description->table.columns) {
      if (!base.contains(column.name)) fields.push_back(column.name + " " + std::string(tools::BareType(column.type)));
    }
    return fields;
  }

  static tools::Answer MakeAnswer(const Json& rows, bool truncated, Json notes, const std::string& only) {
    std::string summary = std::to_string(rows.size()) + (rows.size() == 1 ? " table." : " tables.");
    if (rows.empty() && !only.empty()) summary = "There is no dataset " + only + "; without `dataset` all are listed.";
    if (truncated) summary += " There are more: name a dataset.";
    Json answer = {{"columns", kColumns}, {"rows", rows}, {"row_count", rows.size()}, {"truncated", truncated}};
    if (!notes.empty()) answer["notes"] = std::move(notes);
    return {std::move(summary), ToText(answer), rows.size()};
  }

  clickhouse::Client& client_;
  ingest::WriteBuffer& buffer_;
  const std::vector<schema::Dataset>& datasets_;
};

}  // namespace

std::unique_ptr<tools::Tool> CreateDatasetsTool(const ToolSources& sources) {
  return std::make_unique<DatasetsTool>(sources);
}

}  // namespace chimera::timestore
