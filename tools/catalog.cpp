#include "tools/catalog.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "sql/lexer.h"
#include "sql/read_gate.h"
#include "tools/privacy.h"

namespace chimera::tools {
namespace {

constexpr size_t kMaxListedNames = 20;
constexpr uint64_t kMaxNames = 10000;
constexpr uint64_t kMaxCatalogBytes = 4 << 20;

constexpr std::string_view kTableSql =
    "SELECT t.database, t.name, t.engine, t.sorting_key, t.partition_key, c.name, c.type, c.comment\n"
    "FROM system.tables AS t INNER JOIN system.columns AS c ON c.database = t.database AND c.table = t.name\n"
    "WHERE t.database = {database:String} AND t.name = {table:String}\n"
    "  AND c.database = {database:String} AND c.table = {table:String}\n"
    "ORDER BY c.position";

// Tables of the default database by their name alone, and first.
constexpr std::string_view kNamesSql =
    "SELECT if(database = {own:String}, name, concat(database, '.', name))\n"
    "FROM system.tables\n"
    "WHERE database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema') AND NOT is_temporary\n"
    "ORDER BY database != {own:String}, database, name";

Table TableFrom(const Json& rows) {
  Table table{rows[0][0], rows[0][1], rows[0][2], rows[0][3], rows[0][4], {}};
  for (const auto& row : rows) table.columns.push_back({row[5], row[6], row[7]});
  return table;
}

std::string Listed(std::vector<std::string> names) {
  const size_t all = names.size();
  names.resize(std::min(all, kMaxListedNames));
  return Join(names, ", ") + (all > kMaxListedNames ? ", …" : "");
}

std::vector<std::string> ColumnNames(const Table& table) {
  std::vector<std::string> names;
  for (const auto& column : table.columns) names.push_back(column.name);
  return names;
}

std::string WithType(const Table& table, const std::string& column) {
  const TableColumn* found = table.Find(column);
  return "`" + column + "`" + (found == nullptr ? "" : " (" + found->type + ")");
}

// "did you mean `latency_ms` (UInt32)?", or all columns when none is near.
std::string NearestColumns(const Table& table, std::string_view column) {
  const auto names = ColumnNames(table);
  std::vector<std::string> near;
  for (const auto& name : Nearest(column, names)) near.push_back(WithType(table, name));
  if (!near.empty()) return "did you mean " + Join(near, " or ") + "?";
  return table.FullName() + " has " + Listed(names);
}

// The first name in quotes or backticks: ClickHouse quotes what it does not know.
std::string QuotedName(std::string_view message) {
  const size_t open = message.find_first_of("`'");
  if (open == std::string_view::npos) return {};
  const size_t close = message.find(message[open], open + 1);
  return close == std::string_view::npos ? std::string() : std::string(message.substr(open + 1, close - open - 1));
}

// "Table db.x does not exist", as older servers and some storages say it.
std::string NameAfter(std::string_view message, std::string_view word) {
  const size_t at = message.find(word);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = message.substr(at + word.size());
  return std::string(rest.substr(0, rest.find_first_of(" ,;")));
}

std::string MissingName(const Error& error, std::string_view word) {
  const std::string after = NameAfter(error.message, word);
  return after.empty() || after == "expression" ? QuotedName(error.message) : after;
}

bool IsName(const sql::Token& token) {
  return token.kind == sql::TokenKind::kWord || token.kind == sql::TokenKind::kQuotedIdentifier;
}

// What other databases call it, in lower case.
constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kForeignFunctions = {{
    {"average", "avg(x)"},
    {"mean", "avg(x)"},
    {"percentile_cont", "quantileExactInclusive(0.95)(x)"},
    {"percentile_disc", "quantileExact(0.95)(x)"},
    {"percentile", "quantile(0.95)(x)"},
    {"approx_count_distinct", "uniq(x)"},
    {"approx_percentile", "quantileTDigest(0.95)(x)"},
    {"array_agg", "groupArray(x)"},
    {"string_agg", "arrayStringConcat(groupArray(x), ',')"},
    {"to_char", "formatDateTime(ts, '%Y-%m-%d')"},
    {"strftime", "formatDateTime(ts, '%Y-%m-%d')"},
    {"getdate", "now()"},
    {"nvl", "ifNull(x, y)"},
    {"isnull", "isNull(x)"},
    {"json_extract", "JSONExtractString(json, 'key')"},
    {"regexp_replace", "replaceRegexpAll(text, pattern, replacement)"},
    {"generate_series", "numbers(n)"},
    {"to_timestamp", "toDateTime(x)"},
}};

std::string ForeignFunction(std::string_view name) {
  const std::string lower = ToLower(name);
  for (const auto& [foreign, own] : kForeignFunctions) {
    if (lower == foreign) return "in ClickHouse write " + std::string(own);
  }
  return {};
}

}  // namespace

const TableColumn* Table::Find(std::string_view column) const {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const auto& known) { return known.name == column; });
  return found == columns.end() ? nullptr : &*found;
}

