#include "metrics/observed_catalog.h"

#include <algorithm>
#include <utility>

namespace chimera::metrics {
namespace {

using Clock = std::chrono::steady_clock;

std::string Underscored(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

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
    : inner_(inner), observers_(std::move(observers)) {
  for (const auto& tool : inner.Definitions()) {
    listed_[tool.name] = tool.name;
    listed_[Underscored(tool.name)] = tool.name;
  }
}

mcp::ToolResult ObservedCatalog::Call(const mcp::CallContext& context, std::string_view name,
                                      std::string_view arguments_json) {
  Measured measured(observers_, Listed(name), in_flight_);
  mcp::ToolResult result = inner_.Call(context, name, arguments_json);
  measured.outcome = OutcomeOf(context, result);
  return result;
}

// A tool may be called by a spelling that is not listed, too: with dots where underscores are listed.
std::string_view ObservedCatalog::Listed(std::string_view name) const {
  auto found = listed_.find(name);
  if (found == listed_.end()) found = listed_.find(Underscored(std::string(name)));
  return found == listed_.end() ? "unknown" : std::string_view(found->second);
}

}  // namespace chimera::metrics
