#include "mcp/server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <map>
#include <utility>
#include <variant>

#include "base/log.h"
#include "mcp/era.h"
#include "mcp/method.h"

namespace chimera::mcp {
namespace {

bool Always(const Core&) {
  return true;
}
bool HasTools(const Core& core) {
  return core.features.tools != nullptr;
}
bool HasResources(const Core& core) {
  return core.features.resources != nullptr;
}
bool HasPrompts(const Core& core) {
  return core.features.prompts != nullptr;
}
bool HasCompleter(const Core& core) {
  return core.features.completer != nullptr;
}
bool HasLogging(const Core& core) {
  return core.options.logging;
}

struct Method {
  std::string_view name;
  Outcome (*run)(const Call&);
  bool (*offered)(const Core&) = &Always;
  bool in_sessions = true;
  bool stateless = true;
  bool before_initialize = false;
  bool waits = false;
  bool reads = false;  ///< needs Scope::kRead; tools/call needs what its tool does
};

constexpr std::array kMethods = {
    Method{.name = "initialize", .run = &Initialize, .stateless = false, .before_initialize = true},
    Method{.name = "server/discover", .run = &Discover, .in_sessions = false},
    Method{.name = "ping", .run = &Ping, .stateless = false, .before_initialize = true},
    Method{.name = "logging/setLevel", .run = &SetLogLevel, .offered = &HasLogging, .stateless = false},
    Method{.name = "tools/list", .run = &ListTools, .offered = &HasTools},
    Method{.name = "tools/call", .run = &CallTool, .offered = &HasTools, .waits = true},
    Method{.name = "resources/list", .run = &ListResources, .offered = &HasResources, .waits = true, .reads = true},
    Method{.name = "resources/templates/list", .run = &ListResourceTemplates, .offered = &HasResources, .reads = true},
    Method{.name = "resources/read", .run = &ReadResource, .offered = &HasResources, .waits = true, .reads = true},
    Method{.name = "resources/subscribe",
           .run = &SubscribeResource,
           .offered = &HasResources,
           .stateless = false,
           .reads = true},
    Method{.name = "resources/unsubscribe",
           .run = &UnsubscribeResource,
           .offered = &HasResources,
           .stateless = false,
           .reads = true},
    Method{.name = "prompts/list", .run = &ListPrompts, .offered = &HasPrompts, .reads = true},
    Method{.name = "prompts/get", .run = &FillPrompt, .offered = &HasPrompts, .waits = true, .reads = true},
    Method{.name = "completion/complete", .run = &Complete, .offered = &HasCompleter, .waits = true, .reads = true},
    Method{.name = "subscriptions/listen", .run = &ListenToChanges, .in_sessions = false},
    Method{.name = "tasks/get", .run = &TaskState, .offered = &HasTools, .in_sessions = false},
    Method{.name = "tasks/update", .run = &UpdateTask, .offered = &HasTools, .in_sessions = false},
    Method{.name = "tasks/cancel", .run = &CancelTask, .offered = &HasTools, .in_sessions = false},
};

const Method* FindMethod(std::string_view name) {
  const auto* found = std::find_if(kMethods.begin(), kMethods.end(), [&](const Method& m) { return m.name == name; });
  return found == kMethods.end() ? nullptr : found;
}

ProtocolError UnknownMethod(const std::string& name) {
  return {kMethodNotFound, "there is no method " + Excerpt(name, 80) + " in this protocol version"};
}

ProtocolError UnsupportedVersion(const std::string& requested) {
  return {kUnsupportedVersion,
          "protocol version " + Excerpt(requested, 40) + " is not supported",
          {{"supported", SupportedVersions()}, {"requested", requested}}};
}

/// The rules that `message` follows, or why there are none.
std::variant<const Era*, ProtocolError> ChooseEra(const Session& session, const Message& message) {
  const std::string requested = RequestedVersion(message);
  const Era* era = FindEra(requested);
  if (era != nullptr && era->stateless) return era;
  if (message.method == "initialize") return &NewestSessionEra();
  if (session.Initialized()) return FindEra(session.ProtocolVersion());
  if (!requested.empty()) return UnsupportedVersion(requested);
  const Method* method = FindMethod(message.method);
  if (method != nullptr && method->before_initialize) return &NewestSessionEra();
  return NeedsSession(message.method);
}

/// What a stateless request's `_meta` must hold besides the version (2026-07-28, basic, "_meta").
std::optional<ProtocolError> CheckMeta(const Message& message) {
  const Json& meta = MetaOf(message);
  const auto capabilities = meta.find("io.modelcontextprotocol/clientCapabilities");
  if (capabilities != meta.end() && capabilities->is_object()) return std::nullopt;
  ProtocolError error = InvalidParams(
      "params._meta lacks the object io.modelcontextprotocol/clientCapabilities; send {} when there are none");
  error.http_status = 400;
  return error;
}

}  // namespace

// Results are non-empty objects in a stateless era: _meta is in all of them.
std::string TypedResult(std::string result, std::string_view type) {
  if (result.size() < 3) return "{\"resultType\":\"" + std::string(type) + "\"}";
  result.back() = ',';
  result.append(R"("resultType":")").append(type).append("\"}");
  return result;
}

ProtocolError BugError(const std::string& id, const std::string& session, const std::string& method,
                       const std::string& what) {
  log::Error("request=" + id + " session=" + session + " method=" + Excerpt(method, 80) + " failed: " + what);
  return {kInternalError, "internal error; the server's log has it under request " + id};
}

