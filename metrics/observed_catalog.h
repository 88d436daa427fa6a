// The tools of another catalogue, each call of which observers hear about.
#pragma once

#include <atomic>

#include "mcp/catalog_layer.h"
#include "metrics/observer.h"

namespace chimera::metrics {

class ObservedCatalog : public mcp::CatalogLayer {
 public:
  /// `inner` must outlive this.
  ObservedCatalog(mcp::ToolCatalog& inner, Observers observers);

  mcp::ToolResult Call(const mcp::CallContext& context, std::string_view name,
                       std::string_view arguments_json) override;

  /// Calls being worked on now. Thread-safe.
  size_t InFlight() const { return in_flight_; }

 private:
  const Observers observers_;
  std::atomic<size_t> in_flight_ = 0;
};

}  // namespace chimera::metrics
