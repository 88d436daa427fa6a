#include "clickhouse/deduplication.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <utility>

#include "sql/lexer.h"

namespace chimera::clickhouse {
namespace {

using Name = std::pair<std::string, std::string>;  // database and table

// Tables behind one insert; beyond that nobody is served by more questions.
constexpr size_t kMostTables = 32;

constexpr std::string_view kQuestion =
    "SELECT engine, engine_full, create_table_query, toString(uuid), dependencies_database, dependencies_table "
    "FROM system.tables WHERE database = {d:String} AND name = {t:String}";

bool StartsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// The number behind `name = ` in the settings of an engine.
std::optional<uint64_t> SettingOf(std::string_view engine_full, std::string_view name) {
  auto tokens = sql::Tokenize(engine_full);
  if (!tokens) return std::nullopt;
  for (size_t i = 0; i + 2 < tokens->size(); ++i) {
    const auto& value = (*tokens)[i + 2];
    bool matches = (*tokens)[i].text == name && (*tokens)[i + 1].IsPunctuation("=");
    if (matches && value.kind == sql::TokenKind::kNumber) return std::strtoull(value.text.data(), nullptr, 10);
  }
  return std::nullopt;
}

struct Table {
  std::string engine;
  std::string engine_full;
  std::string create;
  std::string uuid;
  std::vector<Name> views;  ///< that read what is inserted
};

Query QuestionFor(const Name& name) {
  Query query;
  query.sql = std::string(kQuestion);
  query.parameters = {{"d", name.first}, {"t", name.second}};
  query.max_rows = 1;
  query.max_bytes = 4 * 1024 * 1024;
  return query;
}

/// nullopt when the answer does not say it.
std::optional<Table> TableFrom(const Rows& rows) {
  Json parsed = rows.Parsed();
  if (!parsed.is_array() || parsed.size() != 1 || parsed[0].size() != 6) return std::nullopt;
  const Json& row = parsed[0];
  for (size_t i = 0; i < 4; ++i) {
    if (!row[i].is_string()) return std::nullopt;
  }
  if (!row[4].is_array() || !row[5].is_array() || row[4].size() != row[5].size()) return std::nullopt;
  Table table{
      row[0].get<std::string>(), row[1].get<std::string>(), row[2].get<std::string>(), row[3].get<std::string>(), {}};
  for (size_t i = 0; i < row[4].size(); ++i) table.views.emplace_back(row[4][i], row[5][i]);
  return table;
}

/// The table that a materialized view writes to: `TO database.table` in its definition, or an inner one.
std::optional<Name> TargetOf(const Name& view, const Table& table) {
  auto tokens = sql::Tokenize(table.create);
  if (!tokens) return std::nullopt;
  for (size_t i = 0; i + 1 < tokens->size() && !(*tokens)[i].Is("AS"); ++i) {
    if (!(*tokens)[i].Is("TO")) continue;
    bool qualified = i + 3 < tokens->size() && (*tokens)[i + 2].IsPunctuation(".");
    if (qualified) return Name{sql::Unquote((*tokens)[i + 1]), sql::Unquote((*tokens)[i + 3])};
    return Name{view.first, sql::Unquote((*tokens)[i + 1])};
  }
  bool has_uuid = table.uuid.find_first_not_of("0-") != std::string::npos;
  return Name{view.first, has_uuid ? ".inner_id." + table.uuid : ".inner." + view.second};
}

}  // namespace

Deduplication DeduplicationOf(std::string_view engine, std::string_view engine_full) {
  if (!EndsWith(engine, "MergeTree")) return Deduplication::kNone;
  if (StartsWith(engine, "Replicated") || StartsWith(engine, "Shared")) {
    return SettingOf(engine_full, "replicated_deduplication_window") == 0u ? Deduplication::kNone
                                                                           : Deduplication::kEverywhere;
  }
  return SettingOf(engine_full, "non_replicated_deduplication_window").value_or(0) > 0 ? Deduplication::kHere
                                                                                       : Deduplication::kNone;
}

Result<Deduplication> AskDeduplication(std::string_view database, std::string_view table,
                                       const std::function<Result<Rows>(const Query&)>& read) {
  auto weakest = Deduplication::kEverywhere;
  std::deque<Name> left = {{std::string(database), std::string(table)}};
  std::set<Name> seen;
  while (!left.empty()) {
    Name name = std::move(left.front());
    left.pop_front();
    if (!seen.insert(name).second) continue;
    if (seen.size() > kMostTables) return Deduplication::kNone;
    auto rows = read(QuestionFor(name));
    if (!rows) return std::move(rows).error();
    auto found = TableFrom(*rows);
    if (!found) return Deduplication::kNone;
    if (found->engine == "MaterializedView") {
      auto target = TargetOf(name, *found);
      if (!target) return Deduplication::kNone;
      left.push_back(*std::move(target));
    } else {
      weakest = std::min(weakest, DeduplicationOf(found->engine, found->engine_full));
      if (weakest == Deduplication::kNone) return weakest;
    }
    left.insert(left.end(), found->views.begin(), found->views.end());
  }
  return weakest;
}

bool MergesRows(std::string_view engine) {
  constexpr std::string_view kMerging[] = {"Replacing",   "Collapsing", "Summing",
                                           "Aggregating", "Coalescing", "Graphite"};
  return std::any_of(std::begin(kMerging), std::end(kMerging),
                     [&](std::string_view kind) { return engine.find(kind) != std::string_view::npos; });
}

}  // namespace chimera::clickhouse
