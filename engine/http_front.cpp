#include "engine/http_front.h"

#include <httplib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <thread>

#include "engine/exception.h"

namespace chimera::engine {
namespace {

using httplib::Request;
using httplib::Response;

constexpr time_t kKeepAliveSeconds = 10;  // ClickHouse's keep_alive_timeout
constexpr time_t kReadSeconds = 30;       // ClickHouse's http_receive_timeout
constexpr time_t kWriteSeconds = 30;      // and http_send_timeout: how long a client may take nothing
constexpr size_t kKeepAliveRequests = 1'000'000;
constexpr size_t kEagerThreads = 8;
constexpr size_t kSendAtOnce = 65536;
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

/// Sends a stream's chunks. After an exception the body ends with the exception's block, and, as a server does, without
/// its last chunk, so that no client takes it for complete.
class StreamSender {
 public:
  StreamSender(Answer answer, std::shared_ptr<Activity::Request> request, std::string version, bool compressed)
      : answer_(std::move(answer)),
        request_(std::move(request)),
        version_(std::move(version)),
        compressed_(compressed) {}

  bool Send(httplib::DataSink& sink) {
    const std::string_view bytes = answer_.stream->Next();
    if (!bytes.empty()) return sink.write(bytes.data(), bytes.size());
    if (answer_.stream->Failure()) return SendException(sink);
    const auto elapsed = std::chrono::steady_clock::now() - answer_.started;
    sink.done_with_trailer({{std::string(kSummaryHeader), Summary(answer_.stream->Counted(), elapsed)}});
    return true;
  }

 private:
  bool SendException(httplib::DataSink& sink) {
    const std::string body = ExceptionBody(*answer_.stream->Failure(), version_);
    const std::string block = ExceptionBlock(body, answer_.exception_tag);
    sink.write(block.data(), block.size());
    if (compressed_) sink.done();  // or the block would stay in the compressor
    return false;
  }

  Answer answer_;
  std::shared_ptr<Activity::Request> request_;
  const std::string version_;
  const bool compressed_;
};

void SendWhole(Answer answer, std::shared_ptr<Activity::Request> request, Response& response) {
  const std::string_view bytes = answer.whole->Bytes();
  if (bytes.size() <= kSendAtOnce) return response.set_content(bytes.data(), bytes.size(), answer.content_type);
  auto block = std::make_shared<chdb::Block>(std::move(*answer.whole));
  const auto send = [block, request](size_t offset, size_t length, httplib::DataSink& sink) {
    return sink.write(block->Bytes().data() + offset, std::min(length, kSendAtOnce));
  };
  response.set_content_provider(bytes.size(), answer.content_type, send);
}

bool IsLoopback(std::string_view host) {
  return host == "127.0.0.1" || host == "::1" || host == "localhost";
}

/// The host of a Host header, without its port and brackets.
std::string HostOf(const std::string& header) {
  if (header.starts_with('[')) return header.substr(1, header.find(']') - 1);
  return header.substr(0, header.find(':'));
}

}  // namespace

struct HttpFront::Impl {
  Impl(HttpFrontOptions given, const QueryHandler& query_handler, Activity& requests, std::string server_version)
      : options(std::move(given)), handler(query_handler), activity(requests), version(std::move(server_version)) {}

  void Configure();
  void AddRoutes();
  Status Listen();
  httplib::Server::HandlerResponse Admit(const Request& request, Response& response) const;
  void Query(const Request& request, Response& response, const httplib::ContentReader* body);
  void Send(Answer answer, std::shared_ptr<Activity::Request> in_flight, const Request& request, Response& response);

