#include "timestore/declared_read.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "sql/lexer.h"

namespace chimera::timestore {
namespace {

class DeclaredRead {
 public:
  DeclaredRead(const RequestContext& context, const ReadSources& sources, const schema::Dataset& dataset,
               const ReadRequest& request, const tools::Table& table, const std::string& time)
      : context_(context), sources_(sources), dataset_(dataset), request_(request), table_(table), time_(time) {}

  Result<ReadOutcome> Run() {
    clickhouse::Query query;
    if (Status compiled = Compile(query); !compiled) return std::move(compiled).error();
    auto freshness = MakeFresh(context_, sources_.buffer, {dataset_.name, table_.database, table_.name},
                               request_.demand, true, sources_.wait);
    if (!freshness) return std::move(freshness).error();
    outcome_.freshness = *std::move(freshness);
    auto rows = sources_.reader.Read(context_, query);
    if (!rows) return std::move(rows).error();
    outcome_.columns = rows->columns;
    outcome_.rows_json = std::move(rows->rows_json);
    outcome_.rows = rows->row_count;
    outcome_.truncated = rows->truncated;
    outcome_.notes.insert(outcome_.notes.end(), rows->notes.begin(), rows->notes.end());
    if (outcome_.rows == 0 && !outcome_.truncated) {
      outcome_.newest = tools::NewestRow(context_, sources_.client, table_, *table_.Find(time_));
    }
    return std::move(outcome_);
  }

 private:
  Status Compile(clickhouse::Query& query) {
    tools::Problems problems;
    tools::Bindings bindings;
    tools::TableQuery parts(table_, bindings, problems);
    std::vector<std::string> columns;
    const auto fields = request_.columns.empty() ? Fields() : request_.columns;
    for (size_t i = 0; i < fields.size(); ++i) {
      columns.push_back(parts.Column(fields[i], "columns[" + std::to_string(i) + "]"));
    }
    parts.Filter({{"filters", request_.filters}});
    parts.Restrict(*table_.Find(time_), request_.window);
    if (!problems.Empty()) return problems.ToError(kReadTool);
    query.sql = "SELECT " + Join(columns, ", ") + "\nFROM " + parts.From() + parts.Where() + "\nORDER BY t." +
                sql::QuoteIdentifier(time_) + (request_.descending ? " DESC" : "") + "\nLIMIT " +
                std::to_string(request_.limit + 1);
    query.parameters = bindings.Parameters();
    query.database = table_.database;
    query.max_rows = request_.limit;
    query.max_bytes = kMaxReadBytes;
    return Ok();
  }

  std::vector<std::string> Fields() {
    std::vector<std::string> names;
    std::vector<std::string> hidden;
    for (const auto& column : table_.columns) (column.is_protected ? hidden : names).push_back(column.name);
    if (!hidden.empty()) outcome_.notes.push_back("left out, as their values are protected: " + Join(hidden, ", "));
    return names;
  }

  const RequestContext& context_;
  const ReadSources& sources_;
  const schema::Dataset& dataset_;
  const ReadRequest& request_;
  const tools::Table& table_;
  const std::string& time_;
  ReadOutcome outcome_;
};

Error WithoutTime(const schema::Dataset& dataset, const std::string& table) {
  return MakeError(ErrorCode::kInvalidArgument,
                   dataset.name + "/" + table + " has no time column to read it by, as far as dataset.json says",
                   "use `query` with SELECT … FROM " + dataset.database + "." + table);
}

}  // namespace

std::vector<std::string> TablesOf(const schema::Dataset& dataset) {
  std::set<std::string> names;
  for (const auto& insert : dataset.inserts) names.insert(insert.table);
  for (const auto& table : dataset.tables) names.insert(table.name);
  return {names.begin(), names.end()};
}

Error NoSuchTable(const schema::Dataset& dataset, const std::string& table) {
  const auto tables = TablesOf(dataset);
  const std::string near = DidYouMean(table, tables);
  return MakeError(ErrorCode::kUnknownTable, "the dataset " + dataset.name + " declares no table `" + table + "`",
                   near.empty() ? "it has " + (tables.empty() ? "none" : Join(tables, ", ")) : near);
}

const schema::TableExpectation* TimedTable(const schema::Dataset& dataset, const std::string& table) {
  const auto found = std::find_if(dataset.tables.begin(), dataset.tables.end(),
                                  [&](const auto& one) { return one.name == table && !one.time.empty(); });
  return found == dataset.tables.end() ? nullptr : &*found;
}

Result<ReadOutcome> ReadDeclared(const RequestContext& context, const ReadSources& sources, tools::Catalog& catalog,
                                 const schema::Dataset& dataset, const ReadRequest& request) {
  const auto tables = TablesOf(dataset);
  if (std::find(tables.begin(), tables.end(), request.name.table) == tables.end()) {
    return NoSuchTable(dataset, request.name.table);
  }
  const schema::TableExpectation* timed = TimedTable(dataset, request.name.table);
  if (timed == nullptr) return WithoutTime(dataset, request.name.table);
  const auto table = catalog.Find(context, dataset.database + "." + timed->name);
  if (!table) return table.error();
  if ((*table)->Find(timed->time) == nullptr) return WithoutTime(dataset, timed->name);
  return DeclaredRead(context, sources, dataset, request, **table, timed->time).Run();
}

}  // namespace chimera::timestore