bool Table::NeedsFinal() const {
  constexpr std::array<std::string_view, 5> kMerging = {"Replacing", "Collapsing", "Summing", "Aggregating",
                                                        "Coalescing"};
  return engine.ends_with("MergeTree") && std::any_of(kMerging.begin(), kMerging.end(), [&](std::string_view kind) {
           return engine.find(kind) != std::string::npos;
         });
}

std::string Table::QuotedName() const {
  return sql::QuoteIdentifier(database) + "." + sql::QuoteIdentifier(name);
}
std::string Table::FullName() const {
  return database + "." + name;
}

Catalog::Catalog(clickhouse::Client& client, std::shared_ptr<const Privacy> privacy, std::chrono::seconds keep)
    : client_(client), privacy_(std::move(privacy)), keep_(keep) {}

Result<std::shared_ptr<const Table>> Catalog::Find(const RequestContext& context, std::string_view name) {
  const std::string asked(name);
  if (auto kept = Kept(asked)) return kept;
  const size_t dot = name.find('.');
  Result<std::shared_ptr<const Table>> table = std::shared_ptr<const Table>();
  if (dot != std::string_view::npos) table = Load(context, name.substr(0, dot), name.substr(dot + 1));
  if (table && *table == nullptr) table = Load(context, client_.DefaultDatabase(), name);
  if (!table) return table;
  if (*table == nullptr) return UnknownTable(context, name);
  const std::lock_guard lock(mutex_);
  entries_[asked] = {*table, std::chrono::steady_clock::now()};
  return table;
}

Result<const TableColumn*> Catalog::FindColumn(const Table& table, std::string_view column) {
  if (const TableColumn* found = table.Find(column)) {
    if (!found->is_protected) return found;
    return MakeError(ErrorCode::kStatementRefused,
                     "the values of `" + found->name + "` of " + table.FullName() + " are protected (privacy)",
                     "use `query` with SELECT " + found->name + ", count() … GROUP BY " + found->name + ", or uniq(" +
                         found->name + ")");
  }
  return MakeError(ErrorCode::kUnknownColumn, "no column `" + std::string(column) + "` in " + table.FullName(),
                   NearestColumns(table, column));
}

Error Catalog::UnknownTable(const RequestContext& context, std::string_view name) {
  const std::string own = client_.DefaultDatabase();
  const auto names = Names(context, kNamesSql, {{"own", own}});
  std::string_view bare = name;
  if (bare.starts_with(own + ".")) bare.remove_prefix(own.size() + 1);
  std::string hint = DidYouMean(bare, names);
  if (hint.empty() && !names.empty()) hint = "there are " + Listed(names);
  const std::string where = name.find('.') == std::string_view::npos ? " in the default database `" + own + "`" : "";
  return MakeError(ErrorCode::kUnknownTable, "no table `" + std::string(name) + "`" + where, hint);
}

Error Catalog::UnknownDatabase(const RequestContext& context, std::string_view name) {
  const auto names = Names(context, "SELECT name FROM system.databases ORDER BY name");
  std::string hint = DidYouMean(name, names);
  if (hint.empty() && !names.empty()) hint = "there are " + Listed(names);
  return MakeError(ErrorCode::kUnknownDatabase, "no database `" + std::string(name) + "`", hint);
}

