#include <cstdio>

#include "app/backend.h"
#include "app/commands.h"
#include "app/text_table.h"
#include "schema/differ.h"
#include "schema/migrator.h"
#include "schema/retention.h"

namespace chimera::app {
namespace {

constexpr std::chrono::seconds kSchemaTime{300};

RequestContext Context(const std::stop_token& stop, const char* name) {
  return RequestContext::For(name, kSchemaTime, stop);
}

std::string DifferencesText(const schema::Dataset& dataset, const schema::Comparison& found) {
  std::string text;
  if (found.differences.empty()) text += dataset.name + ": as declared\n";
  for (const auto& difference : found.differences) text += dataset.name + ": " + Describe(difference) + "\n";
  for (const auto& table : found.others) text += dataset.name + ": " + table + " is not the dataset's, left alone\n";
  return text;
}

Json DifferencesJson(const schema::Dataset& dataset, const schema::Comparison& found) {
  Json list = Json::array();
  for (const auto& it : found.differences) {
    list.push_back({{"table", it.table},
                    {"part", it.part},
                    {"property", it.property},
                    {"declared", it.declared},
                    {"live", it.live}});
  }
  return {{"dataset", dataset.name}, {"database", dataset.database}, {"differences", list}, {"others", found.others}};
}

int PrintMigrations(const config::Config& config) {
  const auto datasets = LoadDatasets(config);
  if (!datasets.ok()) return Report(datasets.error());
  for (const auto& dataset : *datasets) {
    const auto statements = schema::MigrationStatements(dataset, config.layout);
    if (!statements.ok()) return Report(statements.error());
    std::printf("-- %s, database %s\n", dataset.name.c_str(), dataset.database.c_str());
    for (const auto& statement : *statements) std::printf("%s;\n\n", statement.c_str());
  }
  return kDone;
}

}  // namespace

int SchemaApply(const config::Config& config, bool print, std::stop_token stop) {
  if (print) return PrintMigrations(config);
  config::Config alone = config;
  alone.clickhouse.write_account.reset();  // what creates tables also records that: one account for both
  auto backend = Backend::Create(alone);
  if (!backend.ok()) return Report(backend.error());
  for (const auto& dataset : (*backend)->Datasets()) {
    auto applied = schema::ApplyMigrations(Context(stop, "schema apply"), (*backend)->Client(), dataset, config.layout);
    if (!applied.ok()) return Report(applied.error());
    if (applied->empty()) std::printf("%s: up to date\n", dataset.name.c_str());
    for (int version : *applied) std::printf("%s: applied %04d\n", dataset.name.c_str(), version);
  }
  return kDone;
}

int SchemaStatus(const config::Config& config, std::stop_token stop) {
  auto backend = Backend::Create(config);
  if (!backend.ok()) return Report(backend.error());
  bool current = true;
  for (const auto& dataset : (*backend)->Datasets()) {
    auto states = schema::MigrationStatus(Context(stop, "schema status"), (*backend)->Client(), dataset);
    if (!states.ok()) return Report(states.error());
    for (const auto& state : *states) {
      current = current && state.applied;
      std::printf("%s  %04d_%s  %s\n", dataset.name.c_str(), state.version, state.name.c_str(),
                  state.applied ? ("applied " + state.applied_at).c_str() : "pending");
    }
  }
  return current ? kDone : kFailed;
}

int SchemaRetention(const config::Config& config, bool apply, std::stop_token stop) {
  config::Config alone = config;
  alone.clickhouse.write_account.reset();
  auto backend = Backend::Create(alone);
  if (!backend.ok()) return Report(backend.error());
  std::vector<TextRow> rows = {{"table", "declared", "live", "rows past it"}};
  bool same = true;
  for (const auto& dataset : (*backend)->Datasets()) {
    const auto context = Context(stop, "schema retention");
    if (apply) {
      const auto changed = schema::ApplyRetention(context, (*backend)->Client(), dataset, config.layout);
      if (!changed.ok()) return Report(changed.error());
    }
    const auto states = schema::ReadRetention(context, (*backend)->Client(), dataset, config.layout);
    if (!states.ok()) return Report(states.error());
    for (const auto& state : *states) {
      same = same && (state.declared.empty() || state.declared == state.live);
      rows.push_back({dataset.database + "." + state.table, state.declared.empty() ? "for ever" : state.declared,
                      state.live.empty() ? "for ever" : state.live, Count(state.past)});
    }
  }
  std::fputs(TextTable(rows, {0, 1, 2}).c_str(), stdout);
  if (!same) std::puts("\nthe tables do not do what is declared: chimera-mcp schema retention --apply");
  return same ? kDone : kFailed;
}

int SchemaDiff(const config::Config& config, bool json, std::stop_token stop) {
  config::Config alone = config;
  alone.clickhouse.write_account.reset();  // reads what it has just created
  auto backend = Backend::Create(alone);
  if (!backend.ok()) return Report(backend.error());
  Json report = Json::array();
  bool same = true;
  for (const auto& dataset : (*backend)->Datasets()) {
    const auto found =
        schema::CompareSchema(Context(stop, "schema diff"), (*backend)->Client(), dataset, config.layout);
    if (!found.ok()) return Report(found.error());
    same = same && found->differences.empty();
    if (json) report.push_back(DifferencesJson(dataset, *found));
    if (!json) std::fputs(DifferencesText(dataset, *found).c_str(), stdout);
  }
  if (json) std::puts(ToText(report).c_str());
  return same ? kDone : kFailed;
}

int DemoLoad(const config::Config& config, bool if_empty, std::stop_token stop) {
  if (Status alone = CheckNoMirror(config, "demo load"); !alone.ok()) return Report(alone.error());
  auto backend = Backend::Create(config, {.migrate = true});
  if (!backend.ok()) return Report(backend.error());
  for (const auto& dataset : (*backend)->Datasets()) {
    if (dataset.demo_sql.empty()) continue;
    const Status loaded = schema::LoadDemo(Context(stop, "demo load"), (*backend)->Client(), dataset);
    const bool kept = !loaded.ok() && if_empty && loaded.error().code == ErrorCode::kConflict;
    if (!loaded.ok() && !kept) return Report(loaded.error());
    std::printf("%s: %s\n", dataset.name.c_str(), kept ? "kept, its tables hold rows" : "sample data loaded");
  }
  return kDone;
}

}  // namespace chimera::app
