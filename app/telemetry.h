// Who counts what a server does: Prometheus when it serves HTTP, a Datadog agent when one is named, nobody otherwise.
#pragma once

#include <memory>
#include <string>

#include "config/config.h"
#include "mcp/tool.h"
#include "metrics/observed_catalog.h"
#include "metrics/prometheus_metrics.h"
#include "metrics/statsd.h"

namespace chimera::app {

class Buffer;

class Telemetry {
 public:
  /// Starts counting; `http` says whether there will be a page to read. `config` and `client` must outlive this.
  Telemetry(const config::Config& config, bool http, clickhouse::Client& client);

  /// Those that count; empty when nobody does.
  metrics::Observers Observers() const;

  /// `tools` with their calls counted, or themselves when nobody counts. At most once; `tools` must outlive this.
  mcp::ToolCatalog& Watch(mcp::ToolCatalog& tools);

  /// The page of /metrics; `buffer` may be null. Requires `http`. Thread-safe.
  std::string Page(size_t sessions, Buffer* buffer) const;

 private:
  const config::Config& config_;
  clickhouse::Client& client_;
  std::unique_ptr<metrics::PrometheusMetrics> prometheus_;
  std::unique_ptr<metrics::Statsd> statsd_;
  std::unique_ptr<metrics::ObservedCatalog> catalog_;
};

}  // namespace chimera::app