Result<bool> Catalog::HasDatabase(const RequestContext& context, std::string_view name) {
  clickhouse::Query query;
  query.sql = "SELECT name FROM system.databases WHERE name = {name:String}";
  query.parameters = {{"name", std::string(name)}};
  const auto rows = client_.Read(context, query);
  if (!rows) return rows.error();
  return rows->row_count > 0;
}

Error Catalog::Explain(const RequestContext& context, Error error, std::string_view sql) {
  std::string hint;
  if (error.code == ErrorCode::kUnknownTable) hint = UnknownTable(context, MissingName(error, "Table ")).hint;
  if (error.code == ErrorCode::kUnknownDatabase) hint = UnknownDatabase(context, MissingName(error, "Database ")).hint;
  if (error.code == ErrorCode::kUnknownColumn) hint = ColumnHint(context, QuotedName(error.message), sql);
  if (error.code == ErrorCode::kUnknownFunction) hint = FunctionHint(context, QuotedName(error.message));
  if (!hint.empty()) error.hint = hint;
  return error;
}

std::shared_ptr<const Table> Catalog::Kept(const std::string& name) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_,
                [&](const auto& entry) { return std::chrono::steady_clock::now() - entry.second.read_at >= keep_; });
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second.table;
}

Result<std::shared_ptr<const Table>> Catalog::Load(const RequestContext& context, std::string_view database,
                                                   std::string_view table) {
  if (Status readable = sql::CheckTable(database, table); !readable) return readable.error();
  clickhouse::Query query;
  query.sql = kTableSql;
  query.parameters = {{"database", std::string(database)}, {"table", std::string(table)}};
  query.max_rows = kMaxNames;
  query.max_bytes = kMaxCatalogBytes;
  const auto rows = client_.Read(context, query);
  if (!rows) return rows.error();
  if (rows->row_count == 0) return std::shared_ptr<const Table>();
  auto found = std::make_shared<Table>(TableFrom(rows->Parsed()));
  for (auto& column : found->columns) {
    column.is_protected = privacy_ && privacy_->Protects(found->database, found->name, column.name);
  }
  return std::shared_ptr<const Table>(std::move(found));
}

std::vector<std::string> Catalog::Names(const RequestContext& context, std::string_view sql,
                                        std::vector<clickhouse::Parameter> parameters) {
  clickhouse::Query query;
  query.sql = sql;
  query.parameters = std::move(parameters);
  query.max_rows = kMaxNames;
  query.max_bytes = kMaxCatalogBytes;
  std::vector<std::string> names;
  const auto rows = client_.Read(context, query);
  if (!rows) return names;
  for (const auto& row : rows->Parsed()) names.push_back(row[0]);
  return names;
}

std::string Catalog::ColumnHint(const RequestContext& context, std::string_view column, std::string_view sql) {
  const std::string_view bare = column.substr(column.rfind('.') + 1);  // npos + 1 is 0
  std::vector<std::string> hints;
  for (const auto& name : TablesNamedBy(sql)) {
    const auto table = Find(context, name);
    if (table && (*table)->Find(bare) == nullptr) hints.push_back(NearestColumns(**table, bare));
  }
  return Join(hints, "; ");
}

std::string Catalog::FunctionHint(const RequestContext& context, std::string_view function) {
  std::string foreign = ForeignFunction(function);
  if (!foreign.empty()) return foreign;
  return DidYouMean(function, Names(context, "SELECT name FROM system.functions"));
}

std::vector<std::string> TablesNamedBy(std::string_view sql) {
  std::vector<std::string> tables;
  const auto tokens = sql::Tokenize(sql);
  if (!tokens) return tables;
  for (size_t i = 0; i + 1 < tokens->size(); ++i) {
    const bool introduces = (*tokens)[i].Is("FROM") || (*tokens)[i].Is("JOIN");
    if (!introduces || !IsName((*tokens)[i + 1])) continue;
    std::string name = sql::Unquote((*tokens)[i + 1]);
    const bool qualified = i + 3 < tokens->size() && (*tokens)[i + 2].IsPunctuation(".") && IsName((*tokens)[i + 3]);
    if (qualified) name += "." + sql::Unquote((*tokens)[i + 3]);
    tables.push_back(std::move(name));
  }
  return tables;
}

}  // namespace chimera::tools
