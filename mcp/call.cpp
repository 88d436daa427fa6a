#include <algorithm>
#include <atomic>
#include <limits>
#include <utility>

#include "base/text.h"
#include "mcp/log_level.h"
#include "mcp/method.h"

namespace chimera::mcp {
namespace {

constexpr const char* kElicitation = "elicitation/create";
constexpr int kMaxRounds = 10;

bool Has(const Json& object, const char* key) {
  return object.is_object() && object.contains(key);
}

/// Progress that only grows, and ends with the request.
class ProgressSender {
 public:
  ProgressSender(Json token, std::shared_ptr<Outlet> outlet, std::shared_ptr<const std::atomic<bool>> over)
      : token_(std::move(token)), outlet_(std::move(outlet)), over_(std::move(over)) {}

  void Send(const Progress& progress) {
    const std::lock_guard lock(mutex_);
    if (*over_ || progress.done <= last_) return;
    last_ = progress.done;
    Json params = {{"progressToken", token_}, {"progress", progress.done}};
    if (progress.total) params["total"] = *progress.total;
    if (!progress.message.empty()) params["message"] = progress.message;
    outlet_->Send(NotificationText("notifications/progress", params));
  }

 private:
  const Json token_;
  const std::shared_ptr<Outlet> outlet_;
  const std::shared_ptr<const std::atomic<bool>> over_;
  std::mutex mutex_;
  double last_ = -std::numeric_limits<double>::infinity();
};

std::function<void(const Progress&)> ProgressOf(const Call& call) {
  const Json& meta = MetaOf(call.message);
  const auto token = meta.find("progressToken");
  if (!call.outlet || token == meta.end() || !(token->is_string() || token->is_number_integer())) return {};
  auto sender = std::make_shared<ProgressSender>(*token, call.outlet, call.over);
  return [sender](const Progress& progress) { sender->Send(progress); };
}

/// The least severe message to send; nothing when the client wants none.
std::optional<LogLevel> LogThreshold(const Call& call) {
  if (!call.core.options.logging) return std::nullopt;
  if (!call.era.stateless) return call.session.Threshold();
  const Json level = MetaOf(call.message).value("io.modelcontextprotocol/logLevel", Json());
  return level.is_string() ? ParseLogLevel(level.get<std::string>()) : std::nullopt;
}

std::function<void(LogLevel, std::string_view, const Json&)> LogOf(const Call& call) {
  const auto threshold = LogThreshold(call);
  if (!call.outlet || !threshold) return {};
  return [outlet = call.outlet, over = call.over, least = *threshold](LogLevel level, std::string_view logger,
                                                                      const Json& data) {
    if (level < least || *over) return;
    const Json params = {{"level", Name(level)}, {"logger", logger}, {"data", data}};
    outlet->Send(NotificationText("notifications/message", params));
  };
}

/// What a request's state is bound to. Independent of the order in which a client writes members.
std::string Subject(const Call& call) {
  nlohmann::json subject = nlohmann::json::parse(ToText(call.Params()));
  for (const char* key : {"_meta", "inputResponses", "requestState"}) subject.erase(key);
  if (!call.message.arguments.empty()) {
    subject["arguments"] = nlohmann::json::parse(call.message.arguments, nullptr, false);
  }
  return call.message.method + "\n" + SenderName(call) + "\n" +
         subject.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

struct Ability {
  const char* method;
  bool ClientAbilities::*has;
  Json required;
};

/// The capabilities that `need` asks for and the client lacks; null when it has them.
Json Missing(const InputNeed& need, const ClientAbilities& abilities) {
  static const Ability kAbilities[] = {
      {kElicitation, &ClientAbilities::elicitation, {{"elicitation", Json::object()}}},
      {"sampling/createMessage", &ClientAbilities::sampling, {{"sampling", Json::object()}}},
      {"roots/list", &ClientAbilities::roots, {{"roots", Json::object()}}},
  };
  Json missing;
  for (const InputRequest& request : need.requests) {
    for (const Ability& ability : kAbilities) {
      if (request.method == ability.method && !(abilities.*ability.has)) missing.update(ability.required);
    }
  }
  return missing;
}

/// Asks the client of a session by requests of the server.
std::optional<ProtocolError> AskAll(const Call& call, const InputNeed& need, CallContext& context) {
  for (const InputRequest& request : need.requests) {
    auto answer = call.session.Questions().Ask(*call.outlet, request.method, request.params, context);
    const bool refused = !answer.ok() && answer.error().code == ErrorCode::kConflict;
    // A client that cannot ask after all has nobody who agrees.
    if (refused && request.method == kElicitation) answer = Json{{"action", "decline"}};
    if (!answer.ok()) return ProtocolError{kInternalError, answer.error().message};
    context.inputs.responses[request.key] = *std::move(answer);
  }
  context.inputs.state = need.state;
  return std::nullopt;
}

}  // namespace

ProtocolError InvalidParams(std::string what) {
  return {kInvalidParams, std::move(what)};
}

ProtocolError MissingCapability(const Json& required) {
  return {kMissingCapability,
          "this needs a client that declares the capability " + Excerpt(required, 100),
          {{"requiredCapabilities", required}}};
}

std::string LogWord(std::string value) {
  value.resize(std::min<size_t>(value.size(), 64));
  std::replace_if(
      value.begin(), value.end(), [](char c) { return c <= ' ' || c > '~'; }, '_');
  return value;
}

std::string SenderName(const Call& call) {
  return call.message.sender ? call.message.sender->name : std::string();
}

std::optional<ProtocolError> Forbids(const Message& message, Scope scope) {
  if (!message.sender || message.sender->scopes.Has(scope)) return std::nullopt;
  const std::string missing = NameOf(scope);
  const std::string held = Join(NamesOf(message.sender->scopes), " ");
  ProtocolError error{kInsufficientScope,
                      "insufficient_scope: this needs the scope `" + missing + "`, and the token has " +
                          (held.empty() ? "none" : "`" + held + "`") +
                          "; use a token that has it, or ask the server's operator for one",
                      {{"error", "insufficient_scope"}, {"missingScopes", {missing}}}};
  error.http_status = 403;
  error.missing_scopes = missing;
  return error;
}

std::string ClientName(const Json& info) {
  if (!info.is_object()) return {};
  const auto text = [&](const char* key) {
    const auto found = info.find(key);
    return LogWord(found != info.end() && found->is_string() ? found->get<std::string>() : std::string("?"));
  };
  return text("name") + "/" + text("version");
}

ClientAbilities AbilitiesOf(const Json& capabilities) {
  ClientAbilities abilities;
  if (!capabilities.is_object()) return abilities;
  abilities.sampling = Has(capabilities, "sampling");
  abilities.roots = Has(capabilities, "roots");
  if (Has(capabilities, "elicitation")) {
    const Json& modes = capabilities["elicitation"];
    abilities.elicitation_url = Has(modes, "url");
    abilities.elicitation = Has(modes, "form") || !abilities.elicitation_url;  // no mode named means forms
  }
  if (Has(capabilities, "extensions")) {
    abilities.tasks = Has(capabilities["extensions"], "io.modelcontextprotocol/tasks");
  }
  return abilities;
}

const Json& MetaOf(const Message& message) {
  static const Json kNone = Json::object();
  const auto meta = message.params.find("_meta");
  return meta != message.params.end() && meta->is_object() ? *meta : kNone;
}

CallContext ContextOf(const Call& call) {
  CallContext context;
  const Json& meta = MetaOf(call.message);
  context.deadline = Deadline::After(call.core.options.call_timeout);
  context.stop = call.stop;
  context.request_id = Excerpt(call.message.id, 64);
  context.session_id = call.session.LogName();
  context.client =
      call.era.stateless ? ClientName(meta.value("io.modelcontextprotocol/clientInfo", Json())) : call.session.Client();
  context.principal = call.message.sender;
  context.peer = call.message.peer;
  context.abilities = call.era.stateless ? AbilitiesOf(meta.value("io.modelcontextprotocol/clientCapabilities", Json()))
                                         : call.session.Abilities();
  const bool no_way_to_ask = !call.era.stateless && (!call.era.elicits || !call.outlet);
  if (no_way_to_ask) context.abilities.elicitation = false;
  context.on_progress = ProgressOf(call);
  context.log = LogOf(call);
  if (call.outlet && call.era.resumes) context.disconnect = [outlet = call.outlet] { outlet->Disconnect(); };
  return context;
}

Json ResultMeta(const Call& call) {
  if (!call.era.stateless) return Json::object();
  return {{"io.modelcontextprotocol/serverInfo", ServerInfo(call.core, call.era)}};
}

Json WithMeta(const Call& call, Json result) {
  if (Json meta = ResultMeta(call); !meta.empty()) result["_meta"] = std::move(meta);
  return result;
}

Outcome Cacheable(const Call& call, Json result, std::chrono::milliseconds lifetime) {
  result = WithMeta(call, std::move(result));
  if (call.era.stateless) {
    result["ttlMs"] = lifetime.count();
    result["cacheScope"] = call.message.sender ? "private" : "public";  // lists depend on who asks
  }
  return Completed{ToText(result)};
}

std::optional<ProtocolError> ReadInputs(const Call& call, Inputs& inputs) {
  const Json responses = call.Params().value("inputResponses", Json::object());
  if (!responses.is_object()) return InvalidParams("params.inputResponses must be an object of results by key");
  inputs.responses = responses;
  const auto state = call.Params().find("requestState");
  if (state == call.Params().end()) return std::nullopt;
  auto opened = state->is_string() ? call.core.request_state.Open(state->get<std::string>(), Subject(call))
                                   : std::optional<Json>();
  if (!opened) {
    return InvalidParams(
        "params.requestState is not what this server gave out for this request, or is too old; send the request "
        "without it to begin anew");
  }
  inputs.state = *std::move(opened);
  return std::nullopt;
}

std::optional<ProtocolError> CannotAsk(const InputNeed& need, const ClientAbilities& abilities) {
  const Json missing = Missing(need, abilities);
  return missing.is_null() ? std::nullopt : std::optional(MissingCapability(missing));
}

Outcome InputRequired(const Call& call, const InputNeed& need) {
  Json result = Json::object();
  for (const InputRequest& request : need.requests) {
    Json entry = {{"method", request.method}};
    if (!request.params.empty()) entry["params"] = request.params;
    result["inputRequests"][request.key] = std::move(entry);
  }
  if (!need.state.is_null()) result["requestState"] = call.core.request_state.Seal(need.state, Subject(call));
  return Completed{ToText(result), "input_required"};
}

Outcome InRounds(const Call& call, const std::function<InputNeed(const CallContext&)>& work,
                 const std::function<Outcome()>& done) {
  CallContext context = ContextOf(call);
  if (call.era.stateless) {
    if (auto error = ReadInputs(call, context.inputs)) return *std::move(error);
  }
  for (int round = 0; round < kMaxRounds; ++round) {
    const InputNeed need = work(context);
    if (need.Empty() || context.Cancelled()) return done();
    if (auto error = CannotAsk(need, context.abilities)) return *std::move(error);
    if (!call.era.stateless && !call.outlet) return MissingCapability(Json());
    if (call.era.stateless) return InputRequired(call, need);
    if (auto error = AskAll(call, need, context)) return *std::move(error);
  }
  return ProtocolError{kInternalError, "the client was asked " + std::to_string(kMaxRounds) + " times in vain"};
}

}  // namespace chimera::mcp
