#include "tools/tool.h"

#include "base/schema_check.h"

namespace chimera::tools {
namespace {

// Absent properties that declare a "default" get it, in nested objects and array items too.
void FillDefaults(Json& value, const Json& schema) {
  if (value.is_array() && schema.contains("items")) {
    for (auto& item : value) FillDefaults(item, schema["items"]);
  }
  if (!value.is_object() || !schema.contains("properties")) return;
  for (const auto& [name, property] : schema["properties"].items()) {
    if (value.contains(name)) {
      FillDefaults(value[name], property);
    } else if (property.contains("default")) {
      value[name] = property["default"];
    }
  }
}

}  // namespace

Result<Answer> JsonTool::Run(const RequestContext& context, std::string_view arguments_json) {
  auto arguments = ParseJson(arguments_json);
  if (!arguments) return arguments.error();
  auto problems = CheckSchema(*arguments, definition_.input_schema);
  if (!problems.empty()) return InvalidArguments(definition_.name, std::move(problems));
  FillDefaults(*arguments, definition_.input_schema);
  return RunChecked(context, *arguments);
}

}  // namespace chimera::tools
