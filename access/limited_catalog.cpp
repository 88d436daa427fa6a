#include "access/limited_catalog.h"

#include <algorithm>
#include <utility>

#include "tools/registry.h"

namespace chimera::access {
namespace {

/// Has `trace` hear how many rows statements have read that may fail before they say so.
void WatchRows(mcp::CallContext& context, StatementTrace& trace) {
  context.on_progress = [&trace, tell = context.on_progress](const Progress& progress) {
    trace.NoteProgress(static_cast<uint64_t>(std::max(progress.done, 0.0)));
    if (tell) tell(progress);
  };
}

}  // namespace

LimitedCatalog::LimitedCatalog(mcp::ToolCatalog& inner, Limits limits, std::function<Clock::time_point()> now)
    : CatalogLayer(inner), counts_rows_(limits.rows_per_hour > 0), allowance_(std::move(limits), std::move(now)) {}

mcp::ToolResult LimitedCatalog::Call(const mcp::CallContext& context, std::string_view name,
                                     std::string_view arguments_json) {
  const mcp::ToolDefinition* tool = Find(name);
  auto pass = allowance_.Enter(context.principal ? context.principal->name : "", tool != nullptr ? tool->name : name);
  if (!pass.ok()) return tools::ErrorResult(pass.error());
  if (!counts_rows_) return Inner().Call(context, name, arguments_json);
  StatementTrace own;
  mcp::CallContext traced = context;
  if (traced.trace == nullptr) traced.trace = &own;
  WatchRows(traced, *traced.trace);
  mcp::ToolResult result = Inner().Call(traced, name, arguments_json);
  pass->Charge(traced.trace->Total().rows_read);
  return result;
}

}  // namespace chimera::access
