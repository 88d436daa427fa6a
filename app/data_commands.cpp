#include <cstdio>

#include "app/backend.h"
#include "app/commands.h"
#include "schema/migrator.h"

namespace chimera::app {
namespace {

constexpr std::chrono::seconds kSchemaTime{300};

RequestContext Context(const std::stop_token& stop, const char* name) {
  return RequestContext::For(name, kSchemaTime, stop);
}

}  // namespace

int SchemaApply(const config::Config& config, std::stop_token stop) {
  config::Config alone = config;
  alone.clickhouse.write_account.reset();  // what creates tables also records that: one account for both
  auto backend = Backend::Create(alone, false);
  if (!backend.ok()) return Report(backend.error());
  for (const auto& dataset : (*backend)->Datasets()) {
    auto applied = schema::ApplyMigrations(Context(stop, "schema apply"), (*backend)->Client(), dataset);
    if (!applied.ok()) return Report(applied.error());
    if (applied->empty()) std::printf("%s: up to date\n", dataset.name.c_str());
    for (int version : *applied) std::printf("%s: applied %04d\n", dataset.name.c_str(), version);
  }
  return kDone;
}

int SchemaStatus(const config::Config& config, std::stop_token stop) {
  auto backend = Backend::Create(config, false);
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

int DemoLoad(const config::Config& config, bool if_empty, std::stop_token stop) {
  auto backend = Backend::Create(config, true);
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
