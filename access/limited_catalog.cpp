#include "access/limited_catalog.h"

#include <algorithm>
#include <utility>

#include "tools/registry.h"

namespace chimera::access {
namespace {

std::string Underscored(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '.', '_');
  return text;
}

/// Has `trace` hear how many rows statements have read that may fail before they say so.
void WatchRows(mcp::CallContext& context, StatementTrace& trace) {
  context.on_progress = [&trace, tell = context.on_progress](const Progress& progress) {
    trace.NoteProgress(static_cast<uint64_t>(std::max(progress.done, 0.0)));
    if (tell) tell(progress);
  };
}

}  // namespace

LimitedCatalog::LimitedCatalog(mcp::ToolCatalog& inner, Limits limits, std::function<Clock::time_point()> now)
    : inner_(inner), counts_rows_(limits.rows_per_hour > 0), allowance_(std::move(limits), std::move(now)) {
  for (const auto& tool : inner.Definitions()) listed_[Underscored(tool.name)] = tool.name;
}

mcp::ToolResult LimitedCatalog::Call(const mcp::CallContext& context, std::string_view name,
                                     std::string_view arguments_json) {
  auto pass = allowance_.Enter(context.principal ? context.principal->name : "", Listed(name));
  if (!pass.ok()) return tools::ErrorResult(pass.error());
  if (!counts_rows_) return inner_.Call(context, name, arguments_json);
  StatementTrace own;
  mcp::CallContext traced = context;
  if (traced.trace == nullptr) traced.trace = &own;
  WatchRows(traced, *traced.trace);
  mcp::ToolResult result = inner_.Call(traced, name, arguments_json);
  pass->Charge(traced.trace->Total().rows_read);
  return result;
}

std::string_view LimitedCatalog::Listed(std::string_view name) const {
  const auto found = listed_.find(Underscored(name));
  return found == listed_.end() ? name : std::string_view(found->second);
}

}  // namespace chimera::access
