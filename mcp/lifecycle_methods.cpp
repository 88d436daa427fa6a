#include "mcp/log_level.h"
#include "mcp/method.h"
#include "mcp/tool_json.h"

namespace chimera::mcp {
namespace {

Json Capabilities(const Call& call) {
  const ServerOptions& options = call.core.options;
  const Features& features = call.core.features;
  const Json list = {{"listChanged", options.lists_change}};
  Json capabilities = Json::object();
  if (features.tools != nullptr) capabilities["tools"] = list;
  if (features.resources != nullptr) capabilities["resources"] = {{"subscribe", true}, {"listChanged", false}};
  if (features.prompts != nullptr) capabilities["prompts"] = list;
  if (features.completer != nullptr) capabilities["completions"] = Json::object();
  if (options.logging) capabilities["logging"] = Json::object();
  if (call.era.stateless && features.tools != nullptr) {
    capabilities["extensions"] = {{"io.modelcontextprotocol/tasks", Json::object()}};
  }
  return capabilities;
}

/// What of `wanted` is offered; `honoured` says it in the client's words.
Interest InterestIn(const Call& call, const Json& wanted, Json& honoured) {
  const auto asks = [&](const char* key) { return wanted.value(key, Json(false)) == true; };
  const bool lists = call.core.options.lists_change;
  Interest interest;
  const auto honour = [&](const char* key, bool offered, bool& flag) {
    flag = offered && asks(key);
    if (flag) honoured[key] = true;
  };
  honour("toolsListChanged", lists && call.core.features.tools != nullptr, interest.tools);
  honour("promptsListChanged", lists && call.core.features.prompts != nullptr, interest.prompts);
  honour("resourcesListChanged", false, interest.resources);
  const auto honour_each = [&](const char* key, std::set<std::string>& chosen, const auto& offered) {
    for (const Json& one : wanted.value(key, Json::array())) {
      if (!one.is_string() || chosen.size() >= kMaxWatched || !offered(one.get<std::string>())) continue;
      if (chosen.insert(one.get<std::string>()).second) honoured[key].push_back(one);
    }
  };
  ResourceCatalog* resources = call.core.features.resources;
  const bool may_read = !Forbids(call.message, Scope::kRead);
  honour_each("resourceSubscriptions", interest.uris,
              [&](const std::string& uri) { return resources != nullptr && may_read && resources->CanWatch(uri); });
  honour_each("taskIds", interest.tasks,
              [&](const std::string& id) { return call.core.tasks.Has(id, SenderName(call)); });
  return interest;
}

}  // namespace

Json ServerInfo(const Core& core, const Era& era) {
  const ServerOptions& options = core.options;
  Json info = {{"name", options.name}};
  if (era.structured_output && !options.title.empty()) info["title"] = options.title;
  info["version"] = options.version;
  if (era.icons && !options.icons.empty()) info["icons"] = IconList(options.icons);
  return info;
}

Outcome Initialize(const Call& call) {
  const Json& params = call.Params();
  const auto version = params.find("protocolVersion");
  if (version == params.end() || !version->is_string()) {
    return InvalidParams(R"(initialize needs a string params.protocolVersion, such as "2025-11-25")");
  }
  if (call.session.Initialized()) {
    return ProtocolError{kInvalidRequest, "this session is initialized already; open another one instead"};
  }
  const Era* known = FindEra(version->get<std::string>());
  const Era& era = known == nullptr || known->stateless ? NewestSessionEra() : *known;
  call.session.Initialize({std::string(era.version), ClientName(params.value("clientInfo", Json())),
                           AbilitiesOf(params.value("capabilities", Json()))});
  const bool lists = call.core.options.lists_change;
  call.session.Listen(call.core.announcer, {.tools = lists, .prompts = lists, .resources = lists});
  Json result = {{"protocolVersion", era.version}, {"capabilities", Capabilities(call)}};
  result["serverInfo"] = ServerInfo(call.core, era);
  if (!call.core.options.instructions.empty()) result["instructions"] = call.core.options.instructions;
  return Completed{ToText(result)};
}

Outcome Discover(const Call& call) {
  Json result = {{"supportedVersions", SupportedVersions()}, {"capabilities", Capabilities(call)}};
  if (!call.core.options.instructions.empty()) result["instructions"] = call.core.options.instructions;
  return Cacheable(call, std::move(result));
}

Outcome Ping(const Call&) {
  return Completed{"{}"};
}

Outcome SetLogLevel(const Call& call) {
  const Json name = call.Params().value("level", Json());
  const auto level = name.is_string() ? ParseLogLevel(name.get<std::string>()) : std::nullopt;
  if (!level)
    return InvalidParams("params.level must be one of debug, info, notice, warning, error, critical, alert, emergency");
  call.session.SetLogLevel(*level);
  return Completed{"{}"};
}

ProtocolError NeedsStream() {
  ProtocolError error{kInvalidRequest,
                      "subscriptions/listen is answered by a stream of events: send Accept: application/json, "
                      "text/event-stream"};
  error.http_status = 406;
  return error;
}

Outcome ListenToChanges(const Call& call) {
  const Json wanted = call.Params().value("notifications", Json());
  if (!wanted.is_object()) return InvalidParams("params.notifications must be an object that names what to hear of");
  if (!call.outlet) return NeedsStream();
  if (wanted.contains("taskIds") && !TakesTasks(call)) return NeedsTasks();
  Json honoured = Json::object();
  Interest interest = InterestIn(call, wanted, honoured);
  const std::set<std::string> tasks = interest.tasks;
  const Json tag = {{"io.modelcontextprotocol/subscriptionId", call.message.id}};
  call.outlet->Send(
      NotificationText("notifications/subscriptions/acknowledged", {{"_meta", tag}, {"notifications", honoured}}));
  auto listening = call.core.announcer.Listen(std::move(interest),
                                              [outlet = call.outlet, tag](const std::string& method, Json params) {
                                                params["_meta"] = tag;
                                                outlet->Send(NotificationText(method, params));
                                              });
  const Json farewell = {{"resultType", "complete"}, {"_meta", tag}};
  call.session.KeepOpen(call.message.id, std::move(listening), ResultReply(call.message.id, ToText(farewell)));
  if (call.stop.stop_requested()) call.session.Cancel(call.message.id);
  for (const std::string& id : tasks) call.core.tasks.Announce(id);  // what happened before we listened
  return StaysOpen{};
}

}  // namespace chimera::mcp
