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

const ProtocolError kBatchNeedsSession = {
    kInvalidRequest,
    "a batch came outside a session: batches exist in sessions of protocol version 2025-03-26 only; send one message "
    "at a time"};

/// The status that carries a JSON-RPC error. A stateless era gives more of them a status of their own
/// (2026-07-28, basic/transports).
int StatusOf(int error_code, bool stateless) {
  switch (error_code) {
    case kParseError:
    case kInvalidRequest:
    case kHeaderMismatch:
    case kMissingCapability:
    case kUnsupportedVersion:
      return 400;
    case kMethodNotFound:
      return stateless ? 404 : 200;
    default:
      return 200;
  }
}

HttpAnswer ErrorAnswer(const Json& id, const ProtocolError& error) {
  const int status = error.http_status != 0 ? error.http_status : StatusOf(error.code, false);
  return {status, ErrorReply(id, error), {}, nullptr};
}

HttpAnswer ReplyAnswer(Reply reply, bool stateless) {
  const int status = reply.http_status != 0 ? reply.http_status : StatusOf(reply.error_code, stateless);
  HttpAnswer answer{status, std::move(reply.text), {}, nullptr};
  answer.missing_scopes = std::move(reply.missing_scopes);
  answer.headers = SafeHeaders(std::move(reply.headers));
  return answer;
}

/// The messages of `call`, with their sender.
Incoming ReadIncoming(const HttpCall& call) {
  Incoming incoming = ParseIncoming(call.body);
  for (ParsedMessage& parsed : incoming.messages) {
    parsed.message.sender = call.sender;
    parsed.message.peer = call.peer;
  }
  return incoming;
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

/// The version header of a message that names none itself.
std::optional<ProtocolError> CheckVersionHeader(const std::string& header) {
  if (header.empty() || FindEra(header) != nullptr) return std::nullopt;
  const std::string known = Join(SupportedVersions(), ", ");
  return ProtocolError{kInvalidRequest, "MCP-Protocol-Version " + Excerpt(header, 40) + " is none of " + known};
}

ProtocolError NamesNoVersion(const std::string& version) {
  ProtocolError error{kInvalidParams, "a request of version " + version + " needs the version in its body, too: add " +
                                          std::string(StatelessMetaExample()) + " to its params"};
  error.http_status = 400;
  return error;
}

/// For clients without a session.
HttpAnswer NotHere(const std::string& message) {
  HttpAnswer answer = HttpError(405, message);
  answer.allow = "POST";
  return answer;
}

HttpAnswer Crowded(const Json& id) {
  return {503, ErrorReply(id, {kServerBusy, "as many sessions as can be are in use; try again later"}), {}, nullptr};
}

/// A call on its way through a worker.
struct Job {
  std::shared_ptr<Session> session;
  Incoming incoming;
  std::shared_ptr<ClientLink> client;
  std::shared_ptr<EventStream> stream;
  Reply reply;  ///< written before the stream is finished
};

}  // namespace

HttpAnswer HttpError(int status, const std::string& message) {
  return {status, ErrorReply(nullptr, {kInvalidRequest, message}), {}, nullptr};
}

HttpEndpoint::HttpEndpoint(Server& server, size_t max_sessions, std::chrono::seconds session_idle, Workers workers)
    : server_(server), sessions_(max_sessions, session_idle), workers_(std::move(workers)) {}

