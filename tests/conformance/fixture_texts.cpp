#include <algorithm>

#include "base/base64.h"
#include "tests/conformance/fixtures.h"

namespace chimera::mcp::conformance {
namespace {

PromptMessage Text(std::string text) {
  return {"user", {{"type", "text"}, {"text", std::move(text)}}};
}

std::vector<ResourceContents> TextOf(const std::string& uri, std::string type, std::string text) {
  return {{.uri = uri, .mime_type = std::move(type), .text = std::move(text)}};
}

using Contents = std::variant<std::vector<ResourceContents>, InputNeed>;

}  // namespace

const char* const kPng =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const char* const kWav = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAAAAA==";

Result<std::vector<ResourceDefinition>> FixtureResources::List(const CallContext&) {
  return std::vector<ResourceDefinition>{
      {"test://static-text", "Static text", "", "A static text resource.", "text/plain"},
      {"test://static-binary", "Static binary", "", "A static picture.", "image/png"},
      {"test://watched-resource", "Watched resource", "", "A resource to subscribe to.", "text/plain"},
  };
}

std::vector<ResourceTemplate> FixtureResources::Templates() const {
  return {{"test://template/{id}/data", "Template data", "", "Data by id.", "application/json"}};
}

Result<std::optional<Contents>> FixtureResources::Read(const CallContext&, const std::string& uri) {
  constexpr std::string_view kPrefix = "test://template/";
  constexpr std::string_view kSuffix = "/data";
  const auto found = [](std::vector<ResourceContents> contents) {
    return std::optional<Contents>(Contents(std::move(contents)));
  };
  if (uri == "test://static-text") {
    return found(TextOf(uri, "text/plain", "This is the content of the static text resource."));
  }
  if (uri == "test://watched-resource") return found(TextOf(uri, "text/plain", "Watched."));
  if (uri == "test://static-binary") {
    return found({{.uri = uri, .mime_type = "image/png", .text = *FromBase64(kPng), .is_blob = true}});
  }
  if (!uri.starts_with(kPrefix) || !uri.ends_with(kSuffix) || uri.size() <= kPrefix.size() + kSuffix.size()) {
    return std::optional<Contents>();
  }
  const std::string id = uri.substr(kPrefix.size(), uri.size() - kPrefix.size() - kSuffix.size());
  const Json data = {{"id", id}, {"templateTest", true}, {"data", "Data for ID: " + id}};
  return found(TextOf(uri, "application/json", ToText(data)));
}

bool FixtureResources::CanWatch(const std::string& uri) const {
  return uri.starts_with("test://");
}

const std::vector<PromptDefinition> FixturePrompts::definitions_ = {
    {"test_simple_prompt", "", "A simple prompt.", {}},
    {"test_prompt_with_arguments",
     "",
     "A prompt with two arguments.",
     {{"arg1", "", "First argument.", true}, {"arg2", "", "Second argument.", true}}},
    {"test_prompt_with_embedded_resource",
     "",
     "A prompt with a resource in it.",
     {{"resourceUri", "", "URI of the resource to embed.", true}}},
    {"test_prompt_with_image", "", "A prompt with a picture in it.", {}},
    {"test_input_required_result_prompt", "", "A prompt that asks first.", {}},
};

Result<std::variant<Prompt, InputNeed>> FixturePrompts::Fill(const CallContext& context, const std::string& name,
                                                             const Json& arguments) {
  using Filled = std::variant<Prompt, InputNeed>;
  if (name == "test_simple_prompt") return Filled(Prompt{"", {Text("This is a simple prompt for testing.")}});
  if (name == "test_prompt_with_arguments") {
    return Filled(Prompt{"",
                         {Text("Prompt with arguments: arg1='" + arguments["arg1"].get<std::string>() + "', arg2='" +
                               arguments["arg2"].get<std::string>() + "'")}});
  }
  if (name == "test_prompt_with_embedded_resource") {
    const Json resource = {{"uri", arguments["resourceUri"]},
                           {"mimeType", "text/plain"},
                           {"text", "Embedded resource content for testing."}};
    return Filled(Prompt{"",
                         {{"user", {{"type", "resource"}, {"resource", resource}}},
                          Text("Please process the embedded resource above.")}});
  }
  if (name == "test_prompt_with_image") {
    return Filled(Prompt{"",
                         {{"user", {{"type", "image"}, {"data", kPng}, {"mimeType", "image/png"}}},
                          Text("Please analyze the image above.")}});
  }
  const Json answer = context.inputs.responses.value("user_context", Json());
  if (!answer.is_object() || !answer.contains("content")) {
    const Json context_field = {{"context", {{"type", "string"}}}};
    return Filled(InputNeed{{AskForm("user_context", "What context should the prompt use?", context_field)}, {}});
  }
  return Filled(Prompt{"", {Text("Use this context: " + answer["content"].value("context", ""))}});
}

Result<Completion> FixturePrompts::Complete(const CallContext&, const CompletionRequest& request) {
  Completion completion;
  for (const char* value : {"paris", "park", "party"}) {
    if (std::string_view(value).starts_with(request.value)) completion.values.emplace_back(value);
  }
  completion.total = completion.values.size();
  return completion;
}

}  // namespace chimera::mcp::conformance
