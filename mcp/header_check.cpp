#include "mcp/header_check.h"

#include <algorithm>

#include "base/base64.h"
#include "base/text.h"
#include "mcp/era.h"

namespace chimera::mcp {
namespace {

constexpr std::string_view kPrefix = "=?base64?";
constexpr std::string_view kSuffix = "?=";

ProtocolError Mismatch(std::string message) {
  return {kHeaderMismatch, std::move(message)};
}

/// The member of params that Mcp-Name repeats, or nullptr.
const char* NamedBy(const std::string& method) {
  if (method == "tools/call" || method == "prompts/get") return "name";
  if (method == "tasks/get" || method == "tasks/update" || method == "tasks/cancel") return "taskId";
  return method == "resources/read" ? "uri" : nullptr;
}

std::optional<ProtocolError> Compare(const char* name, const std::optional<std::string>& value,
                                     const std::string& expected) {
  const std::string should = std::string(name) + ": " + Excerpt(expected, 100);
  if (!value) return Mismatch(std::string("the header ") + name + " is missing; send " + should);
  const auto decoded = DecodeHeader(*value);
  if (!decoded) return Mismatch(std::string("the header ") + name + " cannot be read; send " + should);
  if (*decoded == expected) return std::nullopt;
  return Mismatch(std::string("the header ") + name + " says " + Excerpt(*decoded, 100) + ", the body " +
                  Excerpt(expected, 100));
}

void CollectMirrored(const Json& schema, const std::vector<std::string>& path, std::vector<MirroredArgument>& found) {
  const auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object()) return;
  for (const auto& [name, property] : properties->items()) {
    if (!property.is_object()) continue;
    std::vector<std::string> deeper = path;
    deeper.push_back(name);
    const auto mark = property.find("x-mcp-header");
    if (mark != property.end() && mark->is_string()) found.push_back({"Mcp-Param-" + mark->get<std::string>(), deeper});
    CollectMirrored(property, deeper, found);
  }
}

/// The value at `path`, or null.
const Json& ValueAt(const Json& arguments, const std::vector<std::string>& path) {
  static const Json kNull;
  const Json* value = &arguments;
  for (const std::string& name : path) {
    const auto found = value->is_object() ? value->find(name) : value->end();
    if (found == value->end()) return kNull;
    value = &*found;
  }
  return *value;
}

/// True when the header's text says the number `value`: 42.0 is 42.
bool SaysNumber(const std::string& text, const Json& value) {
  const auto number = ParseJson(text);
  return number.ok() && number->is_number() && *number == value;
}

std::optional<ProtocolError> CompareArgument(const MirroredArgument& argument, const std::optional<std::string>& value,
                                             const Json& expected) {
  const char* name = argument.header.c_str();
  if (expected.is_null()) {
    if (!value) return std::nullopt;
    return Mismatch("the header " + argument.header + " repeats an argument that the body does not have; leave it out");
  }
  if (expected.is_number() && value && SaysNumber(DecodeHeader(*value).value_or(""), expected)) return std::nullopt;
  return Compare(name, value, expected.is_string() ? expected.get<std::string>() : ToText(expected));
}

}  // namespace

std::vector<MirroredArgument> MirroredArguments(const Json& input_schema) {
  std::vector<MirroredArgument> found;
  if (input_schema.is_object()) CollectMirrored(input_schema, {}, found);
  return found;
}

std::optional<ProtocolError> CheckArgumentHeaders(const std::vector<MirroredArgument>& mirrored,
                                                  std::string_view arguments_json, const HeaderValue& header) {
  const auto parsed = ParseJson(arguments_json.empty() ? "{}" : arguments_json);
  const Json arguments = parsed.ok() ? *parsed : Json::object();
  for (const MirroredArgument& argument : mirrored) {
    const Json& expected = ValueAt(arguments, argument.path);
    if (auto error = CompareArgument(argument, header(argument.header.c_str()), expected)) return error;
  }
  return std::nullopt;
}

std::optional<std::string> DecodeHeader(const std::string& value) {
  if (value.starts_with(kPrefix) && value.ends_with(kSuffix) && value.size() >= kPrefix.size() + kSuffix.size()) {
    const std::string_view inner(value);
    auto bytes = FromBase64(inner.substr(kPrefix.size(), inner.size() - kPrefix.size() - kSuffix.size()));
    return bytes && IsValidUtf8(*bytes) ? bytes : std::nullopt;
  }
  const bool plain =
      std::all_of(value.begin(), value.end(), [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; });
  return plain ? std::optional(value) : std::nullopt;
}

std::optional<ProtocolError> CheckHeaders(const Message& message, const HeaderValue& header) {
  const auto version = header("MCP-Protocol-Version");
  const std::string requested = RequestedVersion(message);
  // The version is never encoded.
  if (!version) return Mismatch("the header MCP-Protocol-Version is missing; send MCP-Protocol-Version: " + requested);
  if (*version != requested) {
    return Mismatch("the header MCP-Protocol-Version says " + Excerpt(*version, 40) + ", params._meta " +
                    Excerpt(requested, 40));
  }
  if (message.kind != MessageKind::kRequest) return std::nullopt;
  if (auto error = Compare("Mcp-Method", header("Mcp-Method"), message.method)) return error;
  const char* member = NamedBy(message.method);
  const auto name = member == nullptr ? message.params.end() : message.params.find(member);
  if (name == message.params.end() || !name->is_string()) return std::nullopt;
  return Compare("Mcp-Name", header("Mcp-Name"), name->get<std::string>());
}

}  // namespace chimera::mcp
