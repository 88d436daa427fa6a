#include "mcp/http_transport.h"

#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

#include "base/elastic_pool.h"
#include "base/log.h"
#include "http/listener.h"
#include "mcp/event_pump.h"
#include "mcp/http_endpoint.h"
#include "mcp/http_gate.h"
#include "mcp/sender_places.h"

namespace chimera::mcp {
namespace {

constexpr int kBacklog = 1024;
constexpr std::chrono::milliseconds kTick{20};
constexpr std::chrono::milliseconds kFarewell{500};  // for answers to what was cancelled
constexpr size_t kReserve = 4u << 20;
constexpr size_t kLeastRate = 16u << 10;  // bytes a second: less than any line that carries rows to a database
constexpr const char* kJsonType = "application/json";
constexpr const char* kEventsType = "text/event-stream";

// HTTP+SSE of 2024-11-05, as its SDKs have them.
constexpr const char* kSsePath = "/sse";
constexpr const char* kMessagesPath = "/messages";

using Handled = httplib::Server::HandlerResponse;

RequestHead HeadOf(const httplib::Request& request) {
  return {.method = request.method,
          .path = request.path,
          .host = request.get_header_value("Host"),
          .origin = request.get_header_value("Origin"),
          .content_type = request.get_header_value("Content-Type"),
          .accept = request.get_header_value("Accept"),
          .version = request.get_header_value("MCP-Protocol-Version")};
}

Presented PresentedBy(const httplib::Request& request) {
  Presented presented{{}, request.has_param("access_token"), request.get_header_value("Host")};
  for (size_t i = 0; i < request.get_header_value_count("Authorization"); ++i) {
    presented.headers.push_back(request.get_header_value("Authorization", "", i));
  }
  return presented;
}

using Sender = std::shared_ptr<const Principal>;
constexpr const char* kSender = "sender";  // where Admit leaves it for the handlers

HttpCall CallOf(const httplib::Request& request, const httplib::Response& response) {
  HttpCall call;
  if (const auto* sender = response.user_data.get<Sender>(kSender)) call.sender = *sender;
  call.peer = request.remote_addr;
  // The library does not look at a body again, and a batch of rows has megabytes.
  call.body = std::move(const_cast<httplib::Request&>(request).body);
  call.header = [&request](const char* name) -> std::optional<std::string> {
    if (!request.has_header(name)) return std::nullopt;
    return request.get_header_value(name);
  };
  call.takes_events = TakesEvents(request.get_header_value("Accept"));
  call.query_session = request.get_param_value("sessionId");
  call.client = std::make_shared<ClientLink>();
  return call;
}

void Prepare(httplib::Request& request) {
  // The library compresses every answer to a client that allows it, which costs more than it saves on the networks that
  // this server is meant for, and has no switch for it. (A content provider is not compressed, but a stop cuts it off.)
  request.headers.erase("Accept-Encoding");
  // Rows come by the megabyte; more than this has to arrive before memory is given for it.
  request.body.reserve(std::min<size_t>(request.get_header_value_u64("Content-Length"), kReserve));
}

void Send(httplib::Response& response, HttpAnswer answer) {
  response.status = answer.status;
  if (!answer.allow.empty()) response.set_header("Allow", answer.allow);
  if (answer.status == 503 || answer.status == 429) response.set_header("Retry-After", "1");
  if (!answer.session_id.empty()) response.set_header("Mcp-Session-Id", answer.session_id);
  for (const auto& [name, value] : answer.headers) response.set_header(name, value);
  if (!answer.body.empty()) response.set_content(std::move(answer.body), kJsonType);
}

void SendEvents(const httplib::Request& request, httplib::Response& response, std::shared_ptr<EventPump> pump) {
  response.set_header("Cache-Control", "no-cache");
  response.set_header("X-Accel-Buffering", "no");
  const auto provider = [pump = std::move(pump)](size_t, httplib::DataSink& sink) {
    const auto write = [&sink](std::string_view text) { return sink.write(text.data(), text.size()); };
    const EventPump::Next next = pump->Step(write);
    if (next == EventPump::Next::kDone) sink.done();
    return next != EventPump::Next::kBroken;
  };
  if (request.version != "HTTP/1.0") return response.set_chunked_content_provider(kEventsType, provider);
  http::Listener::ConnectionOf(request).EndAfterAnswer();  // HTTP/1.0 has no chunks: the body ends with the connection
  response.set_content_provider(kEventsType, provider);
}

/// For those who may know the status alone.
HttpPage WithoutDetails(const HttpPage& page) {
  return {page.status, HttpPage().content_type,
          page.status < 300 ? "ok\n" : "not ok; with a token that has the scope admin, this page says why\n"};
}

void SendPage(httplib::Response& response, HttpPage page) {
  response.status = page.status;
  if (page.status == 405) response.set_header("Allow", "GET, HEAD");
  response.set_header("Cache-Control", "no-store");
  response.set_content(std::move(page.body), page.content_type);
}

std::string Authority(const std::string& host, const std::string& port) {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
}

http::ListenerOptions ListenerOptionsOf(const HttpServerOptions& options) {
  return {.connections = options.connections,
          .connections_of_peer = options.connections_of_peer,
          .keep_alive = options.keep_alive,
          .patience = {.head = options.head_timeout, .silence = options.io_timeout, .least_rate = kLeastRate},
          .max_body_bytes = options.max_body_bytes,
          .tls = options.tls,
          .admits = options.admits};
}

Error BindError(const HttpServerOptions& options, int error) {
  const std::string port = std::to_string(options.port);
  if (error == EADDRINUSE) {
    return MakeError(ErrorCode::kIoError, "port " + port + " on " + options.host + " is in use",
                     "choose another with --http " + Authority(options.host, "PORT"));
  }
  const std::string reason = error == 0 ? "no such address" : std::strerror(error);
  return MakeError(ErrorCode::kIoError, "cannot listen on " + Authority(options.host, port) + ": " + reason,
                   "give an address of this machine and a port above 1023, such as --http 127.0.0.1:8080");
}

}  // namespace

struct HttpServer::Impl {
  Impl(Server& server, HttpServerOptions given, std::unique_ptr<http::Listener> listener)
      : options(std::move(given)),
        gate({.bound_host = options.host,
              .path = options.path,
              .allowed_hosts = options.allowed_hosts,
              .allowed_origins = options.allowed_origins}),
        authorization(options.authorization, options.path, !options.tls.certificate.empty()),
        senders(options.calls_of_sender),
        workers(options.calls),
        endpoint(server, options.max_sessions, options.session_idle,
                 [this](std::function<void()> job) { return workers.Add(std::move(job)); }),
        owned(std::move(listener)),
        http(*owned) {}

