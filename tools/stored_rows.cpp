#include "tools/stored_rows.h"

#include <charconv>
#include <chrono>
#include <set>

#include "base/text.h"
#include "clickhouse/deduplication.h"
#include "clickhouse/row_sample.h"
#include "sql/lexer.h"
#include "tools/time_value.h"

namespace chimera::tools {
namespace {

/// The columns that every repeat of the call fills alike.
clickhouse::ColumnTypes ComparedColumns(const InsertRules& rules, const RowGroup& group) {
  std::set<size_t> filled;
  for (const NowSlot& slot : group.now_slots) filled.insert(slot.column);
  clickhouse::ColumnTypes columns;
  for (size_t i = 0; i < rules.columns.size(); ++i) {
    if (filled.contains(i) || rules.columns[i].column.computed) continue;
    columns.emplace(rules.names[i], rules.columns[i].type.plain);
  }
  return columns;
}

/// How many of the sample are stored, the newest partition time, the table's engine. Named briefly, and as no column
/// is: the answer may have to come over connections that break.
clickhouse::Query SampleQuery(const InsertTarget& target, clickhouse::RowSample& sample, std::optional<int64_t> day,
                              std::optional<Instant> since) {
  const InsertRules& rules = target.rules;
  const std::string time = rules.partition ? sql::QuoteIdentifier(rules.names[*rules.partition]) : "NULL";
  std::string where = sample.Condition();
  if (day) where += " AND toDate(" + time + ") = " + sample.Bind("Date", FormatDay(*day));
  if (since) where += " AND " + time + " >= " + sample.Bind("DateTime64(3, 'UTC')", PlainTime(*since, 3));
  const std::string database = sample.Bind("String", target.database);
  const std::string table = sample.Bind("String", target.table);
  clickhouse::Query query;
  query.sql = "SELECT " + sample.Found() + " AS `#1`, max(" + time +
              ") AS `#2`, (SELECT any(engine) FROM system.tables WHERE database = " + database +
              " AND name = " + table + ") AS `#3` FROM " + sql::QuoteIdentifier(target.database) + "." +
              sql::QuoteIdentifier(target.table) + " WHERE " + where;
  query.parameters = sample.Take();
  return query;
}

struct Match {
  uint64_t rows = 0;
  std::string latest;
  std::string engine;
};

Result<Match> Find(const RequestContext& context, const InsertTarget& target, clickhouse::RowSample& sample,
                   std::optional<int64_t> day, std::optional<Instant> since) {
  auto answer = target.client.Read(context, SampleQuery(target, sample, day, since));
  if (!answer) return std::move(answer).error();
  const Json rows = answer->Parsed();
  Match match;
  if (rows.empty() || rows[0].size() != 3) return match;
  const auto text = [&](size_t i) {
    return rows[0][i].is_string() ? rows[0][i].get<std::string>() : ToText(rows[0][i]);
  };
  const std::string count = text(0);
  std::from_chars(count.data(), count.data() + count.size(), match.rows);
  match.latest = text(1);
  match.engine = text(2);
  return match;
}

clickhouse::RowSample TakeSample(const InsertTarget& target, const RowGroup& group) {
  const clickhouse::Insert insert{.database = target.database,
                                  .table = target.table,
                                  .columns = target.rules.names,
                                  .body = group.body,
                                  .deduplication_token = {}};
  return clickhouse::RowSample(insert, ComparedColumns(target.rules, group));
}

}  // namespace

Result<bool> HoldsRows(const RequestContext& context, const InsertTarget& target, const RowGroup& group,
                       std::optional<int64_t> day) {
  clickhouse::RowSample sample = TakeSample(target, group);
  const size_t wanted = sample.Rows();
  if (wanted == 0) return true;  // nothing to tell the rows by
  auto match = Find(context, target, sample, day, std::nullopt);
  if (!match) return std::move(match).error();
  return match->rows >= (clickhouse::MergesRows(match->engine) ? 1 : wanted);
}

Result<std::optional<Instant>> LatestTime(const RequestContext& context, const InsertTarget& target,
                                          const RowGroup& group, Instant since) {
  clickhouse::RowSample sample = TakeSample(target, group);
  if (sample.Rows() == 0) return std::optional<Instant>();
  const auto day = std::chrono::floor<std::chrono::days>(since).time_since_epoch().count();
  const bool is_date = target.rules.columns[*target.rules.partition].type.kind == TypeKind::kDate;
  auto match = Find(context, target, sample, day, is_date ? std::nullopt : std::optional(since));
  if (!match) return std::move(match).error();
  const auto time = match->rows > 0 ? ParseTime(match->latest) : std::nullopt;
  return time ? std::optional(time->at) : std::nullopt;
}

}  // namespace chimera::tools
