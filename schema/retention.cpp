#include "schema/retention.h"

#include <charconv>
#include <map>
#include <optional>

#include "base/text.h"
#include "schema/read_all.h"
#include "sql/lexer.h"

namespace chimera::schema {
namespace {

constexpr char kLiveTtls[] =
    "SELECT name, trim(extract(engine_full, ' TTL (.*?)(?: SETTINGS |$)')) FROM system.tables "
    "WHERE database = {database:String}";
constexpr int kMostDays = 36'500;

std::string Age(const TableExpectation& table, int days) {
  return "toDateTime(" + table.time + ") + toIntervalDay(" + std::to_string(days) + ")";
}

std::optional<int> Days(std::string_view text) {
  int days = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), days);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && days > 0 && days <= kMostDays ? std::optional(days) : std::nullopt;
}

Result<Json> Read(const RequestContext& context, clickhouse::Client& client, const Dataset& dataset,
                  const std::string& sql) {
  return ReadAll(context, client,
                 {.sql = sql, .parameters = {{"database", dataset.database}}, .database = dataset.database});
}

std::string StoredName(const TableExpectation& table, const Layout& layout) {
  return layout.sharded ? table.name + std::string(kLocalSuffix) : table.name;
}

Result<uint64_t> CountPast(const RequestContext& context, clickhouse::Client& client, const Dataset& dataset,
                           const TableExpectation& table) {
  if (table.retention.keep_days == 0) return 0;
  const Result<Json> rows = Read(context, client, dataset,
                                 "SELECT toFloat64(count()) FROM " + sql::QuoteIdentifier(table.name) +
                                     " WHERE toDateTime(" + sql::QuoteIdentifier(table.time) +
                                     ") < now() - toIntervalDay(" + std::to_string(table.retention.keep_days) + ")");
  if (!rows) return rows.error();
  return static_cast<uint64_t>(rows->at(0).at(0).get<double>());
}

std::string AlterSql(const TableExpectation& table, const Layout& layout) {
  // Parts are looked at when they are merged next: rewriting all of them at once is nothing to do in passing.
  return "ALTER TABLE " + sql::QuoteIdentifier(StoredName(table, layout)) + OnCluster(layout) + " MODIFY TTL " +
         TtlOf(table) + " SETTINGS materialize_ttl_after_modify = 0";
}

}  // namespace

std::string TtlOf(const TableExpectation& table) {
  const Retention& rule = table.retention;
  std::string ttl;
  if (rule.cold_after_days > 0) {
    ttl = Age(table, rule.cold_after_days) + " TO VOLUME " + sql::QuoteString(rule.volume);
  }
  if (rule.keep_days > 0) ttl += (ttl.empty() ? "" : ", ") + Age(table, rule.keep_days);
  return ttl;
}

Result<Retention> ParseRetention(std::string_view text) {
  const auto invalid = [&] {
    return MakeError(ErrorCode::kInvalidArgument, "\"" + std::string(text) + "\" is no retention",
                     "write 365 (days to keep), 30:cold (to the volume `cold` after 30 days), or 30:cold:365");
  };
  const size_t first = text.find(':');
  const auto days = Days(text.substr(0, first));
  if (!days) return invalid();
  if (first == std::string_view::npos) return Retention{*days, 0, ""};
  const size_t second = text.find(':', first + 1);
  Retention rule{0, *days, std::string(text.substr(first + 1, second == text.npos ? second : second - first - 1))};
  if (rule.volume.empty()) return invalid();
  if (second == std::string_view::npos) return rule;
  const auto keep = Days(text.substr(second + 1));
  if (!keep || *keep <= rule.cold_after_days) return invalid();
  rule.keep_days = *keep;
  return rule;
}

Status SetRetention(std::vector<Dataset>& datasets, std::string_view name, const Retention& retention) {
  for (Dataset& dataset : datasets) {
    for (TableExpectation& table : dataset.tables) {
      if (name != table.name && name != dataset.database + "." + table.name) continue;
      if (table.time.empty()) break;
      table.retention = retention;
      return Ok();
    }
  }
  return MakeError(ErrorCode::kInvalidArgument,
                   "there is no table " + std::string(name) + " with a time column to hold a retention against",
                   "name one that dataset.json lists under `tables`, with `time`");
}

Result<std::vector<RetentionState>> ReadRetention(const RequestContext& context, clickhouse::Client& client,
                                                  const Dataset& dataset, const Layout& layout) {
  const Result<Json> live = Read(context, client, dataset, kLiveTtls);
  if (!live) return live.error();
  std::map<std::string, std::string> ttls;
  for (const Json& row : *live) ttls[row.at(0).get<std::string>()] = row.at(1).get<std::string>();
  std::vector<RetentionState> states;
  for (const TableExpectation& table : dataset.tables) {
    const auto found = ttls.find(StoredName(table, layout));
    if (table.time.empty() || found == ttls.end()) continue;
    const Result<uint64_t> past = CountPast(context, client, dataset, table);
    if (!past) return past.error();
    states.push_back({table.name, TtlOf(table), found->second, *past});
  }
  return states;
}

Result<std::vector<std::string>> ApplyRetention(const RequestContext& context, clickhouse::Client& client,
                                                const Dataset& dataset, const Layout& layout) {
  const Result<std::vector<RetentionState>> states = ReadRetention(context, client, dataset, layout);
  if (!states) return states.error();
  std::vector<std::string> changed;
  for (const RetentionState& state : *states) {
    if (state.declared.empty() || state.declared == state.live) continue;
    for (const TableExpectation& table : dataset.tables) {
      if (table.name != state.table) continue;
      const Status altered = client.Execute(context, AlterSql(table, layout), dataset.database);
      if (!altered) return altered.error();
      changed.push_back(state.table);
    }
  }
  return changed;
}

}  // namespace chimera::schema
