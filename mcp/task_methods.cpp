// tools/call as a task, and the methods of the extension io.modelcontextprotocol/tasks
// (github.com/modelcontextprotocol/ext-tasks, specification/draft/tasks.md).

#include <utility>

#include "mcp/method.h"

namespace chimera::mcp {
namespace {

constexpr const char* kExtension = "io.modelcontextprotocol/tasks";

Outcome Created(const Call& call, Json fields) {
  return Completed{ToText(WithMeta(call, std::move(fields))), "task"};
}

Outcome Answered(const Call& call, TaskStep step) {
  if (auto* need = std::get_if<InputNeed>(&step)) return InputRequired(call, *need);
  if (auto* error = std::get_if<ProtocolError>(&step)) return std::move(*error);
  auto& result = std::get<TaskResult>(step);
  return Completed{std::move(result.text), Completed().type, std::move(result.headers)};
}

ProtocolError Busy() {
  return {kServerBusy, "too many tasks are kept or worked on; try again when some have ended"};
}

ProtocolError NoSuchTask() {
  return InvalidParams("there is no task of this params.taskId (any more); call the tool again");
}

/// The id of the task that `call` is about, or why there is none.
std::variant<std::string, ProtocolError> TaskId(const Call& call) {
  if (!TakesTasks(call)) return NeedsTasks();
  const Json id = call.Params().value("taskId", Json());
  if (!id.is_string()) return InvalidParams(call.message.method + " needs the task's id as a string in params.taskId");
  if (!call.core.tasks.Has(id.get<std::string>(), SenderName(call))) return NoSuchTask();
  return id.get<std::string>();
}

Outcome Acknowledged(const Call& call, bool found) {
  if (!found) return NoSuchTask();
  return Completed{ToText(WithMeta(call, Json::object()))};
}

}  // namespace

bool TakesTasks(const Call& call) {
  if (!call.era.stateless) return false;
  return AbilitiesOf(MetaOf(call.message).value("io.modelcontextprotocol/clientCapabilities", Json())).tasks;
}

ProtocolError NeedsTasks() {
  return MissingCapability({{"extensions", {{kExtension, Json::object()}}}});
}

Outcome InTask(const Call& call, TaskWork work, size_t bytes, bool at_once) {
  TaskStore& tasks = call.core.tasks;
  Inputs inputs;
  if (auto error = ReadInputs(call, inputs)) return *std::move(error);
  const TaskStore::Handle task = TaskStore::New(std::move(work), bytes, SenderName(call));
  if (at_once) {
    auto fields = tasks.Publish(task);
    if (!fields) return Busy();
    tasks.Start(task, std::move(inputs));  // on failure the task says so
    return Created(call, *std::move(fields));
  }
  if (!tasks.Start(task, std::move(inputs))) return Busy();
  auto step = tasks.Await(task, Deadline::After(call.core.options.task_after), call.stop);
  if (!step && !call.stop.stop_requested()) {
    if (auto fields = tasks.Publish(task)) return Created(call, *std::move(fields));
  }
  if (!step) step = tasks.Await(task, Deadline(), call.stop);    // stops the work of a cancelled call
  return step ? Answered(call, *std::move(step)) : Completed{};  // cancelled: not sent
}

Outcome TaskState(const Call& call) {
  auto id = TaskId(call);
  if (auto* error = std::get_if<ProtocolError>(&id)) return std::move(*error);
  auto state = call.core.tasks.State(std::get<std::string>(id));
  if (!state) return NoSuchTask();
  state->back() = ',';
  return Completed{*std::move(state) + R"("_meta":)" + ToText(ResultMeta(call)) + "}"};
}

Outcome UpdateTask(const Call& call) {
  auto id = TaskId(call);
  if (auto* error = std::get_if<ProtocolError>(&id)) return std::move(*error);
  const Json responses = call.Params().value("inputResponses", Json());
  if (!responses.is_object()) return InvalidParams("params.inputResponses must be an object of results by key");
  return Acknowledged(call, call.core.tasks.Update(std::get<std::string>(id), responses));
}

Outcome CancelTask(const Call& call) {
  auto id = TaskId(call);
  if (auto* error = std::get_if<ProtocolError>(&id)) return std::move(*error);
  return Acknowledged(call, call.core.tasks.Cancel(std::get<std::string>(id)));
}

}  // namespace chimera::mcp
