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
#include "mcp/http_endpoint.h"
#include "mcp/http_gate.h"

namespace chimera::mcp {
namespace {

constexpr int kBacklog = 1024;
constexpr std::chrono::milliseconds kTick{20};
constexpr size_t kRequestsPerConnection = 1'000'000;
constexpr const char* kJsonType = "application/json";
constexpr const char* kEventsType = "text/event-stream";

// HTTP+SSE of 2024-11-05, as its SDKs have them.
constexpr const char* kSsePath = "/sse";
constexpr const char* kMessagesPath = "/messages";

RequestHead HeadOf(const httplib::Request& request) {
  return {.method = request.method,
          .path = request.path,
          .host = request.get_header_value("Host"),
          .origin = request.get_header_value("Origin"),
          .content_type = request.get_header_value("Content-Type"),
          .accept = request.get_header_value("Accept")};
}

HttpCall CallOf(const httplib::Request& request) {
  HttpCall call;
  // The library does not look at a body again, and a batch of rows has megabytes.
  call.body = std::move(const_cast<httplib::Request&>(request).body);
  call.header = [&request](const char* name) -> std::optional<std::string> {
    if (!request.has_header(name)) return std::nullopt;
    return request.get_header_value(name);
  };
  call.takes_events = TakesEvents(request.get_header_value("Accept"));
  call.query_session = request.get_param_value("sessionId");
  call.client = std::make_shared<ClientLink>(request.is_connection_closed);
  return call;
}

/// Carries the events of one answer until the stream, the connection or the server ends.
class EventPump {
 public:
  /// Counts itself in `pumps`.
  EventPump(HttpEndpoint& endpoint, HttpAnswer answer, std::shared_ptr<ClientLink> client, std::atomic<int>& pumps)
      : pumps_(pumps),
        endpoint_(endpoint),
        answer_(std::move(answer)),
        client_(std::move(client)),
        reader_(*answer_.stream, answer_.after) {
    ++pumps_;
  }
  ~EventPump() {
    client_->Cut();
    endpoint_.ClientLeft(answer_);
    --pumps_;
  }

  /// One event, or one look around. False: the connection ended.
  bool Step(httplib::DataSink& sink) {
    std::string text;
    const auto state = reader_.Next(text, kLookAround);
    if (state == EventStream::Reader::State::kEvent) return Write(sink, text);
    if (state == EventStream::Reader::State::kEnd) return End(sink);
    if (endpoint_.Closing() && !WaitsForReply()) return Close();
    if (client_->Gone()) return false;
    if (Deadline::Clock::now() < heartbeat_) return true;
    endpoint_.StillThere(answer_);
    return Write(sink, ": still here\n\n");
  }

 private:
  /// True while a request's reply is still to come.
  bool WaitsForReply() const { return answer_.awaits_reply && !answer_.session->HasOpen(); }

  bool Write(httplib::DataSink& sink, const std::string& text) {
    heartbeat_ = Deadline::Clock::now() + kHeartbeat;
    return sink.write(text.data(), text.size());
  }
  bool Close() {
    for (std::string& farewell : answer_.session->CloseOpen()) answer_.stream->Send(std::move(farewell));
    answer_.stream->Finish();
    return true;
  }
  static bool End(httplib::DataSink& sink) {
    sink.done();
    return true;
  }

  // A client that left is noticed, and a server that ends is heard of, within the first; proxies drop connections that
  // are silent for longer than about 30 s.
  static constexpr std::chrono::milliseconds kLookAround{250};
  static constexpr std::chrono::seconds kHeartbeat{15};

  std::atomic<int>& pumps_;
  HttpEndpoint& endpoint_;
  const HttpAnswer answer_;
  const std::shared_ptr<ClientLink> client_;
  EventStream::Reader reader_;
  Deadline::Clock::time_point heartbeat_ = Deadline::Clock::now() + kHeartbeat;
};

/// The library compresses every answer to a client that allows it, which costs more than it saves on the networks that
/// this server is meant for, and has no switch for it. (A content provider is not compressed, but a stop cuts it off.)
void DeclineCompression(const httplib::Request& request) {
  const_cast<httplib::Request&>(request).headers.erase("Accept-Encoding");
}

/// A DELETE without a length has no body (RFC 9112, section 6.3), yet the library would wait for one after its answer
/// and so hold up the next request on the connection.
void DeclareEmptyBody(const httplib::Request& request) {
  if (request.method != "DELETE" || request.has_header("Content-Length") || request.has_header("Transfer-Encoding"))
    return;
  const_cast<httplib::Request&>(request).headers.emplace("Content-Length", "0");
}

void Send(httplib::Response& response, HttpAnswer answer) {
  response.status = answer.status;
  if (answer.status == 405) response.set_header("Allow", "POST, GET, DELETE");
  if (answer.status == 503) response.set_header("Retry-After", "1");
  if (!answer.session_id.empty()) response.set_header("Mcp-Session-Id", answer.session_id);
  if (!answer.body.empty()) response.set_content(std::move(answer.body), kJsonType);
}

class ConnectionThreads : public httplib::TaskQueue {
 public:
  explicit ConnectionThreads(size_t most) : pool_(most) {}
  bool enqueue(std::function<void()> job) override { return pool_.Add(std::move(job)); }
  void shutdown() override { pool_.Close(); }

