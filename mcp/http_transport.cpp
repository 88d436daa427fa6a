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

#include "base/log.h"
#include "mcp/http_endpoint.h"
#include "mcp/http_gate.h"

namespace chimera::mcp {
namespace {

constexpr int kBacklog = 1024;
constexpr size_t kRequestsPerConnection = 1'000'000;
constexpr const char* kJsonType = "application/json";

RequestHead HeadOf(const httplib::Request& request) {
  return {.method = request.method,
          .path = request.path,
          .host = request.get_header_value("Host"),
          .origin = request.get_header_value("Origin"),
          .content_type = request.get_header_value("Content-Type"),
          .accept = request.get_header_value("Accept")};
}

HttpCall CallOf(const httplib::Request& request) {
  return {.body = request.body,
          .session_id = request.get_header_value("Mcp-Session-Id"),
          .protocol_version = request.get_header_value("MCP-Protocol-Version"),
          .client_gone = request.is_connection_closed};
}

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
  if (answer.status == 405) response.set_header("Allow", "POST, DELETE");
  if (answer.status == 503) response.set_header("Retry-After", "1");
  if (!answer.session_id.empty()) response.set_header("Mcp-Session-Id", answer.session_id);
  if (!answer.body.empty()) response.set_content(std::move(answer.body), kJsonType);
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
        gate({options.host, options.path, options.allowed_hosts, options.allowed_origins}),
        endpoint(server, options.max_sessions, options.session_idle) {}

  ~Impl() {
    if (state == State::kBound && socket >= 0) ::close(socket);
  }

  void Configure();
  void Route();
  bool Refused(const httplib::Request& request, httplib::Response& response) const;
  void Answer(const httplib::Request& request, httplib::Response& response);
  bool FillEmpty(httplib::Response& response) const;
  Status Bind();

  enum class State { kBound, kRunning, kStopped };

  const HttpServerOptions options;
  const HttpGate gate;
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
};

void HttpServer::Impl::Configure() {
  http.set_tcp_nodelay(true);
  http.set_payload_max_length(options.max_body_bytes);
  http.set_keep_alive_max_count(kRequestsPerConnection);
  http.set_keep_alive_timeout(options.keep_alive.count());
  http.set_read_timeout(options.io_timeout);
  http.set_write_timeout(options.io_timeout);
  // All threads from the start: where the library adds them as connections come, one that comes while idle threads are
  // still waking up gets none of its own, and waits for another connection to end.
  http.new_task_queue = [threads = options.threads] { return new httplib::ThreadPool(threads); };
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
  http.Delete(".*", answer);
  http.set_error_handler([this](const httplib::Request&, httplib::Response& response) {
    return FillEmpty(response) ? Handled::Handled : Handled::Unhandled;
  });
  http.set_exception_handler([](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
    log::Error("an HTTP request failed with an exception");
    Send(response, {500, ErrorReply(nullptr, {kInternalError, "internal error", {}}), {}});
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
  Send(response, request.method == "DELETE" ? endpoint.Delete(call) : endpoint.Post(call));
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
  impl_->endpoint.CancelAt(Deadline::After(impl_->options.drain));
  if (!running) {
    ::close(std::exchange(impl_->socket, -1));
    return;
  }
  // Between Run and the library's own loop a stop would be lost.
  while (!impl_->http.is_running() && !impl_->ended) std::this_thread::yield();
  impl_->http.stop();
}

}  // namespace chimera::mcp
