#include "clickhouse/stored_rows.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "clickhouse/deduplication.h"
#include "clickhouse/row_sample.h"
#include "sql/lexer.h"

namespace chimera::clickhouse {
namespace {

// One short row with short names: it is asked for while connections break.
constexpr char kTable[] =
    "SELECT groupArray(name) AS c, groupArray(type) AS y, "
    "(SELECT any(engine) FROM system.tables WHERE database = {d:String} AND name = {t:String}) AS e, "
    "(SELECT any(sorting_key) FROM system.tables WHERE database = {d:String} AND name = {t:String}) AS k "
    "FROM system.columns WHERE database = {d:String} AND table = {t:String} "
    "AND default_kind NOT IN ('MATERIALIZED', 'ALIAS')";

std::string DatabaseOf(const Client& client, const Insert& insert) {
  return insert.database.empty() ? client.DefaultDatabase() : insert.database;
}

Result<TableFacts> AskTable(const RequestContext& context, Client& client, const Insert& insert) {
  Query query{.sql = kTable, .parameters = {{"d", DatabaseOf(client, insert)}, {"t", insert.table}}};
  query.max_rows = 1;
  query.max_bytes = 64'000'000;
  auto rows = client.Read(context, query);
  if (!rows) return std::move(rows).error();
  const Json parsed = rows->Parsed();
  if (parsed.empty()) return TableFacts{};
  const auto text = [](const Json& value) { return value.is_string() ? value.get<std::string>() : std::string(); };
  const Json& row = parsed[0];
  TableFacts table{.engine = text(row.at(2)), .sorting_key = text(row.at(3)), .columns = {}};
  for (size_t i = 0; i < row.at(0).size(); ++i) table.columns[text(row.at(0).at(i))] = text(row.at(1).at(i));
  return table;
}

/// The columns of "a, toDate(b), `c`" that stand for themselves: a and c.
std::set<std::string> PlainColumns(const std::string& sorting_key) {
  auto tokens = sql::Tokenize(sorting_key);
  std::set<std::string> columns;
  if (!tokens) return columns;
  size_t begin = 0;
  int depth = 0;
  for (size_t i = 0; i <= tokens->size(); ++i) {
    const bool ends = i == tokens->size() || (depth == 0 && (*tokens)[i].IsPunctuation(","));
    if (ends && i == begin + 1) columns.insert(sql::Unquote((*tokens)[begin]));
    if (ends) {
      begin = i + 1;
      continue;
    }
    depth += (*tokens)[i].IsPunctuation("(") ? 1 : (*tokens)[i].IsPunctuation(")") ? -1 : 0;
  }
  return columns;
}

/// What the rows can be told by, however long ago they were stored.
ColumnTypes LastingColumns(const TableFacts& table, const std::set<std::string>& unsure) {
  const bool transacted = table.engine.starts_with("Replicated") || table.engine.starts_with("Shared");
  const bool cancels = table.engine.find("Collapsing") != std::string::npos || table.engine.starts_with("Graphite");
  if (transacted || cancels || !table.engine.ends_with("MergeTree")) return {};
  const bool merges = MergesRows(table.engine);
  const auto key = merges ? PlainColumns(table.sorting_key) : std::set<std::string>();
  ColumnTypes columns;
  for (const auto& [name, type] : table.columns) {
    if (!unsure.contains(name) && (!merges || key.contains(name))) columns.emplace(name, type);
  }
  return columns;
}

struct Look {
  uint64_t wanted = 0;  ///< rows that were looked for; 0: there is nothing to tell them by
  uint64_t found = 0;
};

Result<Look> LookFor(const RequestContext& context, Client& client, const Insert& insert, const Doubts& doubts) {
  auto table = doubts.table ? Result<TableFacts>(*doubts.table) : AskTable(context, client, insert);
  if (!table) return std::move(table).error();
  RowSample sample(insert, LastingColumns(*table, doubts.unsure));
  if (sample.Rows() == 0) return Look{};
  Query query{.sql = "SELECT " + sample.Found() + " AS `#1` FROM " + sql::QuoteIdentifier(DatabaseOf(client, insert)) +
                     "." + sql::QuoteIdentifier(insert.table) + " WHERE " + sample.Condition()};
  query.parameters = sample.Take();
  auto rows = client.Read(context, query);
  if (!rows) return std::move(rows).error();
  const Json found = rows->Parsed().at(0).at(0);
  return Look{sample.Rows(), found.is_string() ? std::stoull(found.get<std::string>()) : found.get<uint64_t>()};
}

std::string Seen(const Look& look) {
  return "of " + std::to_string(look.wanted) + " rows that were looked for, " + std::to_string(look.found) +
         " are there";
}

Result<Written> WriteAgain(const RequestContext& context, Client& client, const Insert& insert, const Doubts& doubts) {
  log::Warning(doubts.name + ": the database knew its token, and not its rows; they are inserted again");
  Insert again = insert;
  again.deduplication_token = Sha256Hex(insert.deduplication_token + "|again");
  again.repeated = false;
  auto written = client.Write(context, again);
  if (!written) return written;
  auto look = LookFor(context, client, insert, doubts);
  if (!look) return std::move(look).error();
  if (look->wanted > 0 && look->found == 0) {
    log::Warning(doubts.name +
                 ": its rows were inserted twice and are not to be seen: they may be missing. Does a TTL "
                 "delete them, or a row policy hide them from the account that reads?");
  }
  return written;
}

}  // namespace

Result<Written> WriteOnce(const RequestContext& context, Client& client, const Insert& insert, const Doubts& doubts) {
  auto written = client.Write(context, insert);
  if (!written || !(written->repeated || doubts.in_doubt)) return written;
  auto look = LookFor(context, client, insert, doubts);
  if (!look) return std::move(look).error();
  if (doubts.one_partition) {
    const bool lost = look->wanted > 0 && look->found == 0;
    return lost ? WriteAgain(context, client, insert, doubts) : written;
  }
  if (look->found < look->wanted) {
    log::Warning(doubts.name + ": its rows go to several partitions, and some may be missing: " + Seen(*look) +
                 ". Compare them with the table, and insert what is missing by hand");
  }
  return written;
}

}  // namespace chimera::clickhouse
