#include "mcp/server.h"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>
#include <variant>

#include "base/log.h"
#include "base/text.h"
#include "mcp/era.h"
#include "mcp/tool_json.h"

namespace chimera::mcp {
namespace {

using Outcome = std::variant<std::string, ProtocolError>;  // the text of a result object, or why there is none

/// One request on its way through a method.
struct Call {
  Session& session;
  const Message& message;
  const Era& era;
  std::stop_token stop;
};

ProtocolError InvalidParams(std::string what) {
  return {kInvalidParams, std::move(what), {}};
}

/// "name/version" without anything that could forge a log line.
std::string ClientName(const Json& info) {
  if (!info.is_object()) return {};
  const auto text = [&](const char* key) {
    const auto found = info.find(key);
    std::string value = found != info.end() && found->is_string() ? found->get<std::string>() : std::string("?");
    value.resize(std::min<size_t>(value.size(), 64));
    std::replace_if(
        value.begin(), value.end(), [](char c) { return c <= ' ' || c > '~'; }, '_');
    return value;
  };
  return text("name") + "/" + text("version");
}

std::string ClientOf(const Call& call) {
  if (!call.era.stateless) return call.session.Client();
  return ClientName(call.message.params["_meta"].value("io.modelcontextprotocol/clientInfo", Json()));
}

ProtocolError UnsupportedVersion(const std::string& requested) {
  return {kUnsupportedVersion,
          "protocol version " + Excerpt(requested, 40) + " is not supported",
          {{"supported", SupportedVersions()}, {"requested", requested}}};
}

std::string IdText(const Message& message) {
  return Excerpt(message.id, 64);
}

}  // namespace

struct Server::Impl {
  struct Method {
    std::string_view name;
    Outcome (Impl::*run)(const Call&);
    bool in_sessions = true;
    bool stateless = true;
    bool before_initialize = false;
    bool waits = false;
  };
  static const Method* FindMethod(std::string_view name);
  static ProtocolError UnknownMethod(const std::string& name);
  static std::variant<const Era*, ProtocolError> ChooseEra(const Session& session, const Message& message);

  Outcome Initialize(const Call& call);
  Outcome Discover(const Call& call);
  Outcome Ping(const Call& call);
  Outcome ListTools(const Call& call);
  Outcome CallTool(const Call& call);

  void Notify(Session& session, const Message& message);
  Outcome Dispatch(Session& session, const Message& message, std::stop_token stop);
  Outcome DispatchSafely(Session& session, const Message& message, std::stop_token stop);
  Json ServerInfo(const Era& era) const;
  void Describe(const Era& era, Json& result) const;
  std::string Seal(const Era& era, Json result) const;
  RequestContext Context(const Call& call) const;
  ToolResult RunTool(const Call& call, const std::string& name);

