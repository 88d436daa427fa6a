#include "ingest/comparison.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "ingest/row_shape.h"
#include "sql/lexer.h"

namespace chimera::ingest {
namespace {

constexpr uint64_t kMostRows = 1'000'000;
constexpr uint64_t kMostBytes = 64'000'000;

constexpr char kTable[] =
    "SELECT engine, partition_key FROM system.tables WHERE database = {database:String} AND name = {table:String}";
constexpr char kColumns[] =
    "SELECT name, type, default_kind = 'DEFAULT' ? default_expression : '' FROM system.columns "
    "WHERE database = {database:String} AND table = {table:String} AND default_kind IN ('', 'DEFAULT')";
constexpr char kBehind[] =
    "SELECT DISTINCT partition FROM ingest_manifests WHERE table_name = {table:String} "
    "AND last_position > fromUnixTimestamp64Micro({until:Int64}, 'UTC')";

struct Column {
  std::string type;
  bool own = false;  ///< each database has values of its own in it
};

struct Live {
  bool there = false;
  std::string engine;
  std::string partition_key;
  std::map<std::string, Column> columns;
};

struct Sum {
  uint64_t rows = 0;
  std::string checksum;
  bool operator==(const Sum&) const = default;
};
using Sums = std::map<std::string, Sum>;

Result<Json> Ask(const RequestContext& context, clickhouse::Client& client, const TableToCompare& what,
                 const std::string& sql, Position until = 0) {
  clickhouse::Query query{.sql = sql, .database = what.database};
  query.parameters = {{"database", what.database}, {"table", what.table}, {"until", std::to_string(until)}};
  query.max_rows = kMostRows;
  query.max_bytes = kMostBytes;
  auto rows = client.Read(context, query);
  if (!rows) return std::move(rows).error();
  if (!rows->truncated) return rows->Parsed();
  return MakeError(ErrorCode::kTooLarge, what.database + "." + what.table + " has too many days to compare");
}

/// Its default is another value in each database that fills it.
bool IsOwn(const std::string& name, const std::string& fallback) {
  constexpr std::array kOwn = {"now(", "now64(",   "today(",    "yesterday(",
                               "rand", "generate", "hostName(", "serverUUID("};
  return name == kPositionColumn || std::any_of(kOwn.begin(), kOwn.end(), [&](const char* function) {
           return fallback.find(function) != std::string::npos;
         });
}

Result<Live> Look(const RequestContext& context, clickhouse::Client& client, const TableToCompare& what) {
  Live live;
  auto table = Ask(context, client, what, kTable);
  if (!table) return std::move(table).error();
  if (table->empty()) return live;
  live.there = true;
  live.engine = table->at(0).at(0).get<std::string>();
  live.partition_key = table->at(0).at(1).get<std::string>();
  auto columns = Ask(context, client, what, kColumns);
  if (!columns) return std::move(columns).error();
  for (const Json& row : *columns) {
    const auto name = row.at(0).get<std::string>();
    const auto type = row.at(1).get<std::string>();
    const bool state = type.starts_with("AggregateFunction");  // has no text
    live.columns[name] = {type, state || IsOwn(name, row.at(2).get<std::string>())};
  }
  return live;
}

void CompareColumns(const Live& main, const Live& mirror, TableComparison& compared) {
  for (const auto& [name, column] : main.columns) {
    const auto other = mirror.columns.find(name);
    if (other == mirror.columns.end()) {
      compared.only_main.push_back(name);
    } else if (column.own || other->second.own) {
      compared.left_out.push_back(name);
    } else if (column.type != other->second.type) {
      compared.types.push_back({name, column.type, other->second.type});
    }
  }
  for (const auto& [name, column] : mirror.columns) {
    if (!main.columns.contains(name)) compared.only_mirror.push_back(name);
  }
}

bool IsTime(std::string_view type) {
  for (const std::string_view wrapper : {"LowCardinality(", "Nullable("}) {
    if (type.starts_with(wrapper)) type.remove_prefix(wrapper.size());
  }
  return type.starts_with("DateTime");
}

std::string DayOf(const Live& live, const std::string& column) {
  const auto known = live.columns.find(column);
  const bool time = known != live.columns.end() && IsTime(known->second.type);
  return "toDate(" + sql::QuoteIdentifier(column) + (time ? ", 'UTC')" : ")");
}

/// One text that says all values of a row, whatever the version of the server and its time zone.
std::string RowText(const Live& live, const Live& other) {
  std::string values;
  for (const auto& [name, column] : live.columns) {
    const auto twin = other.columns.find(name);
    if (twin == other.columns.end() || column.own || twin->second.own) continue;
    values += (values.empty() ? "" : ", ") + ("toString(" + sql::QuoteIdentifier(name)) +
              (IsTime(column.type) ? ", 'UTC')" : ")");
  }
  return "toString([" + values + "])";
}

/// What `toDate(ts)` is made of; empty for another key.
std::string PartitionColumn(const std::string& key) {
  constexpr std::string_view kDay = "toDate(";
  if (!key.starts_with(kDay) || !key.ends_with(")")) return {};
  const std::string column = key.substr(kDay.size(), key.size() - kDay.size() - 1);
  return column.find_first_of("(), ") == std::string::npos ? column : "";
}

/// Rows that a merge will join are counted as if that had happened: it happens at different times.
bool IsMerging(const std::string& engine) {
  constexpr std::array kMerging = {"Replacing", "Summing", "Collapsing", "Aggregating", "Coalescing"};
  return std::any_of(kMerging.begin(), kMerging.end(),
                     [&](const char* word) { return engine.find(word) != std::string::npos; });
}

Result<Sums> SumUp(const RequestContext& context, clickhouse::Client& client, const TableToCompare& what,
                   const Live& live, const std::string& row_text) {
  const std::string& column = what.day_column;
  const bool since = !what.since.empty() && !what.time_column.empty();
  const std::string sql =
      "SELECT " + (column.empty() ? "''" : "ifNull(toString(" + DayOf(live, column) + "), 'no day')") +
      " AS chimera_day, toString(count()), toString(sum(sipHash64(" + row_text + "))) FROM " +
      sql::QuoteIdentifier(what.table) + (IsMerging(live.engine) ? " FINAL" : "") +
      (since ? " WHERE " + DayOf(live, what.time_column) + " > toDate(" + sql::QuoteString(what.since) + ")" : "") +
      " GROUP BY chimera_day";
  auto rows = Ask(context, client, what, sql);
  if (!rows) return std::move(rows).error();
  Sums sums;
  for (const Json& row : *rows) {
    sums[row.at(0).get<std::string>()] = {std::stoull(row.at(1).get<std::string>()), row.at(2).get<std::string>()};
  }
  return sums;
}

void CompareSums(Sums main, Sums mirror, TableComparison& compared) {
  for (const auto& [day, sum] : main) mirror.try_emplace(day);
  for (const auto& [day, sum] : mirror) {
    const Sum& own = main[day];
    compared.rows += own.rows;
    compared.mirror_rows += sum.rows;
    if (own != sum) compared.days.push_back({day, own.rows, sum.rows});
  }
}

}  // namespace

Result<TableComparison> CompareTable(const RequestContext& context, clickhouse::Client& main,
                                     clickhouse::Client& mirror, const TableToCompare& what) {
  auto here = Look(context, main, what);
  if (!here) return std::move(here).error();
  auto there = Look(context, mirror, what);
  if (!there) return std::move(there).error();
  TableComparison compared;
  compared.what = what;
  compared.presence = here->there ? (there->there ? Presence::kBoth : Presence::kMain)
                                  : (there->there ? Presence::kMirror : Presence::kNeither);
  if (compared.presence != Presence::kBoth) return compared;
  CompareColumns(*here, *there, compared);
  TableToCompare same = what;  // one day for both, whatever the mirror's partitions are
  if (same.day_column.empty()) same.day_column = PartitionColumn(here->partition_key);
  auto own = SumUp(context, main, same, *here, RowText(*here, *there));
  if (!own) return std::move(own).error();
  auto other = SumUp(context, mirror, same, *there, RowText(*there, *here));
  if (!other) return std::move(other).error();
  CompareSums(*std::move(own), *std::move(other), compared);
  return compared;
}

Result<std::set<std::string>> DaysStoredBehind(const RequestContext& context, clickhouse::Client& client,
                                               const TableToCompare& what, Position until) {
  auto rows = Ask(context, client, what, kBehind, until);
  if (!rows && rows.error().code == ErrorCode::kUnknownTable) return std::set<std::string>();
  if (!rows) return std::move(rows).error();
  std::set<std::string> days;
  for (const Json& row : *rows) days.insert(row.at(0).get<std::string>());
  return days;
}

void SetAside(const std::set<std::string>& written, TableComparison& compared) {
  std::vector<DayDifference> settled;
  for (DayDifference& day : compared.days) {
    const bool whole = day.day.empty() && !written.empty();
    if (whole || written.contains(day.day) || written.contains("")) {
      compared.being_written.push_back(day.day);
    } else {
      settled.push_back(std::move(day));
    }
  }
  compared.days = std::move(settled);
}

}  // namespace chimera::ingest
