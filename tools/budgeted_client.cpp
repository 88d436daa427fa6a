#include "tools/budgeted_client.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/text.h"
#include "sql/lexer.h"

namespace chimera::tools {
namespace {

constexpr int kTooManyRows = 158;
constexpr size_t kMostNamed = 3;

/// Whether the statement can be estimated, and whether it may end before all rows are read.
struct Shape {
  bool selects = false;
  bool has_limit = false;
};

Shape ShapeOf(const std::string& sql) {
  const auto tokens = sql::Tokenize(sql);
  if (!tokens) return {};
  const auto first =
      std::find_if(tokens->begin(), tokens->end(), [](const auto& token) { return !token.IsPunctuation("("); });
  if (first == tokens->end()) return {};
  return {first->Is("SELECT") || first->Is("WITH") || first->Is("FROM"),
          std::any_of(tokens->begin(), tokens->end(), [](const auto& token) { return token.Is("LIMIT"); })};
}

/// A 64-bit number as rows hold it: in quotes, or without where the account may not ask for them.
uint64_t Number(const Json& cell) {
  return std::strtoull((cell.is_string() ? cell.get<std::string>() : ToText(cell)).c_str(), nullptr, 10);
}

/// "1,234,567"
std::string Grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) text.insert(static_cast<size_t>(at), ",");
  return text;
}

std::string Plural(uint64_t number, const std::string& noun) {
  return Grouped(number) + " " + noun + (number == 1 ? "" : "s");
}

}  // namespace

Result<clickhouse::Rows> BudgetedClient::Read(const RequestContext& context, const clickhouse::Query& query) {
  const Shape shape = ShapeOf(query.sql);
  if (context.may_exceed_budget || !shape.selects) return inner_.Read(context, query);
  const Estimate estimate = Estimated(context, query);
  if (estimate.rows <= budget_) return inner_.Read(context, query);
  if (shape.has_limit && CanBound(context)) {
    auto rows = inner_.Read(context, Bounded(query, "throw"));
    if (rows || rows.error().database_code != kTooManyRows) return rows;
  }
  return OverBudget(context, estimate);
}

BudgetedClient::Estimate BudgetedClient::Estimated(const RequestContext& context,
                                                   const clickhouse::Query& query) const {
  // `break`: subqueries that are run for the plan end above the budget, the tables' estimates stay whole.
  clickhouse::Query explain = Bounded(query, "break");
  explain.sql = "EXPLAIN ESTIMATE " + query.sql;
  RequestContext quiet = context;
  quiet.on_progress = {};
  Estimate estimate;
  const auto answer = inner_.Read(quiet, explain);
  if (!answer) return estimate;
  for (const Json& row : answer->Parsed()) {
    if (!row.is_array() || row.size() < 4 || !row[0].is_string() || !row[1].is_string()) continue;
    estimate.tables.push_back({row[0], row[1], Number(row[2]), Number(row[3])});
    estimate.rows += estimate.tables.back().rows;
  }
  std::sort(estimate.tables.begin(), estimate.tables.end(),
            [](const auto& a, const auto& b) { return a.rows > b.rows; });
  // The rows of the estimate itself count as read, too.
  estimate.subqueries = answer->statistics.rows_read - std::min(answer->statistics.rows_read, answer->row_count);
  estimate.rows += estimate.subqueries;
  return estimate;
}

clickhouse::Query BudgetedClient::Bounded(clickhouse::Query query, std::string_view overflow_mode) const {
  query.settings.push_back({"max_rows_to_read", std::to_string(budget_)});
  query.settings.push_back({"read_overflow_mode", std::string(overflow_mode)});
  return query;
}

bool BudgetedClient::CanBound(const RequestContext& context) const {
  clickhouse::Query question;
  question.sql = "SELECT getSetting('max_rows_to_read'), getSetting('read_overflow_mode')";
  const auto answer = inner_.Read(context, Bounded(std::move(question), "throw"));
  if (!answer || answer->row_count != 1) return false;
  const Json row = answer->Parsed()[0];
  const uint64_t limit = Number(row[0]);
  return limit > 0 && limit <= budget_ && row[1] == "throw";
}

Error BudgetedClient::OverBudget(const RequestContext& context, const Estimate& estimate) const {
  std::vector<std::string> reads;
  for (const TableRead& read : estimate.tables) {
    if (reads.size() == kMostNamed) break;
    reads.push_back(Plural(read.rows, "row") + " in " + Plural(read.parts, "part") + " of " + read.database + "." +
                    read.table);
  }
  if (estimate.tables.size() > kMostNamed) reads.push_back("more in other tables");
  if (estimate.subqueries > 0)
    reads.push_back("at least " + Plural(estimate.subqueries, "row") + " for its subqueries");
  return MakeError(ErrorCode::kOverBudget,
                   "the statement would read about " + Plural(estimate.rows, "row") + " (" + Join(reads, ", ") +
                       "); the read budget is " + Plural(budget_, "row"),
                   Advice(context, estimate));
}

std::string BudgetedClient::Advice(const RequestContext& context, const Estimate& estimate) const {
  std::string advice = "restrict the time range, or other columns that the table is partitioned or sorted by";
  if (!estimate.tables.empty()) {
    const TableRead& largest = estimate.tables.front();
    const auto table = catalog_.Find(context, largest.database + "." + largest.table);
    if (table && !(*table)->sorting_key.empty()) {
      const std::string& partition = (*table)->partition_key;
      advice += ": " + (*table)->FullName() + " is sorted by (" + (*table)->sorting_key + ")" +
                (partition.empty() ? "" : " and partitioned by " + partition);
    }
  }
  return advice + ". The operator sets the budget (CHIMERA_READ_BUDGET_ROWS).";
}

}  // namespace chimera::tools
