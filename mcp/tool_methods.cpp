#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include "base/log.h"
#include "mcp/method.h"
#include "mcp/paging.h"
#include "mcp/tool_json.h"

namespace chimera::mcp {
namespace {

ToolResult RunTool(ToolCatalog& tools, const CallContext& context, const std::string& name,
                   const std::string& arguments) {
  const auto start = Deadline::Clock::now();
  ToolResult result = tools.Call(context, name, arguments.empty() ? "{}" : arguments);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Deadline::Clock::now() - start);
  const char* outcome = context.Cancelled()    ? "cancelled"
                        : !result.need.Empty() ? "asks"
                        : result.is_error      ? "error"
                                               : "ok";
  const std::string error = result.error_code.empty() ? "" : " error=" + result.error_code;
  const std::string query = result.query_id.empty() ? "" : " query=" + result.query_id;
  log::Info("tool=" + name + " outcome=" + outcome + error + query + " ms=" + std::to_string(took.count()) +
            " request=" + context.request_id + " session=" + context.session_id + " client=" + context.client +
            (context.principal ? " principal=" + LogWord(context.principal->name) : ""));
  return result;
}

bool IsAlwaysTask(const ToolCatalog& tools, const std::string& name) {
  const auto& all = tools.Definitions();
  return std::any_of(all.begin(), all.end(), [&](const auto& tool) { return tool.always_task && tool.name == name; });
}

/// The call as work that outlives its request.
TaskWork CallWork(const Call& call, const std::string& tool) {
  auto work = [&core = call.core, &era = call.era, tool, arguments = call.message.arguments,
               meta = ResultMeta(call)](CallContext context) -> TaskStep {
    ToolResult result = RunTool(*core.features.tools, context, tool, arguments);
    if (result.need.Empty() || context.Cancelled()) {
      return TaskResult(TypedResult(CallResult(era, result, meta), Completed().type), std::move(result.headers));
    }
    if (auto error = CannotAsk(result.need, context.abilities)) return *std::move(error);
    return result.need;
  };
  const auto time = std::min(call.core.options.call_timeout, call.core.options.task_ttl);
  return [work = std::move(work), time, context = ContextOf(call)](const std::stop_token& stop,
                                                                   const Inputs& inputs) -> TaskStep {
    CallContext own = context;
    own.deadline = Deadline::After(time);
    own.stop = stop;
    own.inputs = inputs;
    try {
      return work(own);
    } catch (const std::exception& error) {
      return BugError(own.request_id, own.session_id, "tools/call", error.what());
    } catch (...) {
      return BugError(own.request_id, own.session_id, "tools/call", "unknown exception");
    }
  };
}

/// Those of `tools` that the sender may call.
std::vector<ToolDefinition> Callable(const Call& call, std::vector<ToolDefinition> tools) {
  std::erase_if(tools, [&](const ToolDefinition& tool) { return Forbids(call.message, ScopeFor(tool)).has_value(); });
  return tools;
}

}  // namespace

Outcome ListTools(const Call& call) {
  const auto page = [&](const std::vector<ToolDefinition>& tools) {
    return Page<ToolDefinition>(
        call, "tools", tools, [](const ToolDefinition& tool) { return tool.name; },
        [&](const ToolDefinition& tool) { return ToolEntry(call.era, tool); });
  };
  const auto& all = call.core.features.tools->Definitions();
  return call.message.sender ? page(Callable(call, all)) : page(all);
}

Outcome CallTool(const Call& call) {
  const Json name = call.Params().value("name", Json());
  if (!name.is_string()) return InvalidParams("tools/call needs the tool's name as a string in params.name");
  const std::string& arguments = call.message.arguments;
  if (!arguments.empty() && arguments.front() != '{') {
    return InvalidParams("params.arguments must be an object; send {} or leave it out when there are none");
  }
  const auto tool = name.get<std::string>();
  ToolCatalog& tools = *call.core.features.tools;
  if (!tools.Has(tool)) {
    tools.OnRefused(ContextOf(call), tool, arguments, Name(ErrorCode::kUnknownTool));
    const std::string suggestion = tools.Suggestion(tool);
    return InvalidParams("there is no tool " + Excerpt(name, 100) +
                         (suggestion.empty() ? "; tools/list names them all" : "; " + suggestion));
  }
  if (auto error = Forbids(call.message, tools.Needs(tool))) {
    tools.OnRefused(ContextOf(call), tool, arguments, "insufficient_scope");
    return *std::move(error);
  }
  const bool always_task = IsAlwaysTask(tools, tool);
  if (TakesTasks(call)) return InTask(call, CallWork(call, tool), arguments.size(), always_task);
  if (always_task) return NeedsTasks();
  ToolResult result;
  const auto work = [&](const CallContext& context) {
    result = RunTool(*call.core.features.tools, context, tool, arguments);
    return result.need;
  };
  return InRounds(call, work, [&] {
    return Completed{CallResult(call.era, result, ResultMeta(call)), Completed().type, std::move(result.headers)};
  });
}

}  // namespace chimera::mcp
