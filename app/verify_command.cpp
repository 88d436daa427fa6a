// `chimera-mcp verify`: the rows and the schema against what the datasets declare.
#include <cstdio>

#include "app/backend.h"
#include "app/commands.h"
#include "app/or_null.h"
#include "app/text_table.h"
#include "schema/differ.h"
#include "schema/verifier.h"

namespace chimera::app {
namespace {

// All rows are read: a table of billions takes a while.
constexpr std::chrono::hours kVerifyTime{6};

struct DatasetReport {
  std::string name;
  std::vector<schema::TableCheck> tables;
  std::vector<std::string> drift;           ///< differences of the schema, one sentence each
  std::optional<std::string> not_compared;  ///< why the schema could not be looked at
};

size_t Problems(const std::vector<DatasetReport>& reports) {
  size_t count = 0;
  for (const auto& report : reports) {
    count += report.drift.size();
    for (const auto& table : report.tables) count += table.problems.size();
  }
  return count;
}

Result<DatasetReport> VerifyDataset(const RequestContext& context, Backend& backend, const schema::Dataset& dataset,
                                    const schema::Layout& layout) {
  DatasetReport report{dataset.name, {}, {}, {}};
  auto checks = schema::VerifyRows(context, backend.Client(), dataset);
  if (!checks.ok()) return checks.error();
  report.tables = std::move(*checks);
  const auto compared = schema::CompareSchema(context, backend.Client(), dataset, layout);
  if (!compared.ok() && compared.error().code != ErrorCode::kAccessDenied) return compared.error();
  if (!compared.ok()) report.not_compared = compared.error().message;
  if (!compared.ok()) return report;
  for (const auto& difference : compared->differences) report.drift.push_back(Describe(difference));
  return report;
}

std::string Ratio(const schema::TableCheck& check) {
  if (check.stored_bytes == 0) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f",
                static_cast<double>(check.raw_bytes) / static_cast<double>(check.stored_bytes));
  return text;
}

TextRow RowOf(const schema::TableCheck& check) {
  const auto age = [](const std::optional<int64_t>& seconds) { return seconds ? Age(*seconds) : std::string("-"); };
  return {check.database + "." + check.table,
          Count(check.rows),
          check.newest.empty() ? "-" : check.newest,
          age(check.lag_seconds),
          age(check.late_after_s),
          check.duplicates ? Count(*check.duplicates) : "-",
          check.stored_bytes == 0 ? "-" : Bytes(check.stored_bytes),
          Ratio(check)};
}

std::string ReportText(const std::vector<DatasetReport>& reports) {
  std::vector<TextRow> rows = {{"table", "rows", "newest row", "age", "bound", "duplicates", "stored", "ratio"}};
  std::string problems;
  for (const auto& report : reports) {
    for (const auto& table : report.tables) {
      rows.push_back(RowOf(table));
      for (const auto& problem : table.problems) problems += "FAIL  " + table.table + ": " + problem + "\n";
    }
    for (const auto& drift : report.drift) problems += "FAIL  schema of " + report.name + ": " + drift + "\n";
    if (report.not_compared)
      problems += "note  schema of " + report.name + " not compared: " + *report.not_compared + "\n";
  }
  const size_t count = Problems(reports);
  const std::string verdict =
      count == 0 ? "everything is as declared" : Count(count) + (count == 1 ? " problem" : " problems");
  return TextTable(rows, {0, 2}) + "\n" + problems + verdict + "\n";
}

Json TableJson(const schema::TableCheck& check) {
  const bool stored = check.stored_bytes > 0;
  const double ratio = stored ? static_cast<double>(check.raw_bytes) / static_cast<double>(check.stored_bytes) : 0;
  return {{"database", check.database},
          {"table", check.table},
          {"rows", check.rows},
          {"newest", check.newest.empty() ? Json() : Json(check.newest)},
          {"lag_seconds", OrNull(check.lag_seconds)},
          {"late_after_s", OrNull(check.late_after_s)},
          {"duplicates", OrNull(check.duplicates)},
          {"stored_bytes", check.stored_bytes},
          {"compression_ratio", stored ? Json(ratio) : Json()},
          {"problems", check.problems}};
}

Json ReportJson(const std::vector<DatasetReport>& reports) {
  Json datasets = Json::array();
  for (const auto& report : reports) {
    Json tables = Json::array();
    for (const auto& table : report.tables) tables.push_back(TableJson(table));
    datasets.push_back({{"dataset", report.name},
                        {"tables", std::move(tables)},
                        {"drift", report.not_compared ? Json() : Json(report.drift)},
                        {"drift_not_compared", OrNull(report.not_compared)}});
  }
  return {{"fine", Problems(reports) == 0}, {"datasets", std::move(datasets)}};
}

}  // namespace

int Verify(const config::Config& config, bool json, std::stop_token stop) {
  config::Config alone = config;
  alone.clickhouse.write_account.reset();  // the schema's comparison creates what it reads
  auto backend = Backend::Create(alone);
  if (!backend.ok()) return Report(backend.error());
  const auto context = RequestContext::For("verify", kVerifyTime, stop);
  std::vector<DatasetReport> reports;
  for (const auto& dataset : (*backend)->Datasets()) {
    auto report = VerifyDataset(context, **backend, dataset, config.layout);
    if (!report.ok()) return Report(report.error());
    reports.push_back(std::move(*report));
  }
  std::fputs((json ? ToText(ReportJson(reports)) + "\n" : ReportText(reports)).c_str(), stdout);
  return Problems(reports) == 0 ? kDone : kFailed;
}

}  // namespace chimera::app
