#include "http/listener.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "base/elastic_pool.h"
#include "http/file_limit.h"

namespace chimera::http {
namespace {

constexpr std::string_view kEmptyAndLast = "Content-Length: 0\r\nConnection: close\r\n\r\n";
constexpr size_t kSpareFiles = 256;  // for everything else than connections

/// The library's own pool leaves connections of a burst waiting behind others that are kept open.
class ConnectionThreads : public httplib::TaskQueue {
 public:
  explicit ConnectionThreads(size_t most) : most_(most), pool_(most) {}
  bool enqueue(std::function<void()> job) override {
    if (++held_ > most_) return --held_, false;
    const bool taken = pool_.Add([this, job = std::move(job)] {
      job();
      --held_;
    });
    if (!taken) --held_;
    return taken;
  }
  void shutdown() override { pool_.Close(); }

 private:
  const size_t most_;
  std::atomic<size_t> held_ = 0;
  ElasticPool pool_;
};

/// An answer to what the library did not see or could not read.
void Refuse(Connection& connection, int status, const std::string& header = "") {
  const std::string reason = httplib::status_message(status);
  const std::string answer = "HTTP/1.1 " + std::to_string(status) + " " + reason + "\r\n" + header;
  connection.write((answer + std::string(kEmptyAndLast)).c_str());
}

/// A connection for which there is no file makes the library's loop spin.
size_t WithinFileLimit(size_t connections) {
  const size_t files = FileLimit();
  return std::min(connections, std::max<size_t>(files - std::min(files, kSpareFiles), 16));
}

std::optional<uint64_t> ReadLength(const std::string& text) {
  uint64_t length = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, length);
  if (error != std::errc() || stop != end) return std::nullopt;
  return length;
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::Create(const ListenerOptions& options) {
  Context context(nullptr, SSL_CTX_free);
  if (!options.tls.certificate.empty()) {
    context.reset(SSL_CTX_new(TLS_server_method()));
    if (!context) return MakeError(ErrorCode::kInternal, "OpenSSL gives no TLS context");
    if (Status configured = ConfigureTls(context.get(), options.tls); !configured) return configured.error();
  }
  return std::unique_ptr<Listener>(new Listener(options, std::move(context)));
}

Listener::Listener(const ListenerOptions& options, Context tls) : options_(options), tls_(std::move(tls)) {
  set_tcp_nodelay(true);
  set_keep_alive_timeout(options.keep_alive.count());
  set_read_timeout(options.patience.silence);
  set_write_timeout(options.patience.silence);
  // The library's own limit is 100 MB.
  set_payload_max_length(options.max_body_bytes > 0 ? options.max_body_bytes : std::numeric_limits<size_t>::max());
  new_task_queue = [most = WithinFileLimit(options.connections)] { return new ConnectionThreads(most); };
  // Without SO_REUSEPORT, which the library sets by default: a port in use must be an error.
  set_socket_options([](socket_t socket) { httplib::set_socket_opt(socket, SOL_SOCKET, SO_REUSEADDR, 1); });
  set_expect_100_continue_handler([](const httplib::Request& request, httplib::Response& response) {
    const std::optional<int> refusal = ConnectionOf(request).refusal;
    if (refusal) response.status = *refusal;
    return refusal.value_or(httplib::StatusCode::Continue_100);
  });
  set_post_routing_handler([](const httplib::Request& request, const httplib::Response& response) {
    if (request.ssl != nullptr && response.get_header_value("Connection") == "close")
      ConnectionOf(request).EndAfterAnswer();
  });
}

Listener::~Listener() = default;

void Listener::OnRequest(Prepare prepare, HandlerWithResponse admit) {
  using Handled = HandlerResponse;
  prepare_ = std::move(prepare);
  set_pre_routing_handler([admit = std::move(admit)](const httplib::Request& request, httplib::Response& response) {
    const std::optional<int> refusal = ConnectionOf(request).refusal;
    if (refusal) response.status = *refusal;
    const bool handled = refusal || admit(request, response) == Handled::Handled;
    // The library would wait for the rest of a body that nobody wants.
    if (handled && response.status >= 400) const_cast<httplib::Request&>(request).body_consumed_ = true;
    return handled ? Handled::Handled : Handled::Unhandled;
  });
}

Connection& Listener::ConnectionOf(const httplib::Request& request) {
  return *const_cast<Connection*>(static_cast<const Connection*>(request.ssl));
}

void Listener::Stop() {
  stop();
  watch_.ForEach([](Connection& connection) { connection.EndIdle(); });
}

void Listener::ShutAll() {
  watch_.ForEach([](Connection& connection) { connection.Shut(); });
}

bool Listener::process_and_close_socket(socket_t socket) {
  const auto connection = std::make_shared<Connection>(socket, options_.patience, tls_.get());
  std::string ip;
  int port = 0;
  connection->get_remote_ip_and_port(ip, port);
  if (options_.admits && !options_.admits(ip)) return false;
  if (!Count(ip)) {
    if (!tls_) Refuse(*connection, httplib::StatusCode::ServiceUnavailable_503, "Retry-After: 1\r\n");
    return false;
  }
  watch_.Add(connection);
  if (connection->Handshake()) {
    while (svr_sock_ != INVALID_SOCKET && connection->AwaitRequest(options_.keep_alive) &&
           ServeOne(*connection, ip, port))
      ;
  }
  watch_.Remove(*connection);
  Discount(ip);
  return true;
}

/// True when another request may follow.
bool Listener::ServeOne(Connection& connection, const std::string& ip, int port) {
  bool read = false;
  bool last = false;
  const bool answered = process_request(connection, ip, port, {}, 0, false, last, [&](httplib::Request& request) {
    read = true;
    request.ssl = &connection;  // the library has no other place for what carries a request
    connection.BeginBody();
    CheckFraming(request, connection);
    if (prepare_) prepare_(request);
  });
  connection.WhenPeerLeaves(nullptr);
  if (answered && read && !last && !connection.EndsAfterAnswer()) return true;
  const int fault = answered || read ? 0 : connection.HeadFault();
  if (fault != 0) Refuse(connection, fault);
  if (answered || fault != 0) connection.Linger();
  return false;
}

/// Where a body ends must be beyond doubt: what is taken for the next request otherwise was written by somebody else
/// (RFC 9112, section 6.3). Ranges are for files.
void Listener::CheckFraming(httplib::Request& request, Connection& connection) const {
  request.ranges.clear();
  const std::string length = request.get_header_value("Content-Length");
  const bool chunked = request.has_header("Transfer-Encoding");
  if (chunked && (request.get_header_value_count("Transfer-Encoding") > 1 ||
                  !httplib::detail::case_ignore::equal(request.get_header_value("Transfer-Encoding"), "chunked"))) {
    connection.refusal = 501;
  } else if (!chunked && length.empty()) {
    request.headers.emplace("Content-Length", "0");  // the library would read until the connection ends
  } else if (!chunked) {
    const auto bytes = ReadLength(length);
    if (!bytes) connection.refusal = 400;
    if (bytes && options_.max_body_bytes > 0 && *bytes > options_.max_body_bytes) connection.refusal = 413;
  }
}

bool Listener::Count(const std::string& ip) {
  const std::lock_guard lock(mutex_);
  size_t& count = of_peer_[ip];
  if (options_.connections_of_peer > 0 && count >= options_.connections_of_peer) return false;
  ++count;
  return true;
}

void Listener::Discount(const std::string& ip) {
  const std::lock_guard lock(mutex_);
  const auto found = of_peer_.find(ip);
  if (--found->second == 0) of_peer_.erase(found);
}

}  // namespace chimera::http
