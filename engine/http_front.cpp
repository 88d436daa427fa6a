#include "engine/http_front.h"

#include <httplib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <thread>

#include "base/elastic_pool.h"
#include "engine/answer_body.h"
#include "engine/exception.h"
#include "engine/file_watch.h"
#include "http/listener.h"

namespace chimera::engine {
namespace {

using httplib::Request;
using httplib::Response;

constexpr std::chrono::seconds kKeepAlive{10};  // ClickHouse's keep_alive_timeout
constexpr std::chrono::seconds kSilence{30};    // ClickHouse's http_receive_timeout and http_send_timeout
// Node forgets what it has not yet decompressed when a connection breaks: time to read an exception's block.
constexpr std::chrono::milliseconds kLinger{200};
constexpr size_t kSendAtOnce = 65536;
constexpr size_t kMaxFormBytes = 16u << 20;
constexpr std::string_view kSummaryHeader = "X-ClickHouse-Summary";

Error SystemError(const std::string& what) {
  return MakeError(ErrorCode::kIoError, what + ": " + std::strerror(errno), "choose another address, or free this one");
}

HttpHead HeadOf(const Request& request) {
  HttpHead head;
  head.is_get = request.method != "POST";
  head.parameters.assign(request.params.begin(), request.params.end());
  head.header = [&request](const std::string& name) { return request.get_header_value(name); };
  return head;
}

/// A header's value, taken out of the request: what the library does with it is not what ClickHouse does (it compresses
/// whatever a client could take, and does not notice that a compressed body is cut). The request is its own object,
/// only lent to us as constant.
std::string TakeHeader(const Request& request, const std::string& name) {
  std::string value = request.get_header_value(name);
  const_cast<Request&>(request).headers.erase(name);
  return value;
}

/// Sends a body in chunks. After an exception it is left, as a server does, without its last chunk, so that no client
/// takes it for complete.
void SendChunks(Answer answer, std::shared_ptr<Activity::Request> in_flight, const std::string& version,
                Response& response) {
  const std::string type = answer.content_type;
  const bool compressed = answer.gzip_level > 0;
  if (compressed) response.set_header("Content-Encoding", "gzip");
  response.set_header("Trailer", std::string(kSummaryHeader));
  auto body = std::make_shared<AnswerBody>(std::move(answer), version);
  response.set_chunked_content_provider(type, [body, in_flight, compressed](size_t, httplib::DataSink& sink) {
    const std::string_view bytes = body->Next();
    if (!bytes.empty()) return sink.write(bytes.data(), bytes.size());
    if (!body->Complete()) {
      if (compressed) std::this_thread::sleep_for(kLinger);
      return false;
    }
    sink.done_with_trailer({{std::string(kSummaryHeader), body->FinalSummary()}});
    return true;
  });
}

void SendWhole(Answer answer, std::shared_ptr<Activity::Request> in_flight, Response& response) {
  auto block = std::make_shared<chdb::Block>(std::move(*answer.whole));
  const auto send = [block, in_flight](size_t offset, size_t length, httplib::DataSink& sink) {
    return sink.write(block->Bytes().data() + offset, std::min(length, kSendAtOnce));
  };
  response.set_content_provider(block->Bytes().size(), answer.content_type, send);
}

/// The fields of a form: what @clickhouse/client puts there instead of into the URL. kNotImplemented for files, which a
/// server takes for external tables, and for a form of more than kMaxFormBytes.
Status ReadForm(const httplib::ContentReader& body, Pairs& fields) {
  bool files = false;
  size_t bytes = 0;
  const auto begin = [&](const httplib::FormData& part) {
    files = files || !part.filename.empty();
    fields.emplace_back(part.name, "");
    return !files;
  };
  const auto take = [&](const char* data, size_t size) {
    bytes += size;
    fields.back().second.append(data, size);
    return bytes <= kMaxFormBytes;
  };
  if (body(begin, take)) return Ok();
  return Exception(kNotImplemented, files ? "The embedded engine takes no files (external tables)."
                                          : "The form is longer than 16 MiB, or did not arrive whole.");
}

http::ListenerOptions ListenerOptionsOf(const HttpFrontOptions& options) {
  return {.connections = std::max<size_t>(options.threads, 1),
          .keep_alive = kKeepAlive,
          .patience = {.silence = kSilence},
          .tls = options.tls};
}

}  // namespace

struct HttpFront::Impl {
  Impl(HttpFrontOptions given, std::unique_ptr<http::Listener> listener)
      : options(std::move(given)), owned(std::move(listener)), server(*owned) {}

  void AddRoutes();
  Status Listen();
  httplib::Server::HandlerResponse Admit(const Request& request, Response& response) const;
  void Query(const Request& request, Response& response, const httplib::ContentReader* body);
  void Send(Answer answer, std::shared_ptr<Activity::Request> in_flight, Response& response);
  void Refuse(int status, const Error& exception, Response& response) const;

