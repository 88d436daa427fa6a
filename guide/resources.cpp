#include "guide/resources.h"

#include <algorithm>

#include "guide/dataset_page.h"
#include "guide/table_page.h"
#include "guide/table_uri.h"
#include "guide/wording.h"
#include "sql/read_gate.h"

namespace chimera::guide {
namespace {

constexpr const char* kMarkdown = "text/markdown";
constexpr uint64_t kMaxTables = 10000;
constexpr uint64_t kMaxBytes = 4 << 20;

mcp::ResourceDefinition PageDefinition(const schema::Dataset& dataset) {
  return {.uri = DatasetUri(dataset.name),
          .name = dataset.name,
          .title = dataset.title,
          .description = "Dataset: tables, tools and glossary. " + dataset.description,
          .mime_type = kMarkdown};
}

mcp::ResourceDefinition TableDefinition(const std::string& database, const Json& row) {
  const std::string name = row[0];
  return {.uri = TableUri(database, name),
          .name = database + "." + name,
          .title = name,
          .description = OneLine(row[1].get<std::string>()),
          .mime_type = kMarkdown};
}

clickhouse::Query TablesQuery(const std::string& database) {
  clickhouse::Query query;
  query.sql =
      "SELECT name, comment FROM system.tables WHERE database = {database:String} AND NOT is_temporary ORDER BY name";
  query.parameters = {{"database", database}};
  query.max_rows = kMaxTables;
  query.max_bytes = kMaxBytes;
  return query;
}

}  // namespace

Resources::Resources(clickhouse::Client& client, const std::vector<schema::Dataset>& datasets, Patience patience,
                     ToolNames tools)
    : client_(client), datasets_(datasets), patience_(patience), tools_(std::move(tools)) {}

Result<std::vector<mcp::ResourceDefinition>> Resources::List(const mcp::CallContext& context) {
  const RequestContext bounded = Bounded(context, patience_.call);
  std::vector<mcp::ResourceDefinition> resources;
  for (const auto& dataset : datasets_) resources.push_back(PageDefinition(dataset));
  for (const auto& dataset : datasets_) {
    const auto rows = client_.Read(bounded, TablesQuery(dataset.database));
    if (!rows) return rows.error();
    for (const Json& row : rows->Parsed()) {
      if (!IsInternal(row[0])) resources.push_back(TableDefinition(dataset.database, row));
    }
  }
  return resources;
}

std::vector<mcp::ResourceTemplate> Resources::Templates() const {
  return {{.uri_template = std::string(kTableTemplate),
           .name = "table",
           .title = "A table's page",
           .description = "What a query needs to know of a table: columns with types and meanings, keys, rows, times, "
                          "what its engine means for reading, and the tools for it.",
           .mime_type = kMarkdown}};
}

Result<std::optional<std::variant<std::vector<mcp::ResourceContents>, mcp::InputNeed>>> Resources::Read(
    const mcp::CallContext& context, const std::string& uri) {
  using Contents = std::variant<std::vector<mcp::ResourceContents>, mcp::InputNeed>;
  auto page = PageOf(Bounded(context, patience_.call), uri);
  if (!page) return page.error();
  if (page->empty()) return std::optional<Contents>();
  std::vector<mcp::ResourceContents> contents;
  contents.push_back({.uri = uri, .mime_type = kMarkdown, .text = tools_.spell(*std::move(page))});
  return std::optional<Contents>(std::move(contents));
}

bool Resources::CanWatch(const std::string& uri) const {
  if (const auto table = ParseTableUri(uri)) return sql::CheckTable(table->database, table->table).ok();
  const auto name = ParseDatasetUri(uri);
  return name && std::any_of(datasets_.begin(), datasets_.end(), [&](const auto& one) { return one.name == *name; });
}

const schema::Dataset* Resources::DatasetOf(const std::string& database) const {
  const auto found =
      std::find_if(datasets_.begin(), datasets_.end(), [&](const auto& one) { return one.database == database; });
  return found == datasets_.end() ? nullptr : &*found;
}

Result<std::string> Resources::PageOf(const RequestContext& context, const std::string& uri) {
  if (const auto table = ParseTableUri(uri)) return TablePageOf(context, table->database, table->table);
  const auto name = ParseDatasetUri(uri);
  for (const auto& dataset : datasets_) {
    if (!name || dataset.name != *name) continue;
    auto tables = ReadFacts(context, client_, patience_, dataset.database);
    if (!tables) return tables.error();
    return DatasetPage(dataset, *tables, tools_.offers);
  }
  return std::string();
}

Result<std::string> Resources::TablePageOf(const RequestContext& context, const std::string& database,
                                           const std::string& table) {
  if (!sql::CheckTable(database, table).ok()) return std::string();
  auto tables = ReadFacts(context, client_, patience_, database, {table});
  if (!tables) return tables.error();
  return tables->empty() ? std::string() : TablePage(tables->front(), DatasetOf(database), tools_.offers);
}

}  // namespace chimera::guide
