#include "tools/table_description.h"

#include "base/text.h"
#include "sql/lexer.h"
#include "sql/read_gate.h"

namespace chimera::tools {
namespace {

constexpr uint64_t kMaxColumns = 10000;
constexpr uint64_t kMaxBytes = 4 << 20;

// engine_full of other engines than these may hold addresses and accounts.
constexpr std::string_view kSelect =
    "SELECT t.name, t.engine, t.sorting_key, t.partition_key, t.primary_key, toFloat64(t.total_rows),\n"
    "       toFloat64(t.total_bytes), t.comment, if(c.position = 1 AND t.engine LIKE '%MergeTree', t.engine_full, "
    "''),\n"
    "       c.name, c.type, trimBoth(concat(c.default_kind, ' ', c.default_expression)), c.comment\n"
    "FROM system.tables AS t INNER JOIN system.columns AS c ON c.database = t.database AND c.table = t.name\n"
    "WHERE t.database = {database:String} AND c.database = {database:String} AND NOT t.is_temporary";

clickhouse::Query QueryFor(const std::string& database, const std::vector<std::string>& names) {
  clickhouse::Query query;
  query.sql = kSelect;
  query.parameters = {{"database", database}};
  std::vector<std::string> bound;
  for (const auto& name : names) {
    const std::string parameter = "table" + std::to_string(bound.size());
    query.parameters.push_back({parameter, name});
    bound.push_back("{" + parameter + ":String}");
  }
  const std::string list = Join(bound, ", ");
  if (!names.empty()) query.sql += "\n  AND t.name IN (" + list + ") AND c.table IN (" + list + ")";
  query.sql += "\nORDER BY t.name, c.position";
  query.max_rows = kMaxColumns;
  query.max_bytes = kMaxBytes;
  return query;
}

/// What stands behind TTL in "MergeTree ORDER BY … TTL … SETTINGS …".
std::string TtlOf(std::string_view engine) {
  const auto tokens = sql::Tokenize(engine);
  if (!tokens) return {};
  size_t begin = 0, end = engine.size();
  int depth = 0;
  for (size_t i = 1; i < tokens->size(); ++i) {
    const sql::Token& token = (*tokens)[i];
    const sql::Token& before = (*tokens)[i - 1];
    if (token.IsPunctuation("(")) ++depth;
    if (token.IsPunctuation(")")) --depth;
    const bool is_column = before.Is("BY") || before.Is("KEY");  // ORDER BY ttl
    if (depth == 0 && begin == 0 && token.Is("TTL") && !is_column) begin = token.offset + token.text.size();
    if (depth == 0 && begin != 0 && token.Is("SETTINGS")) end = token.offset;
  }
  return begin == 0 ? std::string() : std::string(Trim(engine.substr(begin, end - begin)));
}

std::optional<double> Size(const Json& cell) {
  return cell.is_number() ? std::optional(cell.get<double>()) : std::nullopt;
}

TableDescription Begin(const std::string& database, const Json& row) {
  const std::string engine_full = row[8];
  return {.table = {database, row[0], row[1], row[2], row[3], {}},
          .primary_key = row[4],
          .ttl = TtlOf(engine_full),
          .rows = Size(row[5]),
          .bytes = Size(row[6]),
          .comment = row[7],
          .defaults = {}};
}

}  // namespace

Result<std::vector<TableDescription>> DescribeTables(const RequestContext& context, clickhouse::Client& client,
                                                     const std::string& database,
                                                     const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (Status readable = sql::CheckTable(database, name); !readable) return readable.error();
  }
  const auto rows = client.Read(context, QueryFor(database, names));
  if (!rows) return rows.error();
  std::vector<TableDescription> tables;
  for (const Json& row : rows->Parsed()) {
    if (tables.empty() || tables.back().table.name != row[0].get_ref<const std::string&>())
      tables.push_back(Begin(database, row));
    tables.back().table.columns.push_back({row[9], row[10], row[12]});
    tables.back().defaults.push_back(row[11]);
  }
  return tables;
}

}  // namespace chimera::tools
