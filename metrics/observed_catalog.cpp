#include "metrics/observed_catalog.h"

#include <utility>

namespace chimera::metrics {
namespace {

using Clock = std::chrono::steady_clock;

// Tells observers when it ends, whichever way: without an outcome, the call ended in an exception.
class Measured {
 public:
  Measured(const Observers& observers, std::string_view tool, std::atomic<size_t>& in_flight)
      : observers_(observers), tool_(tool), in_flight_(in_flight) {
    ++in_flight_;
  }
  Measured(const Measured&) = delete;
  ~Measured() {
    --in_flight_;
    const ToolCall call{tool_, outcome, Clock::now() - start_};
    for (Observer* observer : observers_) observer->OnToolCall(call);
  }

  Outcome outcome = ErrorCode::kInternal;

 private:
  const Observers& observers_;
  const std::string_view tool_;
  std::atomic<size_t>& in_flight_;
  const Clock::time_point start_ = Clock::now();
};

Outcome OutcomeOf(const RequestContext& context, const mcp::ToolResult& result) {
  if (context.Cancelled()) return ErrorCode::kCancelled;
  return result.is_error ? FailedWith(result.error_code) : Outcome();
}

}  // namespace

ObservedCatalog::ObservedCatalog(mcp::ToolCatalog& inner, Observers observers)
    : CatalogLayer(inner), observers_(std::move(observers)) {}

mcp::ToolResult ObservedCatalog::Call(const mcp::CallContext& context, std::string_view name,
                                      std::string_view arguments_json) {
  const mcp::ToolDefinition* tool = Find(name);
  Measured measured(observers_, tool != nullptr ? std::string_view(tool->name) : "unknown", in_flight_);
  mcp::ToolResult result = Inner().Call(context, name, arguments_json);
  measured.outcome = OutcomeOf(context, result);
  return result;
}

}  // namespace chimera::metrics
