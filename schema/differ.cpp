#include "schema/differ.h"

#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "schema/migrator.h"
#include "schema/own_tables.h"
#include "schema/read_all.h"
#include "schema/retention.h"
#include "schema/scratch_database.h"

namespace chimera::schema {
namespace {

// How ClickHouse describes the tables of a database, one property a row. The tables inside of views have names of their
// own on each side. Database names are taken out of the queries of views.
constexpr char kTableFacts[] = R"(
SELECT name, '', fact.1, fact.2 FROM system.tables
ARRAY JOIN [('engine', replaceRegexpOne(engine, '^(Replicated|Shared)', '')), ('order by', sorting_key),
            ('primary key', primary_key), ('partition by', partition_key), ('sample by', sampling_key),
            ('ttl', extract(engine_full, ' TTL (.*?)(?: SETTINGS |$)')),
            ('settings', extract(engine_full, ' SETTINGS (.*)$')), ('comment', comment),
            ('query', replaceAll(as_select, concat({database:String}, '.'), ''))] AS fact
WHERE database = {database:String} AND NOT startsWith(name, '.inner')
UNION ALL
SELECT table, concat('column ', name), fact.1, fact.2 FROM system.columns
ARRAY JOIN [('type', type), ('default', concat(default_kind, ' ', default_expression)), ('codec', compression_codec),
            ('comment', comment)] AS fact
WHERE database = {database:String} AND NOT startsWith(table, '.inner')
UNION ALL
SELECT table, concat('index ', name), fact.1, fact.2 FROM system.data_skipping_indices
ARRAY JOIN [('type', type), ('expression', expr), ('granularity', toString(granularity))] AS fact
WHERE database = {database:String})";

// A table of its own, because older servers do not have it.
constexpr char kProjectionFacts[] = R"(
SELECT table, concat('projection ', name), 'query', query FROM system.projections WHERE database = {database:String})";

using Part = std::pair<std::string, std::string>;                  // table, part
using Facts = std::map<Part, std::map<std::string, std::string>>;  // part → property → value

Status ReadInto(const RequestContext& context, clickhouse::Client& client, const std::string& database, const char* sql,
                Facts& facts) {
  const Result<Json> rows =
      ReadAll(context, client, {.sql = sql, .parameters = {{"database", database}}, .database = "system"});
  if (!rows) return rows.error();
  for (const Json& row : *rows) {
    facts[{row.at(0).get<std::string>(), row.at(1).get<std::string>()}][row.at(2).get<std::string>()] =
        Trim(row.at(3).get<std::string>());
  }
  return Ok();
}

Result<Facts> ReadFacts(const RequestContext& context, clickhouse::Client& client, const std::string& database) {
  Facts facts;
  if (Status status = ReadInto(context, client, database, kTableFacts, facts); !status) return status.error();
  const Status projections = ReadInto(context, client, database, kProjectionFacts, facts);
  if (!projections && projections.error().code != ErrorCode::kUnknownTable) return projections.error();
  return facts;
}

Result<Facts> ReadDeclared(const RequestContext& context, clickhouse::Client& client, const Dataset& dataset) {
  const ScratchDatabase scratch(client, "diff");
  Dataset fresh = dataset;
  fresh.database = scratch.Name();
  const Result<std::vector<int>> applied = ApplyMigrations(context, client, fresh);
  if (!applied) return applied.error();
  return ReadFacts(context, client, scratch.Name());
}

void CompareParts(const Facts& declared, const Facts& live, std::vector<Difference>& differences) {
  for (const auto& [part, properties] : declared) {
    const auto found = live.find(part);
    if (found == live.end()) {
      // Of a missing table, its columns are not worth a line each.
      const bool table_missing = !part.second.empty() && !live.contains({part.first, ""});
      if (!table_missing) differences.push_back({part.first, part.second, "", "declared", ""});
      continue;
    }
    for (const auto& [property, value] : properties) {
      const std::string& is = found->second.at(property);
      if (is != value) differences.push_back({part.first, part.second, property, value, is});
    }
  }
}

Comparison Compare(const Facts& declared, const Facts& live) {
  Comparison comparison;
  CompareParts(declared, live, comparison.differences);
  for (const auto& [part, properties] : live) {
    if (declared.contains(part)) continue;
    const bool known_table = declared.contains({part.first, ""});
    if (known_table) comparison.differences.push_back({part.first, part.second, "", "", "there"});
    if (!known_table && part.second.empty() && !IsOwnTable(part.first)) comparison.others.push_back(part.first);
  }
  return comparison;
}

/// What a cluster's tables would be on one server: the local ones under the declared names, without the Distributed
/// ones and without what names tables that do not exist there.
Facts OnOneServer(const Facts& live, const Layout& layout) {
  Facts facts;
  for (const auto& [part, properties] : live) {
    const auto table = live.find({part.first, ""});
    if (layout.sharded && table != live.end() && table->second.at("engine") == "Distributed") continue;
    std::string name = part.first;
    if (layout.sharded && name.ends_with(kLocalSuffix)) name.resize(name.size() - kLocalSuffix.size());
    facts[{std::move(name), part.second}] = properties;
  }
  return facts;
}

void ForgetLayout(Facts& facts, const Layout& layout) {
  constexpr std::string_view kPlain = "non_replicated_deduplication_window";
  for (auto& [part, properties] : facts) {
    if (layout.sharded && part.second.empty()) properties["query"].clear();
    const auto settings = properties.find("settings");
    if (settings == properties.end()) continue;
    const size_t at = settings->second.find(kPlain);
    if (at != std::string::npos) settings->second.erase(at, std::string_view("non_").size());
  }
}

std::string OrNone(const std::string& value) {
  return value.empty() ? "none" : value;
}

}  // namespace

std::string Describe(const Difference& difference) {
  const std::string where = difference.table + (difference.part.empty() ? "" : ", " + difference.part) + ": ";
  if (!difference.property.empty()) {
    return where + difference.property + " is " + OrNone(difference.live) + ", declared " + OrNone(difference.declared);
  }
  return where + (difference.live.empty() ? "missing" : "there, but not declared");
}

Result<Comparison> CompareSchema(const RequestContext& context, clickhouse::Client& client, const Dataset& dataset,
                                 const Layout& layout) {
  Result<Facts> declared = ReadDeclared(context, client, dataset);
  if (!declared) return declared.error();
  Result<Facts> live = ReadFacts(context, client, dataset.database);
  if (!live) return live.error();
  for (const TableExpectation& table : dataset.tables) {
    const auto facts = declared->find({table.name, ""});
    if (table.retention.Any() && facts != declared->end()) facts->second["ttl"] = TtlOf(table);
  }
  if (layout.cluster.empty()) return Compare(*declared, *live);
  Facts single = OnOneServer(*live, layout);
  ForgetLayout(*declared, layout);
  ForgetLayout(single, layout);
  return Compare(*declared, single);
}

}  // namespace chimera::schema
