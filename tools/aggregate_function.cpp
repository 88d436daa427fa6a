#include "tools/aggregate_function.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "tools/type_name.h"

namespace chimera::tools {
namespace {

enum class Needs { kNothing, kAnyColumn, kNumber };

struct Function {
  std::string_view name;
  Needs needs;
  std::string_view exact;  ///< "" for quantiles
  std::string_view approximate;
  double level = 0;  ///< of quantiles; 0: the caller's
};

constexpr std::array<Function, 14> kFunctions = {{
    {"count", Needs::kNothing, "count", "count"},
    {"sum", Needs::kNumber, "sum", "sum"},
    {"avg", Needs::kNumber, "avg", "avg"},
    {"min", Needs::kAnyColumn, "min", "min"},
    {"max", Needs::kAnyColumn, "max", "max"},
    {"uniq", Needs::kAnyColumn, "uniqExact", "uniq"},
    {"median", Needs::kNumber, "", "", 0.5},
    {"p50", Needs::kNumber, "", "", 0.5},
    {"p90", Needs::kNumber, "", "", 0.9},
    {"p95", Needs::kNumber, "", "", 0.95},
    {"p99", Needs::kNumber, "", "", 0.99},
    {"quantile", Needs::kNumber, "", ""},
    {"stddev", Needs::kNumber, "stddevSampStable", "stddevSampStable"},
    {"variance", Needs::kNumber, "varSampStable", "varSampStable"},
}};

const Function& FunctionOf(std::string_view name) {
  return *std::find_if(kFunctions.begin(), kFunctions.end(), [&](const Function& known) { return known.name == name; });
}

bool IsNumber(const TableColumn& column) {
  return IsNumericType(column.type) || BareType(column.type) == "Bool";
}

std::string NumericColumns(const Table& table) {
  std::string names;
  for (const auto& column : table.columns) {
    if (IsNumericType(column.type)) names += (names.empty() ? "" : ", ") + column.name;
  }
  return names.empty() ? table.FullName() + " has no numeric column" : "numeric columns: " + names;
}

// quantileExactInclusive interpolates as spreadsheets and NumPy do; it does not take decimals.
std::string QuantileSql(const AggregateCall& call, double level, const std::string& column, bool decimal) {
  const std::string name = (call.approximate ? "quantileTDigest" : "quantileExactInclusive");
  const std::string argument = decimal ? "toFloat64(" + column + ")" : column;
  return name + (call.may_be_empty ? "OrNull(" : "(") + ToText(Json(level)) + ")(" + argument + ")";
}

// ClickHouse sums and averages integers in 64 bits, or as wide as they are, and wraps around without a word.
std::string WithoutOverflow(std::string_view function, std::string_view type, const std::string& column) {
  const std::string_view bare = BareType(type);
  const bool is_wide =
      IsIntegerType(bare) && !bare.ends_with("Int8") && !bare.ends_with("Int16") && !bare.ends_with("Int32");
  if (is_wide && function == "sum") return "toInt256(" + column + ")";
  if (is_wide && function == "avg") return "toFloat64(" + column + ")";
  return column;
}

double LevelOf(const Function& function, const AggregateCall& call, const std::string& path, Problems& problems) {
  if (function.level != 0) return function.level;
  if (!call.level) problems.Add(path + "level", "is required for quantile", nullptr, "0 to 1, for example 0.95");
  return call.level.value_or(0.5);
}

}  // namespace

Json AggregateNames() {
  Json names = Json::array();
  for (const Function& function : kFunctions) names.push_back(function.name);
  return names;
}

std::string AggregateSql(TableQuery& query, const AggregateCall& call, const std::string& path, bool numeric,
                         Problems& problems) {
  const Function& function = FunctionOf(call.function);
  if (call.column.empty()) {
    if (function.needs != Needs::kNothing) {
      problems.Add(path + "column", "is required for " + call.function, nullptr, NumericColumns(query.Of()));
    }
    return "count()";
  }
  const std::string column = query.Column(call.column, path + "column");
  const TableColumn* found = query.Of().Find(call.column);
  if (found == nullptr) return column;
  const bool takes_number = function.needs == Needs::kNumber || (numeric && function.exact.starts_with('m'));
  if (takes_number && !IsNumber(*found)) {
    problems.Add(path + "column", call.function + " needs a number, `" + call.column + "` is " + found->type,
                 call.column, NumericColumns(query.Of()));
    return column;
  }
  const bool decimal = BareType(found->type).starts_with("Decimal");
  if (function.exact.empty()) return QuantileSql(call, LevelOf(function, call, path, problems), column, decimal);
  const bool or_null = call.may_be_empty && call.function != "count" && call.function != "uniq";
  const std::string_view name = call.approximate ? function.approximate : function.exact;
  return std::string(name) + (or_null ? "OrNull(" : "(") + WithoutOverflow(call.function, found->type, column) + ")";
}

bool IsAdditive(std::string_view function) {
  return function == "count" || function == "sum" || function == "uniq";
}

}  // namespace chimera::tools