HttpAnswer HttpEndpoint::Post(const HttpCall& call) {
  Incoming incoming = ReadIncoming(call);
  const Message& message = Single(incoming);
  if (!incoming.batch && incoming.messages.front().error) {
    return ErrorAnswer(message.id, *incoming.messages.front().error);
  }
  const std::string requested = RequestedVersion(message);
  const std::string version = call.Header("MCP-Protocol-Version");
  if (!requested.empty() && (IsStateless(requested) || FindEra(requested) == nullptr)) {
    if (auto error = CheckHeaders(message, call.header)) return ErrorAnswer(message.id, *error);
    if (const auto& mirrored = server_.Mirrored(message); !mirrored.empty()) {
      if (auto error = CheckArgumentHeaders(mirrored, message.arguments, call.header)) {
        return ErrorAnswer(message.id, *error);
      }
    }
    return Work(std::make_shared<Session>("", call.Owner()), call, std::move(incoming));
  }
  if (message.kind == MessageKind::kRequest && message.method == "initialize") {
    return Initialize(call, std::move(incoming));
  }
  if (IsStateless(version) && message.kind == MessageKind::kRequest) {
    return ErrorAnswer(message.id, NamesNoVersion(version));
  }
  if (auto error = CheckVersionHeader(version)) return ErrorAnswer(message.id, *error);
  const std::string id = call.Header("Mcp-Session-Id");
  if (id.empty()) return ErrorAnswer(message.id, incoming.batch ? kBatchNeedsSession : NeedsSession(message.method));
  auto session = sessions_.Find(id, call.Owner());
  if (!session) return {404, ErrorReply(message.id, {kInvalidRequest, kNoSession}), {}, nullptr};
  return Work(std::move(session), call, std::move(incoming));
}

HttpAnswer HttpEndpoint::Get(const HttpCall& call) {
  const std::string version = call.Header("MCP-Protocol-Version");
  const std::string id = call.Header("Mcp-Session-Id");
  if (IsStateless(version) || id.empty()) {
    return NotHere("an event stream by GET belongs to a session; stateless clients send subscriptions/listen");
  }
  if (auto error = CheckVersionHeader(version)) return ErrorAnswer(nullptr, *error);
  auto session = sessions_.Find(id, call.Owner());
  if (!session) return HttpError(404, kNoSession);
  const std::string last_seen = call.Header("Last-Event-ID");
  if (last_seen.empty()) return {200, {}, {}, session->Streams().Standing(), 0, session};
  auto [stream, number] = session->Streams().Find(last_seen);
  if (!stream) return HttpError(400, "no stream of this session has the event of Last-Event-ID (any more)");
  const bool awaits_reply = stream != session->Streams().Standing();
  return {200, {}, {}, std::move(stream), number, std::move(session), false, awaits_reply};
}

HttpAnswer HttpEndpoint::Delete(const HttpCall& call) {
  if (IsStateless(call.Header("MCP-Protocol-Version"))) return NotHere("there are no sessions to end here");
  const std::string id = call.Header("Mcp-Session-Id");
  if (id.empty()) return HttpError(400, "name the session to end in the Mcp-Session-Id header");
  return sessions_.End(id, call.Owner()) ? HttpAnswer{204, {}, {}, nullptr} : HttpError(404, kNoSession);
}

HttpAnswer HttpEndpoint::Initialize(const HttpCall& call, Incoming incoming) {
  auto session = SessionStore::NewSession(call.Owner());
  session->SetOutlet(session->Streams().Standing());
  const Json id = incoming.messages.front().message.id;
  HttpAnswer answer = Work(session, call, std::move(incoming));
  if (!session->Initialized()) return answer;
  answer.session_id = session->Id();
  return sessions_.Add(std::move(session)) ? answer : Crowded(id);
}

std::optional<Reply> HttpEndpoint::AnswerWatched(const std::shared_ptr<Session>& session, const Incoming& incoming,
                                                 const std::shared_ptr<ClientLink>& client,
                                                 std::shared_ptr<Outlet> outlet) {
  std::optional<Reply> reply;
  in_flight_.Watch(session, client.get(), [&] { reply = Answer(server_, *session, incoming, std::move(outlet)); });
  if (reply || session->HasOpen() || !in_flight_.Ended()) return reply;
  reply = Refuse(*session, incoming, {kServerBusy, "the server stopped before this was done; try again"});
  if (reply) reply->http_status = 503;
  return reply;
}

