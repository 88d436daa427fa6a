#include "tools/stored_rows.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <set>
#include <vector>

#include "base/text.h"
#include "clickhouse/deduplication.h"
#include "sql/lexer.h"
#include "tools/time_value.h"

namespace chimera::tools {
namespace {

namespace ondemand = simdjson::ondemand;
using Texts = std::vector<std::string>;

constexpr uint64_t kSampledRows = 4;
constexpr size_t kMaxComparedBytes = 100;  // parameters travel in the URL

// Up to four lines of the body, the first and the last among them.
Texts SampledLines(const RowGroup& group) {
  std::set<uint64_t> wanted;
  for (uint64_t i = 0; i < kSampledRows; ++i) wanted.insert(i * (group.rows - 1) / (kSampledRows - 1));
  Texts lines;
  size_t begin = 0;
  for (uint64_t row = 0; row < group.rows; ++row) {
    const size_t end = group.body.find('\n', begin);
    if (wanted.contains(row)) lines.push_back(group.body.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

Instant FromTicks(int64_t ticks, int scale) {
  for (int digits = scale; digits < 9; ++digits) ticks *= 10;
  return Instant(std::chrono::nanoseconds(ticks));
}

// A stored value as the text of a parameter: strings without quotes, counted times as ClickHouse writes them.
std::string ParameterText(const ColumnType& type, ondemand::value value) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) return std::string(text);
  text = Trim(value.raw_json_token());
  if (type.kind != TypeKind::kTime) return std::string(text);
  int64_t ticks = 0;
  std::from_chars(text.data(), text.data() + text.size(), ticks);
  return PlainTime(FromTicks(ticks, type.scale), type.scale);
}

// The values of a canonical row, by column; empty when it cannot be read, which would be a bug of ours.
Texts ParameterTexts(const InsertRules& rules, const std::string& line) {
  const simdjson::padded_string padded(line);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object row;
  if (parser.iterate(padded).get(document) || document.get_object().get(row)) return {};
  Texts texts;
  for (auto field : row) {
    std::string_view name;
    ondemand::value value;
    if (field.unescaped_key().get(name) || field.value().get(value)) return {};
    while (texts.size() + 1 < rules.names.size() && rules.names[texts.size()] != name)
      texts.emplace_back();  // computed
    texts.push_back(ParameterText(rules.columns[texts.size()].type, value));
  }
  return texts;
}

// Distinct rows, reduced to the columns that can be compared.
struct Sample {
  std::vector<size_t> columns;
  std::set<Texts> rows;
};

std::vector<size_t> ComparableColumns(const InsertRules& rules, const RowGroup& group, const std::vector<Texts>& rows) {
  std::set<size_t> filled;
  for (const NowSlot& slot : group.now_slots) filled.insert(slot.column);
  std::vector<size_t> columns;
  for (size_t i = 0; i < rules.columns.size(); ++i) {
    const bool is_short = std::all_of(rows.begin(), rows.end(), [i](const Texts& row) {
      return i < row.size() && row[i].size() <= kMaxComparedBytes;
    });
    const ColumnRule& rule = rules.columns[i];
    if (is_short && !filled.contains(i) && !rule.type.nullable && !rule.column.computed) columns.push_back(i);
  }
  return columns;
}

Sample TakeSample(const InsertRules& rules, const RowGroup& group) {
  std::vector<Texts> rows;
  for (const auto& line : SampledLines(group)) rows.push_back(ParameterTexts(rules, line));
  Sample sample{.columns = ComparableColumns(rules, group, rows), .rows = {}};
  for (const auto& row : rows) {
    Texts kept;
    for (const size_t column : sample.columns) kept.push_back(row[column]);
    sample.rows.insert(std::move(kept));
  }
  return sample;
}

std::string PlaceholderType(const ColumnType& type) {
  if (type.kind != TypeKind::kTime) return type.plain;
  return type.bits == 32 ? "DateTime('UTC')" : "DateTime64(" + std::to_string(type.scale) + ", 'UTC')";
}

std::string Tuple(const Texts& parts) {
  return "(" + Join(parts, ", ") + ")";
}

// Adds a parameter and returns its placeholder.
std::string Bind(clickhouse::Query& query, const std::string& type, std::string value) {
  const std::string name = "p" + std::to_string(query.parameters.size());
  query.parameters.push_back({.name = name, .value = std::move(value), .is_null = false});
  return "{" + name + ":" + type + "}";
}

std::string SampleCondition(clickhouse::Query& query, const InsertRules& rules, const Sample& sample,
                            const Texts& names) {
  Texts tuples;
  for (const auto& row : sample.rows) {
    Texts values;
    for (size_t i = 0; i < row.size(); ++i) {
      values.push_back(Bind(query, PlaceholderType(rules.columns[sample.columns[i]].type), row[i]));
    }
    tuples.push_back(Tuple(values));
  }
  return Tuple(names) + " IN " + Tuple(tuples);
}

// Which rows of a sample are stored: how many distinct ones, the newest partition time, the table's engine.
clickhouse::Query SampleQuery(const InsertTarget& target, const Sample& sample, std::optional<int64_t> day,
                              std::optional<Instant> since) {
  const InsertRules& rules = target.rules;
  Texts names;
  for (const size_t column : sample.columns) names.push_back(sql::QuoteIdentifier(rules.names[column]));
  const std::string time = rules.partition ? sql::QuoteIdentifier(rules.names[*rules.partition]) : "NULL";

  clickhouse::Query query;
  std::string where = SampleCondition(query, rules, sample, names);
  if (day) where += " AND toDate(" + time + ") = " + Bind(query, "Date", FormatDay(*day));
  if (since) where += " AND " + time + " >= " + Bind(query, "DateTime64(3, 'UTC')", PlainTime(*since, 3));
  const std::string database = Bind(query, "String", target.database);
  const std::string table = Bind(query, "String", target.table);
  query.sql = "SELECT uniqExact" + Tuple(names) + ", max(" + time +
              "), (SELECT any(engine) FROM system.tables WHERE database = " + database + " AND name = " + table +
              ") FROM " + sql::QuoteIdentifier(target.database) + "." + sql::QuoteIdentifier(target.table) + " WHERE " +
              where;
  return query;
}

struct Match {
  uint64_t rows = 0;
  std::string latest;
  std::string engine;
};

Result<Match> Find(const RequestContext& context, const InsertTarget& target, const Sample& sample,
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

}  // namespace

Result<bool> HoldsRows(const RequestContext& context, const InsertTarget& target, const RowGroup& group,
                       std::optional<int64_t> day) {
  const Sample sample = TakeSample(target.rules, group);
  if (sample.columns.empty()) return true;  // nothing to tell the rows by
  auto match = Find(context, target, sample, day, std::nullopt);
  if (!match) return std::move(match).error();
  const uint64_t needed = clickhouse::MergesRows(match->engine) ? 1 : sample.rows.size();
  return match->rows >= needed;
}

Result<std::optional<Instant>> LatestTime(const RequestContext& context, const InsertTarget& target,
                                          const RowGroup& group, Instant since) {
  const Sample sample = TakeSample(target.rules, group);
  if (sample.columns.empty()) return std::optional<Instant>();
  const auto day = std::chrono::floor<std::chrono::days>(since).time_since_epoch().count();
  const bool is_date = target.rules.columns[*target.rules.partition].type.kind == TypeKind::kDate;
  auto match = Find(context, target, sample, day, is_date ? std::nullopt : std::optional(since));
  if (!match) return std::move(match).error();
  const auto time = match->rows > 0 ? ParseTime(match->latest) : std::nullopt;
  return time ? std::optional(time->at) : std::nullopt;
}

}  // namespace chimera::tools