  ServerOptions options;
  ToolCatalog& tools;
};

const Server::Impl::Method* Server::Impl::FindMethod(std::string_view name) {
  static constexpr std::array kMethods = {
      Method{.name = "initialize", .run = &Impl::Initialize, .stateless = false, .before_initialize = true},
      Method{.name = "server/discover", .run = &Impl::Discover, .in_sessions = false},
      Method{.name = "ping", .run = &Impl::Ping, .stateless = false, .before_initialize = true},
      Method{.name = "tools/list", .run = &Impl::ListTools},
      Method{.name = "tools/call", .run = &Impl::CallTool, .waits = true},
  };
  const auto* found = std::find_if(kMethods.begin(), kMethods.end(), [&](const Method& m) { return m.name == name; });
  return found == kMethods.end() ? nullptr : found;
}

ProtocolError Server::Impl::UnknownMethod(const std::string& name) {
  return {kMethodNotFound, "there is no method " + Excerpt(name, 80) + " in this protocol version", {}};
}

std::variant<const Era*, ProtocolError> Server::Impl::ChooseEra(const Session& session, const Message& message) {
  const std::string requested = RequestedVersion(message);
  const Era* era = FindEra(requested);
  if (message.method == "initialize") return &NewestSessionEra();
  if (era != nullptr && era->stateless) return era;
  if (session.Initialized()) return FindEra(session.ProtocolVersion());
  if (!requested.empty()) return UnsupportedVersion(requested);
  const Method* method = FindMethod(message.method);
  if (method != nullptr && method->before_initialize) return &NewestSessionEra();
  return NeedsSession(message.method);
}

Json Server::Impl::ServerInfo(const Era& era) const {
  Json info = {{"name", options.name}};
  if (era.structured_output && !options.title.empty()) info["title"] = options.title;
  info["version"] = options.version;
  return info;
}

/// What initialize and server/discover both tell.
void Server::Impl::Describe(const Era& era, Json& result) const {
  result["capabilities"] = {{"tools", {{"listChanged", false}}}};
  if (era.stateless) {
    result["_meta"] = {{"io.modelcontextprotocol/serverInfo", ServerInfo(era)}};
  } else {
    result["serverInfo"] = ServerInfo(era);
  }
  if (!options.instructions.empty()) result["instructions"] = options.instructions;
}

/// A result that clients may keep. Nothing here changes while the server runs, but a restart may bring other tools.
std::string Server::Impl::Seal(const Era& era, Json result) const {
  if (era.stateless) {
    result["ttlMs"] = 300'000;
    result["cacheScope"] = "public";
  }
  return ToText(result);
}

Outcome Server::Impl::Initialize(const Call& call) {
  const Json& params = call.message.params;
  const auto version = params.find("protocolVersion");
  if (version == params.end() || !version->is_string()) {
    return InvalidParams(R"(initialize needs a string params.protocolVersion, such as "2025-11-25")");
  }
  if (call.session.Initialized()) {
    return ProtocolError{kInvalidRequest, "this session is initialized already; open another one instead", {}};
  }
  const Era* known = FindEra(version->get<std::string>());
  const Era& era = known == nullptr || known->stateless ? NewestSessionEra() : *known;
  call.session.Initialize(std::string(era.version), ClientName(params.value("clientInfo", Json())));
  Json result = {{"protocolVersion", era.version}};
  Describe(era, result);
  return ToText(result);
}

Outcome Server::Impl::Discover(const Call& call) {
  Json result = {{"supportedVersions", SupportedVersions()}};
  Describe(call.era, result);
  return Seal(call.era, std::move(result));
}

Outcome Server::Impl::Ping(const Call&) {
  return "{}";
}

Outcome Server::Impl::ListTools(const Call& call) {
  const Json cursor = call.message.params.value("cursor", Json(""));
  const auto& all = tools.Definitions();
  const auto start = cursor.is_string() ? PageStart(all, cursor.get<std::string>()) : std::nullopt;
  if (!start) return InvalidParams("cursor " + Excerpt(cursor, 80) + " is not one that tools/list returned here");
  const size_t end = std::min(all.size(), *start + options.list_page);
  Json entries = Json::array();
  for (size_t i = *start; i < end; ++i) entries.push_back(ToolEntry(call.era, all[i]));
  Json result = {{"tools", std::move(entries)}};
  if (end < all.size()) result["nextCursor"] = PageCursor(all, end);
  return Seal(call.era, std::move(result));
}

Outcome Server::Impl::CallTool(const Call& call) {
  const Json name = call.message.params.value("name", Json());
  if (!name.is_string()) return InvalidParams("tools/call needs the tool's name as a string in params.name");
  const std::string& arguments = call.message.arguments;
  if (!arguments.empty() && arguments.front() != '{') {
    return InvalidParams("params.arguments must be an object; send {} or leave it out when there are none");
  }
  const auto tool = name.get<std::string>();
  if (tools.Has(tool)) return CallResult(call.era, RunTool(call, tool));
  const std::string suggestion = tools.Suggestion(tool);
  return InvalidParams("there is no tool " + Excerpt(name, 100) +
                       (suggestion.empty() ? "; tools/list names them all" : "; " + suggestion));
}

RequestContext Server::Impl::Context(const Call& call) const {
  return {.deadline = Deadline::After(options.call_timeout),
          .stop = call.stop,
          .request_id = IdText(call.message),
          .session_id = call.session.LogName(),
          .client = ClientOf(call)};
}

ToolResult Server::Impl::RunTool(const Call& call, const std::string& name) {
  const RequestContext context = Context(call);
  const auto start = Deadline::Clock::now();
  const std::string& arguments = call.message.arguments;
  ToolResult result = tools.Call(context, name, arguments.empty() ? "{}" : arguments);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Deadline::Clock::now() - start);
  const char* outcome = context.Cancelled() ? "cancelled" : result.is_error ? "error" : "ok";
  const std::string error = result.error_code.empty() ? "" : " error=" + result.error_code;
  const std::string query = result.query_id.empty() ? "" : " query=" + result.query_id;
  log::Info("tool=" + name + " outcome=" + outcome + error + query + " ms=" + std::to_string(took.count()) +
            " request=" + context.request_id + " session=" + context.session_id + " client=" + context.client);
  return result;
}

