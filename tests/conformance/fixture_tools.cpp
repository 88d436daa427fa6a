#include <chrono>
#include <thread>

#include "tests/conformance/fixtures.h"

namespace chimera::mcp::conformance {
namespace {

ToolResult Text(std::string text) {
  ToolResult result;
  result.text = std::move(text);
  return result;
}

ToolResult Failure(std::string text) {
  ToolResult result = Text(std::move(text));
  result.is_error = true;
  return result;
}

ToolResult Contents(const Json& blocks) {
  ToolResult result;
  result.content_json = ToText(blocks);
  return result;
}

ToolResult Asking(std::vector<InputRequest> requests, Json state = {}) {
  ToolResult result;
  result.need = {std::move(requests), std::move(state)};
  return result;
}

void Pause() {
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

Json ImageBlock() {
  return {{"type", "image"}, {"data", kPng}, {"mimeType", "image/png"}};
}

Json StringField(const char* description = nullptr) {
  Json field = {{"type", "string"}};
  if (description != nullptr) field["description"] = description;
  return field;
}

InputRequest AskModel(std::string key, const std::string& prompt, int max_tokens) {
  const Json message = {{"role", "user"}, {"content", {{"type", "text"}, {"text", prompt}}}};
  return {std::move(key), "sampling/createMessage", {{"messages", Json::array({message})}, {"maxTokens", max_tokens}}};
}

InputRequest AskRoots(std::string key) {
  return {std::move(key), "roots/list", Json::object()};
}

/// The answer to the request `key` if it came and is an object.
const Json* Answer(const CallContext& context, const char* key) {
  const auto found = context.inputs.responses.find(key);
  return found != context.inputs.responses.end() && found->is_object() ? &*found : nullptr;
}

/// The member `field` of an accepted form.
std::optional<std::string> FormText(const CallContext& context, const char* key, const char* field) {
  const Json* answer = Answer(context, key);
  if (answer == nullptr || !answer->contains("content") || !(*answer)["content"].is_object()) return std::nullopt;
  const Json value = (*answer)["content"].value(field, Json());
  return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
}

std::string SampledText(const Json& answer) {
  const Json content = answer.value("content", Json());
  return content.is_object() ? content.value("text", "") : "";
}

/// A tool that asks one form and tells what came back.
ToolResult FormTool(const CallContext& context, const InputRequest& form, const std::string& label) {
  const Json* answer = Answer(context, form.key.c_str());
  if (answer == nullptr) return Asking({form});
  return Text(label + ": action=" + answer->value("action", "") +
              ", content=" + ToText(answer->value("content", Json::object())));
}

Json DefaultsForm() {
  return {{"name", {{"type", "string"}, {"default", "John Doe"}}},
          {"age", {{"type", "integer"}, {"default", 30}}},
          {"score", {{"type", "number"}, {"default", 95.5}}},
          {"status", {{"type", "string"}, {"enum", {"active", "inactive", "pending"}}, {"default", "active"}}},
          {"verified", {{"type", "boolean"}, {"default", true}}}};
}

Json EnumsForm() {
  const Json options = {"option1", "option2", "option3"};
  const auto titled = [](const char* word) {
    Json list = Json::array();
    for (const auto& [value, title] : {std::pair{"value1", "First "}, {"value2", "Second "}, {"value3", "Third "}}) {
      list.push_back({{"const", value}, {"title", std::string(title) + word}});
    }
    return list;
  };
  return {{"untitledSingle", {{"type", "string"}, {"enum", options}}},
          {"titledSingle", {{"type", "string"}, {"oneOf", titled("Option")}}},
          {"legacyEnum",
           {{"type", "string"},
            {"enum", {"opt1", "opt2", "opt3"}},
            {"enumNames", {"Option One", "Option Two", "Option Three"}}}},
          {"untitledMulti", {{"type", "array"}, {"items", {{"type", "string"}, {"enum", options}}}}},
          {"titledMulti", {{"type", "array"}, {"items", {{"anyOf", titled("Choice")}}}}}};
}

const char* const kSchema2020 = R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
  "$defs": {"address": {"$anchor": "addressDef", "type": "object",
                        "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
  "properties": {"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"},
                 "contactMethod": {"type": "string", "enum": ["phone", "email"]},
                 "phone": {"type": "string"}, "email": {"type": "string"}},
  "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
  "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
  "then": {"required": ["phone"]}, "else": {"required": ["email"]}, "additionalProperties": false})";

}  // namespace

InputRequest AskForm(std::string key, std::string message, Json properties) {
  Json required = Json::array();
  for (const auto& [name, schema] : properties.items()) required.push_back(name);
  const Json schema = {{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}};
  return {std::move(key), "elicitation/create", {{"message", std::move(message)}, {"requestedSchema", schema}}};
}

FixtureTools::FixtureTools() {
  AddContents();
  AddNotifying();
  AddAsking();
  AddRounds();
  AddTasks();
}

void FixtureTools::Add(std::string name, Run run, Json properties) {
  ToolDefinition tool;
  tool.name = name;
  tool.description = "A fixture of the conformance suite.";
  tool.input_schema = {{"type", "object"}, {"properties", std::move(properties)}};
  definitions_.push_back(std::move(tool));
  tools_[std::move(name)] = std::move(run);
}

ToolResult FixtureTools::Call(const CallContext& context, std::string_view name, std::string_view arguments) {
  auto parsed = ParseJson(arguments);
  return tools_.at(std::string(name))(context, parsed.ok() ? *parsed : Json::object());
}

void FixtureTools::AddContents() {
  const Json resource = {{"uri", "test://embedded-resource"},
                         {"mimeType", "text/plain"},
                         {"text", "This is an embedded resource content."}};
  const Json mixed = {{"uri", "test://mixed-content-resource"},
                      {"mimeType", "application/json"},
                      {"text", R"({"test":"data","value":123})"}};
  const auto always = [](ToolResult result) { return [result](const CallContext&, const Json&) { return result; }; };
  const auto embedded = [](const Json& what) { return Json{{"type", "resource"}, {"resource", what}}; };
  const Json text = {{"type", "text"}, {"text", "Multiple content types test:"}};
  Add("test_simple_text", always(Text("This is a simple text response for testing.")));
  Add("test_image_content", always(Contents(Json::array({ImageBlock()}))));
  Add("test_audio_content",
      always(Contents(Json::array({{{"type", "audio"}, {"data", kWav}, {"mimeType", "audio/wav"}}}))));
  Add("test_embedded_resource", always(Contents(Json::array({embedded(resource)}))));
  Add("test_multiple_content_types", always(Contents(Json::array({text, ImageBlock(), embedded(mixed)}))));
  Add("test_error_handling", always(Failure("This tool intentionally returns an error for testing")));
  Add("json_schema_2020_12_tool", always(Text("ok")));
  definitions_.back().input_schema = Json::parse(kSchema2020);
  Add("test_x_mcp_header", always(Text("ok")),
      {{"region", {{"type", "string"}, {"x-mcp-header", "Region"}}},
       {"priority", {{"type", "integer"}, {"x-mcp-header", "Priority"}}},
       {"verbose", {{"type", "boolean"}, {"x-mcp-header", "Verbose"}}},
       {"query", {{"type", "string"}}}});
}

void FixtureTools::AddNotifying() {
  Add("test_tool_with_logging", [](const CallContext& context, const Json&) {
    for (const char* text : {"Tool execution started", "Tool processing data", "Tool execution completed"}) {
      if (context.log) context.log(LogLevel::kInfo, "conformance", text);
      Pause();
    }
    return Text("Logged.");
  });
  Add("test_logging_tool", [](const CallContext& context, const Json&) {
    if (context.log) context.log(LogLevel::kInfo, "conformance", "A log message.");
    return Text("Logged, if that was wanted.");
  });
  Add("test_tool_with_progress", [](const CallContext& context, const Json&) {
    for (const int done : {0, 50, 100}) {
      if (context.on_progress) context.on_progress({.done = double(done), .total = 100, .message = "Working"});
      Pause();
    }
    return Text("Done.");
  });
  Add("test_reconnection", [](const CallContext& context, const Json&) {
    Pause();
    if (context.disconnect) context.disconnect();
    Pause();
    return Text("Delivered after the reconnection.");
  });
  Add("test_trigger_tool_change", [this](const CallContext&, const Json&) {
    announcer_->ToolsChanged();
    return Text("Told of it.");
  });
  Add("test_trigger_prompt_change", [this](const CallContext&, const Json&) {
    announcer_->PromptsChanged();
    return Text("Told of it.");
  });
}

void FixtureTools::AddAsking() {
  Add("test_sampling",
      [](const CallContext& context, const Json& arguments) {
        const Json* answer = Answer(context, "sample");
        if (answer == nullptr) return Asking({AskModel("sample", arguments.value("prompt", ""), 100)});
        return Text("LLM response: " + SampledText(*answer));
      },
      {{"prompt", StringField("What to send to the model.")}});
  Add("test_elicitation",
      [](const CallContext& context, const Json& arguments) {
        const Json form = {{"username", StringField("User's response")},
                           {"email", StringField("User's email address")}};
        return FormTool(context, AskForm("user", arguments.value("message", ""), form), "User response");
      },
      {{"message", StringField("What to show to the user.")}});
  Add("test_elicitation_sep1034_defaults", [](const CallContext& context, const Json&) {
    return FormTool(context, AskForm("defaults", "Please review the defaults", DefaultsForm()),
                    "Elicitation completed");
  });
  Add("test_elicitation_sep1330_enums", [](const CallContext& context, const Json&) {
    return FormTool(context, AskForm("enums", "Please choose", EnumsForm()), "Elicitation completed");
  });
  Add("test_missing_capability", [](const CallContext& context, const Json&) {
    const Json* answer = Answer(context, "sample");
    return answer == nullptr ? Asking({AskModel("sample", "Anything", 10)}) : Text("Sampled.");
  });
  Add("test_streaming_elicitation", [](const CallContext& context, const Json&) {
    if (context.on_progress) context.on_progress({.done = 1, .total = {}, .message = ""});
    return FormTool(context, AskForm("user_name", "What is your name?", {{"name", StringField()}}), "Elicited");
  });
}

void FixtureTools::AddRounds() {
  const std::string prefix = "test_input_required_result_";
  const InputRequest ask_name = AskForm("user_name", "What is your name?", {{"name", StringField()}});
  Add(prefix + "elicitation", [ask_name](const CallContext& context, const Json&) {
    const auto name = FormText(context, "user_name", "name");
    return name ? Text("Hello, " + *name + "!") : Asking({ask_name});
  });
  Add(prefix + "sampling", [](const CallContext& context, const Json&) {
    const Json* answer = Answer(context, "capital_question");
    if (answer == nullptr) return Asking({AskModel("capital_question", "What is the capital of France?", 100)});
    return Text(SampledText(*answer));
  });
  Add(prefix + "list_roots", [](const CallContext& context, const Json&) {
    const Json* answer = Answer(context, "client_roots");
    return answer == nullptr ? Asking({AskRoots("client_roots")}) : Text("Roots: " + ToText(*answer));
  });
  const auto confirm = [](const CallContext& context, const Json&) {
    const InputRequest form = AskForm("confirm", "Please confirm", {{"ok", {{"type", "boolean"}}}});
    const bool answered = Answer(context, "confirm") != nullptr && context.inputs.state == "confirming";
    return answered ? Text("state-ok") : Asking({form}, "confirming");
  };
  Add(prefix + "request_state", confirm);
  Add(prefix + "tampered_state", confirm);
  Add(prefix + "multiple_inputs", [ask_name](const CallContext& context, const Json&) {
    bool all = context.inputs.state == "asked";
    for (const char* key : {"user_name", "greeting", "client_roots"}) all = all && Answer(context, key) != nullptr;
    if (all) return Text("All answers came.");
    return Asking({ask_name, AskModel("greeting", "Generate a greeting", 50), AskRoots("client_roots")}, "asked");
  });
  Add(prefix + "multi_round", [](const CallContext& context, const Json&) {
    const Json state = context.inputs.state.is_object() ? context.inputs.state : Json::object();
    std::string name = state.value("name", "");
    if (const auto given = FormText(context, "step1", "name")) name = *given;
    if (name.empty()) {
      return Asking({AskForm("step1", "Step 1: What is your name?", {{"name", StringField()}})}, {{"round", 1}});
    }
    const auto color = FormText(context, "step2", "color");
    if (color) return Text(name + " likes " + *color + ".");
    return Asking({AskForm("step2", "Step 2: What is your favorite color?", {{"color", StringField()}})},
                  {{"round", 2}, {"name", name}});
  });
  Add(prefix + "capabilities", [ask_name](const CallContext& context, const Json&) {
    if (!context.inputs.responses.empty()) return Text("Thank you.");
    std::vector<InputRequest> requests;
    if (context.abilities.elicitation) requests.push_back(ask_name);
    if (context.abilities.sampling) requests.push_back(AskModel("greeting", "Generate a greeting", 50));
    if (context.abilities.roots) requests.push_back(AskRoots("client_roots"));
    return requests.empty() ? Text("There is nothing that I may ask.") : Asking(std::move(requests));
  });
}

}  // namespace chimera::mcp::conformance