  const HttpFrontOptions options;
  const QueryHandler* handler = nullptr;  // these two from Start on
  Activity* activity = nullptr;
  std::string version;
  int port = 0;
  std::optional<FileMark> bound;  ///< another engine may have put its own there since
  const std::unique_ptr<http::Listener> owned;
  http::Listener& server;
  std::thread thread;
};

void HttpFront::Impl::AddRoutes() {
  server.OnRequest(nullptr, [this](const Request& q, Response& r) { return Admit(q, r); });
  server.Get("/ping", [this](const Request&, Response& response) {
    const Activity::Request in_flight(*activity);
    if (!in_flight.Accepted()) response.status = 503;
    response.set_content("Ok.\n", "text/html; charset=UTF-8");
  });
  server.Get("/", [this](const Request& request, Response& response) {
    if (request.params.empty()) return response.set_content("Ok.\n", "text/html; charset=UTF-8");
    Query(request, response, nullptr);
  });
  server.Post("/", [this](const Request& request, Response& response, const httplib::ContentReader& body) {
    Query(request, response, &body);
  });
  server.set_error_handler([](const Request& request, Response& response) {
    if (!response.body.empty() || response.status != 404) return;
    response.set_content("There is no handle " + request.path + "\n\nUse / for queries or /ping for health checks.\n",
                         "text/plain; charset=UTF-8");
  });
}

/// A web page must not reach an engine that listens on TCP: browsers name the page in Origin, and a page that rebinds a
/// name of its own to this address gives itself away by Host. A Unix socket is out of a browser's reach.
httplib::Server::HandlerResponse HttpFront::Impl::Admit(const Request& request, Response& response) const {
  const bool web_page = request.has_header("Origin") || IsForeignHost(options.host, request.get_header_value("Host"));
  if (!options.socket.empty() || !web_page) return httplib::Server::HandlerResponse::Unhandled;
  response.status = 403;
  response.set_content("The engine answers no web pages, and on a loopback address only requests for that host.\n",
                       "text/plain; charset=UTF-8");
  return httplib::Server::HandlerResponse::Handled;
}

void HttpFront::Impl::Query(const Request& request, Response& response, const httplib::ContentReader* body) {
  auto in_flight = std::make_shared<Activity::Request>(*activity);
  if (!in_flight->Accepted()) return Refuse(503, Exception(kAborted, "The engine is shutting down."), response);
  HttpCall call{HeadOf(request),
                TakeHeader(request, "Content-Encoding"),
                {},
                [&connection = http::Listener::ConnectionOf(request)] { return connection.PeerLeft(); }};
  if (request.is_multipart_form_data()) {
    if (Status read = ReadForm(*body, call.head.parameters); !read) return Refuse(501, read.error(), response);
  } else if (body) {
    call.read_body = [body](const std::function<void(std::string_view)>& take) {
      return (*body)([&](const char* data, size_t size) {
        take({data, size});
        return true;
      });
    };
  }
  Answer answer = handler->Handle(call);
  TakeHeader(request, "Accept-Encoding");
  Send(std::move(answer), std::move(in_flight), response);
}

void HttpFront::Impl::Refuse(int status, const Error& exception, Response& response) const {
  response.status = status;
  response.set_header("X-ClickHouse-Exception-Code", std::to_string(exception.database_code));
  response.set_content(ExceptionBody(exception, version), "text/plain; charset=UTF-8");
}

void HttpFront::Impl::Send(Answer answer, std::shared_ptr<Activity::Request> in_flight, Response& response) {
  response.status = answer.status;
  const bool small = answer.whole && answer.whole->Bytes().size() <= kSendAtOnce;
  if (small) answer.text = answer.whole->Bytes();
  if (!answer.stream && (small || !answer.whole)) CompressText(answer);
  for (const auto& [name, value] : answer.headers) response.set_header(name, value);
  if (answer.stream || (answer.whole && !small && answer.gzip_level > 0))
    return SendChunks(std::move(answer), std::move(in_flight), version, response);
  if (answer.whole && !small) return SendWhole(std::move(answer), std::move(in_flight), response);
  response.set_content(std::move(answer.text), answer.content_type);
}

Status HttpFront::Impl::Listen() {
  if (!options.socket.empty()) {
    unlink(options.socket.c_str());
    server.set_address_family(AF_UNIX);
    if (!server.bind_to_port(options.socket, 80) || chmod(options.socket.c_str(), 0600) != 0)
      return SystemError("cannot listen on " + options.socket);
    bound.emplace(options.socket);
    return Ok();
  }
  port = options.port;
  if (port == 0)
    port = server.bind_to_any_port(options.host);
  else if (!server.bind_to_port(options.host, port))
    port = -1;
  if (port > 0) return Ok();
  return SystemError("cannot listen on " + options.host + ":" + std::to_string(options.port));
}

HttpFront::HttpFront(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<HttpFront>> HttpFront::Create(const HttpFrontOptions& options) {
  auto server = http::Listener::Create(ListenerOptionsOf(options));
  if (!server) return server.error();
  auto impl = std::make_unique<Impl>(options, std::move(server).value());
  if (Status listening = impl->Listen(); !listening) return listening.error();
  return std::unique_ptr<HttpFront>(new HttpFront(std::move(impl)));
}

HttpFront::~HttpFront() {
  Hide();
  Stop();
}

void HttpFront::Stop() {
  impl_->server.Stop();
  impl_->server.ShutAll();  // each may wait half a minute for its peer
  if (impl_->thread.joinable()) impl_->thread.join();
}

int HttpFront::Port() const {
  return impl_->port;
}

void HttpFront::Start(const QueryHandler& handler, Activity& activity, const std::string& version) {
  impl_->handler = &handler;
  impl_->activity = &activity;
  impl_->version = version;
  impl_->AddRoutes();
  impl_->thread = std::thread([this] { impl_->server.listen_after_bind(); });
  impl_->server.wait_until_ready();
}

void HttpFront::Hide() {
  if (impl_->bound && impl_->bound->StillThere()) unlink(impl_->options.socket.c_str());
}

}  // namespace chimera::engine
