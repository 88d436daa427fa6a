#include "app/telemetry.h"

#include "app/buffer.h"
#include "app/version.h"
#include "base/log.h"

namespace chimera::app {

Telemetry::Telemetry(const config::Config& config, bool http, clickhouse::Client& client)
    : config_(config), client_(client) {
  if (http) prometheus_ = std::make_unique<metrics::PrometheusMetrics>(kVersion);
  if (!config.statsd.Enabled()) return;
  statsd_ = std::make_unique<metrics::Statsd>(config.statsd, [this] { return client_.State(); });
  log::Info("sending metrics to " + config.statsd.Address());
}

metrics::Observers Telemetry::Observers() const {
  metrics::Observers observers;
  if (prometheus_) observers.push_back(prometheus_.get());
  if (statsd_) observers.push_back(statsd_.get());
  return observers;
}

mcp::ToolCatalog& Telemetry::Watch(mcp::ToolCatalog& tools) {
  if (Observers().empty()) return tools;
  catalog_ = std::make_unique<metrics::ObservedCatalog>(tools, Observers());
  return *catalog_;
}

std::string Telemetry::Page(size_t sessions, Buffer* buffer) const {
  return prometheus_->Text({.database = client_.State(),
                            .pool_size = config_.clickhouse.pool_size,
                            .sessions = sessions,
                            .calls_in_flight = catalog_ ? catalog_->InFlight() : 0,
                            .process = metrics::ReadProcessFigures(),
                            .buffered = buffer ? buffer->Figures() : std::vector<metrics::BufferedTable>()});
}

}  // namespace chimera::app
