// The fixtures of the suite's tasks-* scenarios.

#include <chrono>
#include <stdexcept>
#include <thread>

#include "tests/conformance/fixtures.h"

namespace chimera::mcp::conformance {
namespace {

using std::chrono::milliseconds;

ToolResult Text(std::string text, bool is_error = false) {
  ToolResult result;
  result.text = std::move(text);
  result.is_error = is_error;
  return result;
}

ToolResult Asking(std::vector<InputRequest> requests) {
  ToolResult result;
  result.need = {std::move(requests), {}};
  return result;
}

/// Works for `time`, unless it is told to end.
void WorkFor(const CallContext& context, milliseconds time) {
  for (const Deadline end = Deadline::After(time); !end.Expired() && !context.Cancelled();) {
    std::this_thread::sleep_for(std::min(milliseconds(10), end.Remaining()));
  }
}

InputRequest AskConfirm(std::string key, std::string message) {
  return AskForm(std::move(key), std::move(message), {{"confirm", {{"type", "boolean"}}}});
}

std::string Accepted(const CallContext& context, const char* key, const char* field) {
  const Json answer = context.inputs.responses.value(key, Json());
  const Json content = answer.is_object() ? answer.value("content", Json()) : Json();
  return content.is_object() ? ToText(content.value(field, Json())) : "";
}

ToolResult Multi(const CallContext& context) {
  const bool all = context.inputs.responses.contains("first") && context.inputs.responses.contains("second");
  if (!all) return Asking({AskConfirm("first", "The first?"), AskConfirm("second", "The second?")});
  return Text("Both: " + Accepted(context, "first", "confirm") + ", " + Accepted(context, "second", "confirm"));
}

}  // namespace

void FixtureTools::AddTasks() {
  const Json text = {{"type", "string"}};
  const auto add_task = [this](const char* name, Run run, Json properties = Json::object()) {
    Add(name, std::move(run), std::move(properties));
    definitions_.back().always_task = true;
  };
  Add("greet",
      [](const CallContext&, const Json& arguments) { return Text("Hello, " + arguments.value("name", "") + "!"); },
      {{"name", text}});
  Add("slow_compute",
      [](const CallContext& context, const Json& arguments) {
        WorkFor(context, milliseconds(static_cast<int64_t>(arguments.value("seconds", 0.0) * 1000)));
        return Text("Computed " + arguments.value("label", "it") + ".");
      },
      {{"seconds", {{"type", "number"}}}, {"label", text}});
  Add("test_tool_with_task", [](const CallContext& context, const Json&) {
    if (!context.inputs.responses.contains("user_name")) {
      return Asking({AskForm("user_name", "What is your name?", {{"name", {{"type", "string"}}}})});
    }
    WorkFor(context, milliseconds(600));
    return Text("Worked for " + Accepted(context, "user_name", "name") + ".");
  });
  add_task("failing_job", [](const CallContext&, const Json&) { return Text("The job failed.", true); });
  add_task("protocol_error_job",
           [](const CallContext&, const Json&) -> ToolResult { throw std::runtime_error("as it was told to"); });
  add_task(
      "confirm_delete",
      [](const CallContext& context, const Json& arguments) {
        const std::string file = arguments.value("filename", "");
        if (!context.inputs.responses.contains("confirm"))
          return Asking({AskConfirm("confirm", "Delete " + file + "?")});
        return Text(Accepted(context, "confirm", "confirm") == "true" ? "Deleted " + file + "." : "Kept " + file + ".");
      },
      {{"filename", text}});
  add_task("multi_input", [](const CallContext& context, const Json&) { return Multi(context); });
}

}  // namespace chimera::mcp::conformance