  const HttpFrontOptions options;
  const QueryHandler& handler;
  Activity& activity;
  const std::string version;
  int port = 0;
  httplib::Server server;
  std::thread thread;
};

void HttpFront::Impl::Configure() {
  const size_t most = std::max<size_t>(options.threads, 1);
  server.new_task_queue = [most] { return new httplib::ThreadPool(std::min(kEagerThreads, most), most); };
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(kKeepAliveRequests);
  server.set_keep_alive_timeout(kKeepAliveSeconds);
  server.set_read_timeout(kReadSeconds);
  server.set_write_timeout(kWriteSeconds);
  server.set_payload_max_length(std::numeric_limits<size_t>::max());
  // Without SO_REUSEPORT, which the library sets by default: a port in use must be an error.
  server.set_socket_options([](socket_t socket) { httplib::set_socket_opt(socket, SOL_SOCKET, SO_REUSEADDR, 1); });
}

void HttpFront::Impl::AddRoutes() {
  server.set_pre_routing_handler([this](const Request& q, Response& r) { return Admit(q, r); });
  server.Get("/ping", [this](const Request&, Response& response) {
    const Activity::Request in_flight(activity);
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
  const bool foreign_host = IsLoopback(options.host) && !IsLoopback(HostOf(request.get_header_value("Host")));
  if (!options.socket.empty() || (!request.has_header("Origin") && !foreign_host))
    return httplib::Server::HandlerResponse::Unhandled;
  response.status = 403;
  response.set_content("The engine answers no web pages, and on a loopback address only requests for that host.\n",
                       "text/plain; charset=UTF-8");
  return httplib::Server::HandlerResponse::Handled;
}

void HttpFront::Impl::Query(const Request& request, Response& response, const httplib::ContentReader* body) {
  auto in_flight = std::make_shared<Activity::Request>(activity);
  if (!in_flight->Accepted() || request.is_multipart_form_data()) {
    response.status = in_flight->Accepted() ? 501 : 503;
    const Error refused = in_flight->Accepted() ? Exception(kNotImplemented, "Multipart bodies are not supported.")
                                                : Exception(kAborted, "The engine is shutting down.");
    return response.set_content(ExceptionBody(refused, version), "text/plain; charset=UTF-8");
  }
  HttpCall call{HeadOf(request), {}, request.is_connection_closed};
  call.read_body = [body](const std::function<void(std::string_view)>& take) {
    return (*body)([&](const char* data, size_t size) {
      take({data, size});
      return true;
    });
  };
  Send(handler.Handle(call), std::move(in_flight), request, response);
}

void HttpFront::Impl::Send(Answer answer, std::shared_ptr<Activity::Request> in_flight, const Request& request,
                           Response& response) {
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers) response.set_header(name, value);
  const std::string type = answer.content_type;
  if (answer.whole) return SendWhole(std::move(answer), std::move(in_flight), response);
  if (!answer.stream) return response.set_content(std::move(answer.text), type);
  response.set_header("Trailer", std::string(kSummaryHeader));
  const bool compressed = request.get_header_value("Accept-Encoding").find("gzip") != std::string::npos;
  auto sender = std::make_shared<StreamSender>(std::move(answer), std::move(in_flight), version, compressed);
  response.set_chunked_content_provider(type, [sender](size_t, httplib::DataSink& sink) { return sender->Send(sink); });
}

Status HttpFront::Impl::Listen() {
  if (!options.socket.empty()) {
    unlink(options.socket.c_str());
    server.set_address_family(AF_UNIX);
    if (server.bind_to_port(options.socket, 80) && chmod(options.socket.c_str(), 0600) == 0) return Ok();
    return SystemError("cannot listen on " + options.socket);
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

Result<std::unique_ptr<HttpFront>> HttpFront::Create(const HttpFrontOptions& options, const QueryHandler& handler,
                                                     Activity& activity, const std::string& version) {
  auto impl = std::make_unique<Impl>(options, handler, activity, version);
  impl->Configure();
  impl->AddRoutes();
  if (Status listening = impl->Listen(); !listening) return listening.error();
  return std::unique_ptr<HttpFront>(new HttpFront(std::move(impl)));
}

HttpFront::~HttpFront() {
  impl_->server.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

int HttpFront::Port() const {
  return impl_->port;
}

void HttpFront::Start() {
  impl_->thread = std::thread([this] { impl_->server.listen_after_bind(); });
  impl_->server.wait_until_ready();
}

void HttpFront::Hide() {
  if (!impl_->options.socket.empty()) unlink(impl_->options.socket.c_str());
}

}  // namespace chimera::engine