 private:
  ElasticPool pool_;
};

void SendPage(httplib::Response& response, HttpPage page) {
  response.status = page.status;
  if (page.status == 405) response.set_header("Allow", "GET, HEAD");
  response.set_header("Cache-Control", "no-store");
  response.set_content(std::move(page.body), page.content_type);
}

std::string Authority(const std::string& host, const std::string& port) {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
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
  Impl(Server& server, HttpServerOptions given)
      : options(std::move(given)),
        gate({.bound_host = options.host,
              .path = options.path,
              .allowed_hosts = options.allowed_hosts,
              .allowed_origins = options.allowed_origins}),
        workers(options.calls),
        endpoint(server, options.max_sessions, options.session_idle,
                 [this](std::function<void()> job) { return workers.Add(std::move(job)); }) {}

  ~Impl() {
    if (closer.joinable()) closer.join();
    workers.Close();
    if (state == State::kBound && socket >= 0) ::close(socket);
  }

  void Configure();
  void Route();
  bool Refused(const httplib::Request& request, httplib::Response& response) const;
  void Answer(const httplib::Request& request, httplib::Response& response);
  HttpAnswer Ask(const httplib::Request& request, const HttpCall& call);
  bool FillEmpty(httplib::Response& response) const;
  void Close();
  Status Bind();

  enum class State { kBound, kRunning, kStopped };

  const HttpServerOptions options;
  const HttpGate gate;
  ElasticPool workers;
  HttpEndpoint endpoint;
  httplib::Server http;
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

void HttpServer::Impl::Configure() {
  http.set_tcp_nodelay(true);
  http.set_payload_max_length(options.max_body_bytes);
  http.set_keep_alive_max_count(kRequestsPerConnection);
  http.set_keep_alive_timeout(options.keep_alive.count());
  http.set_read_timeout(options.io_timeout);
  http.set_write_timeout(options.io_timeout);
  http.new_task_queue = [threads = options.threads] { return new ConnectionThreads(threads); };
}

void HttpServer::Impl::Route() {
  using Handled = httplib::Server::HandlerResponse;
  http.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    DeclineCompression(request);
    DeclareEmptyBody(request);
    if (stopping) {
      response.set_header("Connection", "close");
      Send(response, HttpError(503, "the server is shutting down; try again in a moment"));
      return Handled::Handled;
    }
    return Refused(request, response) ? Handled::Handled : Handled::Unhandled;
  });
  for (const auto& page : options.pages) {
    http.Get(page.path,
             [&page](const httplib::Request&, httplib::Response& response) { SendPage(response, page.make()); });
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

bool HttpServer::Impl::Refused(const httplib::Request& request, httplib::Response& response) const {
  const RequestHead head = HeadOf(request);
  for (const auto& page : options.pages) {
    if (page.path != request.path) continue;
    const auto refusal = gate.CheckPage(head, page.any_host);
    if (refusal) SendPage(response, {refusal->status, HttpPage().content_type, refusal->message + "\n"});
    return refusal.has_value();
  }
  const auto refusal = gate.Check(head);
  if (refusal) Send(response, HttpError(refusal->status, refusal->message));
  return refusal.has_value();
}

void HttpServer::Impl::Answer(const httplib::Request& request, httplib::Response& response) {
  struct Place {
    std::atomic<size_t>& calls;
    const size_t number = ++calls;
    ~Place() { --calls; }
  };
  const Place place{calls};
  if (place.number > options.calls) return Send(response, HttpError(503, "too many calls at once; try again"));
  const HttpCall call = CallOf(request);
  HttpAnswer given = Ask(request, call);
  if (!given.stream) {
    call.client->Cut();
    return Send(response, std::move(given));
  }
  response.set_header("Cache-Control", "no-cache");
  response.set_header("X-Accel-Buffering", "no");
  auto pump = std::make_shared<EventPump>(endpoint, std::move(given), call.client, pumps);
  response.set_chunked_content_provider(kEventsType,
                                        [pump](size_t, httplib::DataSink& sink) { return pump->Step(sink); });
}

HttpAnswer HttpServer::Impl::Ask(const httplib::Request& request, const HttpCall& call) {
  if (request.path == kMessagesPath) return endpoint.PostMessage(call);
  if (request.path == kSsePath) return endpoint.OpenSse(kMessagesPath);
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

/// Without SO_REUSEPORT, which the library sets by default and which lets two servers share a port unnoticed.
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
  http.stop();
}

HttpServer::HttpServer() = default;
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::Create(Server& server, HttpServerOptions options) {
  std::unique_ptr<HttpServer> result(new HttpServer());
  result->impl_ = std::make_unique<Impl>(server, std::move(options));
  result->impl_->Configure();
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
