#include "config/timestore.h"

#include <algorithm>

#include "timestore/tools.h"

namespace chimera::config {

void LoadTimestore(SettingReader& reader, Config& config) {
  const bool on =
      std::find(config.datasets.begin(), config.datasets.end(), timestore::kDatabase) != config.datasets.end();
  config.timestore.cluster = config.layout;
  config.timestore.storage_policy = reader.Text("CHIMERA_TIMESTORE_POLICY", "");
  if (const auto retention = reader.Text("CHIMERA_TIMESTORE_RETENTION")) {
    auto rule = schema::ParseRetention(*retention);
    if (!rule.ok()) return reader.Refuse("CHIMERA_TIMESTORE_RETENTION", rule.error().message, rule.error().hint);
    config.timestore.retention = *std::move(rule);
  }
  if (!on) return;
  if (!config.buffer.On()) {
    reader.Refuse("CHIMERA_DATASETS", "names timestore, whose rows wait in a buffer, and there is none",
                  config.embedded ? "set CHIMERA_BUFFER=sqlite, too"
                                  : "set CHIMERA_BUFFER=sqlite:/var/lib/chimera-mcp/buffer.sqlite, too");
  } else if (config.layout.sharded) {
    reader.Refuse("CHIMERA_DATASETS", "names timestore, whose tables cannot be spread over shards",
                  "leave CHIMERA_CLUSTER_SHARDED out, or run a server of its own for them");
  } else {
    config.tools.more = timestore::AddTools(config.buffer.fresh);
  }
}

}  // namespace chimera::config
