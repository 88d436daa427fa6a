#include "mcp/message.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "base/json_bounds.h"
#include "base/text.h"

namespace chimera::mcp {
namespace {

namespace ondemand = simdjson::ondemand;
using Slice = std::optional<std::string_view>;

constexpr size_t kMaxDepth = kMaxJsonDepth;

/// The raw text of a message's parts. Slices point into the text that was cut up.
struct Envelope {
  Slice jsonrpc, id, method, params, result, error;
  Slice arguments;                                                ///< of params, when these are an object
  std::vector<std::pair<std::string, std::string_view>> members;  ///< of params, without `arguments`
  size_t members_bytes = 0;
};

/// simdjson refuses numbers beyond 64 bits and out of double's range, which JSON allows and a wide integer column may
/// need; only then the slower parser decides.
bool IsJson(const simdjson::padded_string& text, simdjson::error_code& why) {
  simdjson::dom::parser parser;
  why = parser.allocate(text.size(), kMaxDepth);
  if (!why) why = parser.parse(text).error();
  if (why != simdjson::NUMBER_ERROR) return !why;
  const std::string_view whole(text.data(), text.size());
  if (IsTooDeep(whole))
    why = simdjson::DEPTH_ERROR;  // it stopped at the number, which may come before what is too deep
  return why == simdjson::NUMBER_ERROR && Json::accept(whole);
}

/// Small texts get the slower parser's message, which says where the text goes wrong.
ProtocolError ParseErrorFor(std::string_view text, simdjson::error_code why) {
  std::string reason = simdjson::error_message(why);
  if (text.size() <= kMaxParamsBytes) {
    if (auto parsed = ParseJson(text); !parsed.ok()) reason = parsed.error().message;
  }
  return {kParseError, "the message is not valid JSON (UTF-8, at most 200 levels deep): " + reason, {}};
}

void CutParams(ondemand::object params, Envelope& envelope) {
  envelope.arguments.reset();
  envelope.members.clear();
  envelope.members_bytes = 0;
  for (auto field : params) {
    std::string key(field.unescaped_key().value());
    const std::string_view value = simdjson::to_json_string(field.value()).value();
    if (key == "arguments") {
      envelope.arguments = value;
      continue;
    }
    envelope.members_bytes += key.size() + value.size();
    if (envelope.members_bytes <= kMaxParamsBytes) envelope.members.emplace_back(std::move(key), value);
  }
}

Slice* Part(Envelope& envelope, std::string_view key) {
  if (key == "jsonrpc") return &envelope.jsonrpc;
  if (key == "id") return &envelope.id;
  if (key == "method") return &envelope.method;
  if (key == "params") return &envelope.params;
  if (key == "result") return &envelope.result;
  if (key == "error") return &envelope.error;
  return nullptr;
}

/// Requires valid JSON whose root is an object.
Envelope CutEnvelope(ondemand::object root) {
  Envelope envelope;
  for (auto field : root) {
    Slice* part = Part(envelope, field.unescaped_key().value());
    if (part == nullptr) continue;
    ondemand::value value = field.value();
    if (part == &envelope.params && value.type().value() == ondemand::json_type::object) {
      CutParams(value.get_object().value(), envelope);
      envelope.params = "{}";
    } else {
      *part = simdjson::to_json_string(value).value();
    }
  }
  return envelope;
}

/// A part that is small or refused. Null when it could not be read, which callers treat as a wrong type.
Json SmallValue(const Slice& slice) {
  if (!slice || slice->size() > kMaxParamsBytes) return nullptr;
  auto value = ParseJson(*slice);
  return value.ok() ? std::move(*value) : Json();
}

bool IsId(const Json& id) {
  return id.is_string() || id.is_number_integer();
}

std::optional<ProtocolError> ReadParams(const Envelope& envelope, Message& message) {
  if (!envelope.params) return std::nullopt;
  if (*envelope.params != "{}") {
    return ProtocolError{kInvalidParams, "params must be an object; send {} or leave it out", {}};
  }
  const bool raw_arguments = message.method == "tools/call";
  const size_t other_bytes = raw_arguments || !envelope.arguments ? 0 : envelope.arguments->size();
  if (envelope.members_bytes + other_bytes > kMaxParamsBytes) {
    const std::string limit = std::to_string(kMaxParamsBytes >> 10) + " KiB";
    return ProtocolError{kInvalidParams, "params are too large: besides a tool's arguments they may take " + limit, {}};
  }
  for (const auto& [key, value] : envelope.members) message.params[key] = SmallValue(value);
  if (!envelope.arguments) return std::nullopt;
  if (raw_arguments) {
    message.arguments = *envelope.arguments;
  } else {
    message.params["arguments"] = SmallValue(envelope.arguments);
  }
  return std::nullopt;
}

std::optional<ProtocolError> ReadResponse(const Envelope& envelope, Message& message) {
  message.kind = MessageKind::kResponse;
  const Slice& body = envelope.result ? envelope.result : envelope.error;
  if (!body) {
    return ProtocolError{kInvalidRequest, "the message has neither a method (a request) nor a result (a response)", {}};
  }
  message.result_or_error = SmallValue(body);
  message.is_error = !envelope.result;
  return std::nullopt;
}

std::optional<ProtocolError> ReadMessage(const Envelope& envelope, Message& message) {
  const auto invalid = [](std::string what) { return ProtocolError{kInvalidRequest, std::move(what), {}}; };
  const Json id = SmallValue(envelope.id);
  if (IsId(id)) message.id = id;
  if (SmallValue(envelope.jsonrpc) != "2.0") return invalid(R"(the message lacks "jsonrpc":"2.0")");
  if (envelope.id && !IsId(id)) return invalid("id must be a string or an integer, not null or anything else");
  if (!envelope.method) return ReadResponse(envelope, message);
  const Json method = SmallValue(envelope.method);
  if (!method.is_string()) return invalid("method must be a string");
  message.method = method.get<std::string>();
  message.kind = envelope.id ? MessageKind::kRequest : MessageKind::kNotification;
  return ReadParams(envelope, message);
}

ParsedMessage Refused(int code, std::string what) {
  return {{}, ProtocolError{code, std::move(what), {}}};
}

/// Requires valid JSON.
ParsedMessage ReadObject(const simdjson::padded_string& text) {
  ondemand::parser parser;
  if (parser.allocate(text.size(), kMaxDepth)) return Refused(kInternalError, "out of memory");
  auto document = parser.iterate(text);
  ondemand::object root;
  if (document.get_object().get(root)) {
    return Refused(kInvalidRequest, "a message must be a JSON object with jsonrpc, method and, for requests, id");
  }
  const Envelope envelope = CutEnvelope(root);
  ParsedMessage parsed;
  parsed.error = ReadMessage(envelope, parsed.message);
  return parsed;
}

/// Requires a valid JSON array.
Incoming ReadBatch(const simdjson::padded_string& text) {
  ondemand::parser parser;
  if (parser.allocate(text.size(), kMaxDepth)) return {false, {Refused(kInternalError, "out of memory")}};
  auto document = parser.iterate(text);
  Incoming incoming{true, {}};
  for (auto element : document.get_array()) {
    if (incoming.messages.size() == kMaxBatch) {
      return {false, {Refused(kInvalidRequest, "a batch may hold " + std::to_string(kMaxBatch) + " messages")}};
    }
    incoming.messages.push_back(ReadObject(simdjson::padded_string(simdjson::to_json_string(element).value())));
  }
  if (incoming.messages.empty()) return {false, {Refused(kInvalidRequest, "the batch is empty")}};
  return incoming;
}

/// Raw line breaks in JSON text are white space between tokens; a transport that frames by lines must not see them.
std::string OneLine(std::string text) {
  for (char line_break : {'\n', '\r'}) {
    for (size_t at = text.find(line_break); at != text.npos; at = text.find(line_break, at)) text[at] = ' ';
  }
  return text;
}

std::string ReplyHead(const Json& id) {
  return R"({"jsonrpc":"2.0","id":)" + ToText(id);
}

}  // namespace

Incoming ParseIncoming(std::string_view text) {
  const simdjson::padded_string padded(text);
  simdjson::error_code why = simdjson::SUCCESS;
  if (!IsJson(padded, why)) return {false, {{{}, ParseErrorFor(text, why)}}};
  try {
    return Trim(text).front() == '[' ? ReadBatch(padded) : Incoming{false, {ReadObject(padded)}};
  } catch (const simdjson::simdjson_error& error) {
    return {false, {{{}, ParseErrorFor(text, error.error())}}};
  }
}

ParsedMessage ParseMessage(std::string_view text) {
  Incoming incoming = ParseIncoming(text);
  if (incoming.batch) return Refused(kInvalidRequest, "batches are not accepted here; send one message at a time");
  return std::move(incoming.messages.front());
}

std::string ResultReply(const Json& id, std::string result_json) {
  std::string reply = OneLine(std::move(result_json));
  reply.insert(0, ReplyHead(id) + R"(,"result":)");  // in place: a result can have megabytes
  reply += '}';
  return reply;
}

std::string ErrorReply(const Json& id, const ProtocolError& error) {
  Json body = {{"code", error.code}, {"message", error.message}};
  if (!error.data.is_null()) body["data"] = error.data;
  return ReplyHead(id) + R"(,"error":)" + ToText(body) + "}";
}

std::string NotificationText(std::string_view method, const Json& params) {
  Json text = {{"jsonrpc", "2.0"}, {"method", method}};
  if (!params.empty()) text["params"] = params;
  return ToText(text);
}

std::string RequestText(const Json& id, std::string_view method, const Json& params) {
  Json text = {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}};
  if (!params.empty()) text["params"] = params;
  return ToText(text);
}

}  // namespace chimera::mcp
