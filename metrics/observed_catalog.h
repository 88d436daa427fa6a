// The tools of another catalogue, each call of which observers hear about.
#pragma once

#include <atomic>
#include <map>
#include <string>

#include "mcp/tool.h"
#include "metrics/observer.h"

namespace chimera::metrics {

class ObservedCatalog : public mcp::ToolCatalog {
 public:
  /// `inner` must outlive this.
  ObservedCatalog(mcp::ToolCatalog& inner, Observers observers);

  const std::vector<mcp::ToolDefinition>& Definitions() const override { return inner_.Definitions(); }
  bool Has(std::string_view name) const override { return inner_.Has(name); }
  mcp::ToolResult Call(const mcp::CallContext& context, std::string_view name,
                       std::string_view arguments_json) override;
  void OnRefused(const mcp::CallContext& context, std::string_view name, std::string_view arguments_json,
                 std::string_view code) override {
    inner_.OnRefused(context, name, arguments_json, code);
  }
  bool MayAsk(std::string_view name) const override { return inner_.MayAsk(name); }
  std::string Suggestion(std::string_view name) const override { return inner_.Suggestion(name); }

  /// Calls being worked on now. Thread-safe.
  size_t InFlight() const { return in_flight_; }

 private:
  std::string_view Listed(std::string_view name) const;

  mcp::ToolCatalog& inner_;
  const Observers observers_;
  std::map<std::string, std::string, std::less<>> listed_;  ///< both spellings of a name → the one in tools/list
  std::atomic<size_t> in_flight_ = 0;
};

}  // namespace chimera::metrics