HttpAnswer HttpEndpoint::Work(std::shared_ptr<Session> session, const HttpCall& call, Incoming incoming) {
  const bool stateless = !session->Initialized();
  const std::shared_ptr<ClientLink> client = stateless ? call.client : nullptr;
  Admit(*session, incoming);
  const bool may_speak = incoming.batch || server_.MaySpeak(*session, incoming.messages.front().message);
  if (!call.takes_events || !may_speak) {
    auto reply = AnswerWatched(session, incoming, client, nullptr);
    return reply ? ReplyAnswer(*std::move(reply), stateless) : HttpAnswer{202, {}, {}, nullptr};
  }
  const Era* era = FindEra(session->ProtocolVersion());
  const bool resumes = era != nullptr && era->resumes;
  const auto work = std::make_shared<Job>();
  work->session = session;
  work->incoming = std::move(incoming);
  work->client = client;
  work->stream = resumes ? StreamStore::NewStream() : std::make_shared<EventStream>();
  const auto run = [this, work] {
    auto reply = AnswerWatched(work->session, work->incoming, work->client, work->stream);
    const bool single = !work->incoming.batch;
    if (!reply && single && work->session->IsOpen(work->incoming.messages.front().message.id)) return;
    if (reply) work->reply = *std::move(reply);
    work->stream->Finish(work->reply.text);
  };
  if (!Waits(server_, work->incoming)) {
    run();
  } else if (Reply refusal; !RunOnWorker(run, *session, work->incoming, refusal)) {
    return ReplyAnswer(std::move(refusal), stateless);
  }
  if (auto unused = work->stream->Unused()) {
    if (unused->empty()) return {202, {}, {}, nullptr};
    work->reply.text = *std::move(unused);
    return ReplyAnswer(std::move(work->reply), stateless);
  }
  if (resumes) session->Streams().Keep(work->stream);
  return {200, {}, {}, work->stream, 0, std::move(session), stateless, true};
}

HttpAnswer HttpEndpoint::OpenSse(const HttpCall& call, const std::string& messages_path) {
  auto session = SessionStore::NewSession(call.Owner());
  auto stream = std::make_shared<EventStream>();
  session->SetOutlet(stream);
  stream->SendEvent("endpoint", messages_path + "?sessionId=" + session->Id());
  if (!sessions_.Add(session)) return Crowded(nullptr);
  return {200, {}, {}, std::move(stream), 0, std::move(session), true};
}

void HttpEndpoint::ClientLeft(const HttpAnswer& answer) {
  if (!answer.ends_with_client) return;
  answer.session->CancelAll();
  sessions_.End(answer.session->Id(), answer.session->Owner());
}

HttpAnswer HttpEndpoint::PostMessage(const HttpCall& call) {
  auto session = sessions_.Find(call.query_session, call.Owner());
  if (!session) return HttpError(404, "there is no such session (any more); open one by GET of the event stream");
  auto incoming = std::make_shared<Incoming>(ReadIncoming(call));
  Admit(*session, *incoming);
  const auto run = [this, session, incoming] {
    const auto outlet = session->SessionOutlet();
    if (auto reply = AnswerWatched(session, *incoming, nullptr, outlet)) outlet->Send(std::move(reply->text));
  };
  if (!Waits(server_, *incoming)) {
    run();
  } else if (Reply refusal; !RunOnWorker(run, *session, *incoming, refusal)) {
    return ReplyAnswer(std::move(refusal), false);
  }
  return {202, {}, {}, nullptr};
}

/// False with a `refusal` when too much is waiting.
bool HttpEndpoint::RunOnWorker(std::function<void()> job, Session& session, const Incoming& incoming, Reply& refusal) {
  if (workers_(std::move(job))) return true;
  refusal = Refuse(session, incoming, {kServerBusy, "too many requests are waiting; try again"}).value_or(Reply());
  refusal.http_status = 503;
  return false;
}

void HttpEndpoint::CloseBy(Deadline deadline) {
  closing_ = true;
  in_flight_.CancelAt(deadline);
}

}  // namespace chimera::mcp
