#include "guide/facts.h"

#include <algorithm>

#include "base/text.h"
#include "schema/own_tables.h"
#include "sql/lexer.h"

namespace chimera::guide {
namespace {

constexpr uint64_t kMaxTables = 1000;
constexpr uint64_t kMaxBytes = 1 << 20;

/// `key` names `column`, as in toDate(ts).
bool Names(std::string_view key, const std::string& column) {
  const auto tokens = sql::Tokenize(key);
  return tokens && std::any_of(tokens->begin(), tokens->end(),
                               [&](const sql::Token& token) { return sql::Unquote(token) == column; });
}

/// `column` comes first in `key`, as it is.
bool BeginsWith(std::string_view key, const std::string& column) {
  const auto tokens = sql::Tokenize(key);
  if (!tokens || tokens->empty() || sql::Unquote(tokens->front()) != column) return false;
  return tokens->size() == 1 || (*tokens)[1].IsPunctuation(",");
}

std::string RangeSql(const tools::Table& table, const std::string& column, size_t index) {
  const std::string quoted = sql::QuoteIdentifier(column);
  const auto text = [&](const char* function) {
    return "if(count() = 0, '', ifNull(formatDateTime(" + std::string(function) + "(" + quoted +
           "), '%FT%TZ', 'UTC'), ''))";
  };
  return "SELECT " + std::to_string(index) + " AS place, " + text("min") + " AS oldest, " + text("max") +
         " AS newest FROM " + table.QuotedName();
}

/// Fills in the ranges; without an answer there are none.
void ReadRanges(const RequestContext& context, clickhouse::Client& client, std::vector<TableFacts>& tables) {
  std::vector<std::string> selects;
  for (size_t i = 0; i < tables.size() && selects.size() < kMaxTables; ++i) {
    const tools::Table& table = tables[i].description.table;
    if (const auto* column = CheapTimeColumn(table)) selects.push_back(RangeSql(table, column->name, i));
  }
  if (selects.empty()) return;
  clickhouse::Query query;
  query.sql = Join(selects, "\nUNION ALL\n");
  query.max_rows = kMaxTables;
  query.max_bytes = kMaxBytes;
  const auto rows = client.Read(context, query);
  if (!rows) return;
  for (const Json& row : rows->Parsed()) {
    TableFacts& facts = tables[row[0].get<size_t>()];
    facts.range = {CheapTimeColumn(facts.description.table)->name, row[1], row[2]};
  }
}

}  // namespace

const tools::TableColumn* CheapTimeColumn(const tools::Table& table) {
  if (!table.engine.ends_with("MergeTree")) return nullptr;
  for (const auto& column : table.columns) {
    if (!tools::IsTimeType(column.type)) continue;
    if (Names(table.partition_key, column.name) || BeginsWith(table.sorting_key, column.name)) return &column;
  }
  return nullptr;
}

Result<std::vector<TableFacts>> ReadFacts(const RequestContext& context, clickhouse::Client& client,
                                          const Patience& patience, const std::string& database,
                                          const std::vector<std::string>& names) {
  auto described = tools::DescribeTables(context, client, database, names);
  if (!described) return described.error();
  std::vector<TableFacts> tables;
  for (auto& description : *described) tables.push_back({std::move(description), std::nullopt});
  if (names.empty()) std::erase_if(tables, [](const auto& one) { return IsInternal(one.description.table.name); });
  ReadRanges(Bounded(context, patience.ranges), client, tables);
  return tables;
}

RequestContext Bounded(const RequestContext& context, std::chrono::milliseconds patience) {
  RequestContext bounded = context;
  bounded.deadline = context.deadline.Earlier(Deadline::After(patience));
  return bounded;
}

bool IsInternal(const std::string& table) {
  return schema::IsOwnTable(table) || table.starts_with(".inner");
}

}  // namespace chimera::guide