  ~Impl() {
    if (closer.joinable()) closer.join();
    workers.Close();
    if (state == State::kBound && socket >= 0) ::close(socket);
  }

  Handled Admit(const httplib::Request& request, httplib::Response& response);
  void Route();
  bool Refused(const httplib::Request& request, httplib::Response& response) const;
  bool RefusedPage(const HttpPageRoute& page, const httplib::Request& request, httplib::Response& response) const;
  bool Unauthorized(const httplib::Request& request, httplib::Response& response) const;
  void SendScopeError(const httplib::Request& request, httplib::Response& response, HttpAnswer answer) const;
  void ServePage(const HttpPageRoute& page, const httplib::Request& request, httplib::Response& response) const;
  bool IsAdmin(const httplib::Request& request) const;
  void Answer(const httplib::Request& request, httplib::Response& response);
  HttpAnswer Ask(const httplib::Request& request, const HttpCall& call);
  bool FillEmpty(httplib::Response& response) const;
  void Close();
  Status Bind();

  enum class State { kBound, kRunning, kStopped };

  const HttpServerOptions options;
  const HttpGate gate;
  const HttpAuthorization authorization;
  SenderPlaces senders;
  ElasticPool workers;
  HttpEndpoint endpoint;
  const std::unique_ptr<http::Listener> owned;
  http::Listener& http;
  int socket = -1;
  int port = 0;
  int bind_errno = 0;
  std::mutex mutex;  // of state
  State state = State::kBound;
  std::atomic<size_t> calls = 0;
  std::atomic<bool> ended = false;
  std::atomic<bool> stopping = false;
  std::atomic<int> pumps = 0;
  std::thread closer;
};

void HttpServer::Impl::Route() {
  http.OnRequest(Prepare, [this](const httplib::Request& request, httplib::Response& response) {
    return Admit(request, response);
  });
  for (const auto& page : options.pages) {
    http.Get(page.path, [this, &page](const httplib::Request& request, httplib::Response& response) {
      ServePage(page, request, response);
    });
  }
  const auto answer = [this](const httplib::Request& request, httplib::Response& response) {
    Answer(request, response);
  };
  http.Post(".*", answer);
  http.Get(".*", answer);
  http.Delete(".*", answer);
  http.set_error_handler([this](const httplib::Request&, httplib::Response& response) {
    return FillEmpty(response) ? Handled::Handled : Handled::Unhandled;
  });
  http.set_exception_handler([](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
    log::Error("an HTTP request failed with an exception");
    Send(response, {500, ErrorReply(nullptr, {kInternalError, "internal error"}), {}, nullptr});
  });
}

Handled HttpServer::Impl::Admit(const httplib::Request& request, httplib::Response& response) {
  if (!stopping) return Refused(request, response) ? Handled::Handled : Handled::Unhandled;
  response.set_header("Connection", "close");
  Send(response, HttpError(503, "the server is shutting down; try again in a moment"));
  return Handled::Handled;
}

bool HttpServer::Impl::Refused(const httplib::Request& request, httplib::Response& response) const {
  for (const auto& page : options.pages) {
    if (page.path == request.path) return RefusedPage(page, request, response);
  }
  const bool is_metadata = authorization.IsMetadata(request.path);
  const auto refusal = is_metadata ? gate.CheckPage(HeadOf(request), false) : gate.Check(HeadOf(request));
  if (!refusal) return !is_metadata && Unauthorized(request, response);
  HttpAnswer answer = HttpError(refusal->status, refusal->message);
  answer.allow = is_metadata && refusal->status == 405 ? "GET, HEAD" : refusal->allow;
  Send(response, std::move(answer));
  return true;
}

bool HttpServer::Impl::RefusedPage(const HttpPageRoute& page, const httplib::Request& request,
                                   httplib::Response& response) const {
  const auto refusal = gate.CheckPage(HeadOf(request), page.any_host);
  if (refusal) SendPage(response, {refusal->status, HttpPage().content_type, refusal->message + "\n"});
  if (refusal || page.access != PageAccess::kAdmin) return refusal.has_value();
  if (Unauthorized(request, response)) return true;
  if (IsAdmin(request)) return false;
  SendScopeError(request, response, HttpError(403, "insufficient_scope: this page needs the scope admin"));
  return true;
}

/// Otherwise the sender is left in the response.
bool HttpServer::Impl::Unauthorized(const httplib::Request& request, httplib::Response& response) const {
  auto checked = authorization.Check(PresentedBy(request));
  if (auto* challenge = std::get_if<Challenge>(&checked)) {
    log::Info("refused " + request.remote_addr + ": " + challenge->message);
    response.set_header("WWW-Authenticate", challenge->authenticate);
    Send(response, HttpError(challenge->status, challenge->message));
    return true;
  }
  response.user_data.set(kSender, std::get<Sender>(std::move(checked)));
  return false;
}

bool HttpServer::Impl::IsAdmin(const httplib::Request& request) const {
  const auto checked = authorization.Check(PresentedBy(request));
  const auto* sender = std::get_if<Sender>(&checked);
  return sender != nullptr && (*sender == nullptr || (*sender)->scopes.Has(Scope::kAdmin));
}

void HttpServer::Impl::ServePage(const HttpPageRoute& page, const httplib::Request& request,
                                 httplib::Response& response) const {
  HttpPage made = page.make();
  const bool whole = page.access != PageAccess::kStatus || IsAdmin(request);
  SendPage(response, whole ? std::move(made) : WithoutDetails(made));
}

void HttpServer::Impl::SendScopeError(const httplib::Request& request, httplib::Response& response,
                                      HttpAnswer answer) const {
  const std::string missing = answer.missing_scopes.empty() ? "admin" : answer.missing_scopes;
  response.set_header("WWW-Authenticate", authorization.ScopeChallenge(missing, request.get_header_value("Host")));
  Send(response, std::move(answer));
}

void HttpServer::Impl::Answer(const httplib::Request& request, httplib::Response& response) {
  struct Place {
    std::atomic<size_t>& calls;
    const size_t number = ++calls;
    ~Place() { --calls; }
  };
  const Place place{calls};
  if (place.number > options.calls) return Send(response, HttpError(503, "too many calls at once; try again"));
  if (authorization.IsMetadata(request.path)) {
    return response.set_content(authorization.Metadata(request.get_header_value("Host")), kJsonType);
  }
  const HttpCall call = CallOf(request, response);
  if (authorization.Needed() && !call.sender) return Send(response, HttpError(401, "nobody said who sends this"));
  const auto own_place = senders.Take(call.Owner());
  if (!own_place) return Send(response, HttpError(429, "too many calls of yours at once; wait for their answers"));
  http::Connection& connection = http::Listener::ConnectionOf(request);
  connection.WhenPeerLeaves([client = call.client] { client->Cut(); });
  HttpAnswer given = Ask(request, call);
  if (!given.missing_scopes.empty()) return SendScopeError(request, response, std::move(given));
  if (!given.stream) return Send(response, std::move(given));
  connection.WhenPeerLeaves([client = call.client, stream = given.stream] {
    client->Cut();
    stream->Wake();
  });
  SendEvents(request, response, std::make_shared<EventPump>(endpoint, std::move(given), call.client, pumps));
}

HttpAnswer HttpServer::Impl::Ask(const httplib::Request& request, const HttpCall& call) {
  if (request.path == kMessagesPath) return endpoint.PostMessage(call);
  if (request.path == kSsePath) return endpoint.OpenSse(call, kMessagesPath);
  if (request.method == "GET") return endpoint.Get(call);
  return request.method == "DELETE" ? endpoint.Delete(call) : endpoint.Post(call);
}

/// Errors of the HTTP library come without a body.
bool HttpServer::Impl::FillEmpty(httplib::Response& response) const {
  if (!response.body.empty()) return false;
  std::string message = "the HTTP request could not be read";
  if (response.status == 413) message = "a body may take " + std::to_string(options.max_body_bytes) + " bytes";
  response.set_content(HttpError(response.status, message).body, kJsonType);
  return true;
}

Status HttpServer::Impl::Bind() {
  http.set_socket_options([this](int fd) {
    socket = fd;
    httplib::set_socket_opt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  });
  http.set_error_logger([this](const httplib::Error& error, const httplib::Request*) {
    if (error == httplib::Error::BindIPAddress || error == httplib::Error::Listen) bind_errno = errno;
  });
  const bool bound = options.port == 0 ? (port = http.bind_to_any_port(options.host)) > 0
                                       : http.bind_to_port(options.host, port = options.port);
  http.set_error_logger(nullptr);
  if (!bound) return BindError(options, bind_errno);
  ::listen(socket, kBacklog);  // the library's own backlog of 5 drops connections that arrive together
  return Ok();
}

/// The library cuts the answers that are streams when it stops, so they get their time before.
void HttpServer::Impl::Close() {
  const Deadline deadline = Deadline::After(options.drain);
  while ((pumps > 0 || calls > 0) && !deadline.Expired()) std::this_thread::sleep_for(kTick);
  // Between Run and the library's own loop a stop would be lost.
  while (!http.is_running() && !ended) std::this_thread::yield();
  http.Stop();
  for (const Deadline late = Deadline::After(kFarewell); !ended && !late.Expired();) std::this_thread::sleep_for(kTick);
  http.ShutAll();  // who still sends, or takes nothing, has had his time
}

HttpServer::HttpServer() = default;
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::Create(Server& server, HttpServerOptions options) {
  std::unique_ptr<HttpServer> result(new HttpServer());
  auto listener = http::Listener::Create(ListenerOptionsOf(options));
  if (!listener.ok()) return listener.error();
  result->impl_ = std::make_unique<Impl>(server, std::move(options), std::move(*listener));
  result->impl_->Route();
  if (Status bound = result->impl_->Bind(); !bound.ok()) return bound.error();
  return result;
}

size_t HttpServer::Sessions() const {
  return impl_->endpoint.Sessions();
}

int HttpServer::Port() const {
  return impl_->port;
}

void HttpServer::Run() {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->state != Impl::State::kBound) return;
    impl_->state = Impl::State::kRunning;
  }
  impl_->http.listen_after_bind();
  impl_->ended = true;
}

void HttpServer::Stop() {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->state == Impl::State::kStopped) return;
  const bool running = std::exchange(impl_->state, Impl::State::kStopped) == Impl::State::kRunning;
  impl_->stopping = true;
  impl_->endpoint.CloseBy(Deadline::After(impl_->options.drain));
  if (!running) {
    ::close(std::exchange(impl_->socket, -1));
    return;
  }
  impl_->closer = std::thread([impl = impl_.get()] { impl->Close(); });
}

}  // namespace chimera::mcp
