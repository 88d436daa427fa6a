#include "mcp/http_endpoint.h"

#include <optional>
#include <utility>

#include "base/text.h"
#include "mcp/era.h"
#include "mcp/exchange.h"

namespace chimera::mcp {
namespace {

constexpr const char* kNoSession =
    "there is no such session (any more); send initialize and use the Mcp-Session-Id of its answer";

/// The status that carries a JSON-RPC error. A stateless era gives more of them a status of their own
/// (2026-07-28, basic/transports).
int StatusOf(int error_code, bool stateless) {
  switch (error_code) {
    case kParseError:
    case kInvalidRequest:
    case kHeaderMismatch:
    case kUnsupportedVersion:
      return 400;
    case kMethodNotFound:
      return stateless ? 404 : 200;
    default:
      return 200;
  }
}

HttpAnswer ErrorAnswer(const Json& id, const ProtocolError& error) {
  return {StatusOf(error.code, false), ErrorReply(id, error), {}};
}

/// The only message of `incoming`, or an empty one for a batch, which has no say in what follows.
const Message& Single(const Incoming& incoming) {
  static const Message kNone = [] {
    Message none;
    none.kind = MessageKind::kNotification;
    return none;
  }();
  return incoming.batch ? kNone : incoming.messages.front().message;
}

std::optional<ProtocolError> CheckVersionHeader(const std::string& header, const std::string& requested) {
  if (header.empty() || header == requested) return std::nullopt;
  const std::string shown = Excerpt(header, 40);
  if (!requested.empty()) {
    return ProtocolError{kHeaderMismatch, "MCP-Protocol-Version is " + shown + " but _meta says " + requested, {}};
  }
  if (FindEra(header) != nullptr) return std::nullopt;
  const std::string known = Join(SupportedVersions(), ", ");
  return ProtocolError{kInvalidRequest, "MCP-Protocol-Version " + shown + " is none of " + known, {}};
}

}  // namespace

HttpAnswer HttpError(int status, const std::string& message) {
  return {status, ErrorReply(nullptr, {kInvalidRequest, message, {}}), {}};
}

HttpEndpoint::HttpEndpoint(Server& server, size_t max_sessions, std::chrono::seconds session_idle)
    : server_(server), sessions_(max_sessions, session_idle) {}

HttpAnswer HttpEndpoint::Post(const HttpCall& call) {
  Incoming incoming = ParseIncoming(call.body);
  const Message& message = Single(incoming);
  if (!incoming.batch && incoming.messages.front().error) {
    return ErrorAnswer(message.id, *incoming.messages.front().error);
  }
  if (message.kind == MessageKind::kRequest && message.method == "initialize") return Initialize(std::move(incoming));
  const std::string requested = RequestedVersion(message);
  if (auto error = CheckVersionHeader(call.protocol_version, requested)) return ErrorAnswer(message.id, *error);
  const Era* era = FindEra(requested);
  const bool stateless = era != nullptr && era->stateless;
  if (stateless || (call.session_id.empty() && !requested.empty())) {
    return Work(std::make_shared<Session>(), call.client_gone, std::move(incoming));
  }
  if (call.session_id.empty()) return ErrorAnswer(message.id, NeedsSession(message.method));
  auto session = sessions_.Find(call.session_id);
  if (!session) return {404, ErrorReply(message.id, {kInvalidRequest, kNoSession, {}}), {}};
  return Work(session, nullptr, std::move(incoming));
}

HttpAnswer HttpEndpoint::Delete(const HttpCall& call) {
  if (call.session_id.empty()) return HttpError(400, "name the session to end in the Mcp-Session-Id header");
  return sessions_.End(call.session_id) ? HttpAnswer{204, {}, {}} : HttpError(404, kNoSession);
}

HttpAnswer HttpEndpoint::Initialize(Incoming incoming) {
  auto session = SessionStore::NewSession();
  HttpAnswer answer = Work(session, nullptr, std::move(incoming));
  if (!session->Initialized()) return answer;
  answer.session_id = session->Id();
  sessions_.Add(std::move(session));
  return answer;
}

HttpAnswer HttpEndpoint::Work(const std::shared_ptr<Session>& session, InFlight::ClientGone client_gone,
                              Incoming incoming) {
  const bool stateless = !session->Initialized();
  Admit(*session, incoming);
  std::optional<Reply> reply;
  in_flight_.Watch(session, std::move(client_gone), [&] { reply = Answer(server_, *session, incoming); });
  if (!reply) return {202, {}, {}};
  return {StatusOf(reply->error_code, stateless), std::move(reply->text), {}};
}

}  // namespace chimera::mcp
