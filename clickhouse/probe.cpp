#include "clickhouse/probe.h"

namespace chimera::clickhouse {

ProbeReport Probe(const RequestContext& /*context*/, const HttpOptions& options, size_t index) {
  ProbeReport report;
  report.name = options.hosts[index].host;
  return report;
}

}  // namespace chimera::clickhouse