struct Server::Impl {
  Outcome Dispatch(Session& session, const Message& message, const std::shared_ptr<Outlet>& outlet,
                   std::stop_token stop);
  Outcome DispatchSafely(Session& session, const Message& message, const std::shared_ptr<Outlet>& outlet,
                         std::stop_token stop);

  Core core;
  std::map<std::string, std::vector<MirroredArgument>> mirrored = {};  ///< by the tool's name
};

Outcome Server::Impl::Dispatch(Session& session, const Message& message, const std::shared_ptr<Outlet>& outlet,
                               std::stop_token stop) {
  auto chosen = ChooseEra(session, message);
  if (auto* error = std::get_if<ProtocolError>(&chosen)) return std::move(*error);
  const Era& era = *std::get<const Era*>(chosen);
  const Method* method = FindMethod(message.method);
  if (era.stateless) {
    if (auto error = CheckMeta(message)) return *std::move(error);
  }
  if (method == nullptr || !(era.stateless ? method->stateless : method->in_sessions) || !method->offered(core)) {
    return UnknownMethod(message.method);
  }
  if (method->reads) {
    if (auto error = Forbids(message, Scope::kRead)) return *std::move(error);
  }
  const auto over = std::make_shared<std::atomic<bool>>(false);
  Outcome outcome = method->run({core, session, message, era, std::move(stop), outlet, over});
  *over = true;
  if (auto* completed = std::get_if<Completed>(&outcome); completed != nullptr && era.stateless) {
    completed->result = TypedResult(std::move(completed->result), completed->type);
  }
  return outcome;
}

Outcome Server::Impl::DispatchSafely(Session& session, const Message& message, const std::shared_ptr<Outlet>& outlet,
                                     std::stop_token stop) {
  const auto bug = [&](const std::string& what) {
    return BugError(Excerpt(message.id, 64), session.LogName(), message.method, what);
  };
  try {
    return Dispatch(session, message, outlet, std::move(stop));
  } catch (const std::exception& error) {
    return bug(error.what());
  } catch (...) {
    return bug("unknown exception");
  }
}

Server::Server(ServerOptions options, Features features) {
  RequestState state(options.state_key);
  impl_ = std::shared_ptr<Impl>(new Impl{{std::move(options), features, {}, std::move(state)}});
  if (features.tools == nullptr) return;
  for (const ToolDefinition& tool : features.tools->Definitions()) {
    auto mirrored = MirroredArguments(tool.input_schema);
    if (!mirrored.empty()) impl_->mirrored[tool.name] = std::move(mirrored);
  }
}

std::optional<Reply> Server::Handle(Session& session, const Message& message, std::shared_ptr<Outlet> outlet) {
  if (message.kind == MessageKind::kResponse) {
    session.Questions().Answered(message.id, message.is_error, message.result_or_error);
    return std::nullopt;
  }
  if (message.kind == MessageKind::kNotification) {
    const auto id = message.params.find("requestId");
    if (message.method == "notifications/cancelled" && id != message.params.end()) session.Cancel(*id);
    return std::nullopt;
  }
  const std::stop_token stop = session.StopToken(message.id);
  Outcome outcome = Completed();
  if (!stop.stop_requested()) outcome = impl_->DispatchSafely(session, message, outlet, stop);
  if (std::holds_alternative<StaysOpen>(outcome)) return std::nullopt;
  session.Unregister(message.id);
  if (stop.stop_requested()) return std::nullopt;
  if (const auto* error = std::get_if<ProtocolError>(&outcome)) {
    return Reply{ErrorReply(message.id, *error), error->code, error->http_status, error->missing_scopes};
  }
  auto& completed = std::get<Completed>(outcome);
  return Reply{ResultReply(message.id, std::move(completed.result)), 0, 0, {}, std::move(completed.headers)};
}

bool Server::Waits(const Message& message) const {
  const Method* method = FindMethod(message.method);
  return message.kind == MessageKind::kRequest && method != nullptr && method->waits;
}

const std::vector<MirroredArgument>& Server::Mirrored(const Message& message) const {
  static const std::vector<MirroredArgument> kNone;
  if (impl_->mirrored.empty() || message.method != "tools/call") return kNone;
  const Json name = message.params.value("name", Json());
  const auto found = name.is_string() ? impl_->mirrored.find(name.get<std::string>()) : impl_->mirrored.end();
  return found == impl_->mirrored.end() ? kNone : found->second;
}

bool Server::MaySpeak(const Session& session, const Message& message) const {
  const ToolCatalog* tools = impl_->core.features.tools;
  if (impl_->core.options.tools_speak || message.method != "tools/call" || tools == nullptr) return true;
  if (MetaOf(message).contains("progressToken")) return true;
  if (!session.Initialized() || !session.Abilities().elicitation) return false;
  const Json name = message.params.value("name", Json());
  return name.is_string() && tools->MayAsk(name.get<std::string>());
}

Announcer& Server::Changes() {
  return impl_->core.announcer;
}

ProtocolError NeedsSession(const std::string& method) {
  return {kInvalidRequest,
          (method.empty() ? "a response" : Excerpt(method, 80)) +
              " came outside a session: send initialize first (over HTTP, repeat the Mcp-Session-Id header of its "
              "answer), or make the request stateless by adding " +
              std::string(StatelessMetaExample()) + " to its params"};
}

}  // namespace chimera::mcp