void Server::Impl::Notify(Session& session, const Message& message) {
  if (message.method != "notifications/cancelled") return;
  const auto id = message.params.find("requestId");
  if (id != message.params.end()) session.Cancel(*id);
}

Outcome Server::Impl::Dispatch(Session& session, const Message& message, std::stop_token stop) {
  auto chosen = ChooseEra(session, message);
  if (auto* error = std::get_if<ProtocolError>(&chosen)) return std::move(*error);
  const Era& era = *std::get<const Era*>(chosen);
  const Method* method = FindMethod(message.method);
  if (method == nullptr || !(era.stateless ? method->stateless : method->in_sessions)) {
    return UnknownMethod(message.method);
  }
  Outcome outcome = (this->*method->run)({session, message, era, std::move(stop)});
  if (auto* result = std::get_if<std::string>(&outcome); result != nullptr && era.stateless) {
    result->back() = ',';  // results are non-empty objects in a stateless era
    *result += R"("resultType":"complete"})";
  }
  return outcome;
}

Outcome Server::Impl::DispatchSafely(Session& session, const Message& message, std::stop_token stop) {
  const auto bug = [&](const std::string& what) {
    log::Error("request=" + IdText(message) + " session=" + session.LogName() +
               " method=" + Excerpt(message.method, 80) + " failed: " + what);
    return ProtocolError{
        kInternalError, "internal error; the server's log has it under request " + IdText(message), {}};
  };
  try {
    return Dispatch(session, message, std::move(stop));
  } catch (const std::exception& error) {
    return bug(error.what());
  } catch (...) {
    return bug("unknown exception");
  }
}

Server::Server(ServerOptions options, ToolCatalog& tools)
    : impl_(std::make_shared<Impl>(Impl{std::move(options), tools})) {}

std::optional<Reply> Server::Handle(Session& session, const Message& message) {
  if (message.kind == MessageKind::kNotification) impl_->Notify(session, message);
  if (message.kind != MessageKind::kRequest) return std::nullopt;
  const std::stop_token stop = session.StopToken(message.id);
  Outcome outcome = std::string();
  if (!stop.stop_requested()) outcome = impl_->DispatchSafely(session, message, stop);
  session.Unregister(message.id);
  if (stop.stop_requested()) return std::nullopt;
  if (const auto* error = std::get_if<ProtocolError>(&outcome))
    return Reply{ErrorReply(message.id, *error), error->code};
  return Reply{ResultReply(message.id, std::get<std::string>(outcome)), 0};
}

bool Server::Waits(const Message& message) const {
  const auto* method = Impl::FindMethod(message.method);
  return message.kind == MessageKind::kRequest && method != nullptr && method->waits;
}

ProtocolError NeedsSession(const std::string& method) {
  return {kInvalidRequest,
          Excerpt(method, 80) +
              " came outside a session: send initialize first (over HTTP, repeat the Mcp-Session-Id header of its "
              "answer), or make the request stateless by adding " +
              std::string(StatelessMetaExample()) + " to its params",
          {}};
}

}  // namespace chimera::mcp
