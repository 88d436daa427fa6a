#include "clickhouse/connection.h"

#include <fcntl.h>
#include <httplib.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "clickhouse/alarm.h"

namespace chimera::clickhouse {
namespace {

// What may be left of a reply that nobody needs before it is cheaper to connect again.
constexpr size_t kDrainBytes = 256 * 1024;
constexpr std::chrono::milliseconds kDrainTime{50};

// A Unix socket refuses at once when its backlog is full, where TCP would wait.
constexpr std::chrono::milliseconds kBacklogWait{5};

// Body bytes handed to the socket at once.
constexpr size_t kSendBytes = 256 * 1024;

// The alarm ends every wait at the deadline, drips included; httplib's own timeouts, which begin anew with every byte,
// only must not come earlier.
constexpr std::chrono::hours kNoTimeout{24};

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

/// The socket of the current request, as other threads may see it: a duplicate of httplib's descriptor, so that a shut
/// down from another thread never hits a number that was reused. httplib's own stop() would block while it connects.
class Wire {
 public:
  ~Wire() { Forget(); }

  void Begin() {
    std::lock_guard lock(mutex_);
    ended_by_.reset();
    sent_ = opened_ = false;
  }

  /// httplib made a socket and will connect it.
  void Opened(int socket) {
    std::lock_guard lock(mutex_);
    if (fd_ >= 0) close(fd_);
    fd_ = fcntl(socket, F_DUPFD_CLOEXEC, 0);
    opened_ = true;
  }

  /// Asked right before the first byte leaves. False when the request was ended meanwhile, and on a second time:
  /// httplib repeats a request on its own when a TLS peer closed, which could run a statement twice.
  bool MaySend() {
    std::lock_guard lock(mutex_);
    if (!ended_by_ && !sent_) {
      sent_ = true;
      return true;
    }
    ShutDown();
    return false;
  }

  void End(Outcome why) {
    std::lock_guard lock(mutex_);
    if (!ended_by_) ended_by_ = why;
    ShutDown();
  }

  std::optional<Outcome> EndedBy() const {
    std::lock_guard lock(mutex_);
    return ended_by_;
  }
  bool Sent() const {
    std::lock_guard lock(mutex_);
    return sent_;
  }
  bool WasOpened() const {
    std::lock_guard lock(mutex_);
    return opened_;
  }

  bool IsStale() const {
    std::lock_guard lock(mutex_);
    if (fd_ < 0) return true;
    pollfd waiting{fd_, POLLIN | POLLRDHUP, 0};
    return poll(&waiting, 1, 0) != 0;
  }

  void Forget() {
    std::lock_guard lock(mutex_);
    if (fd_ < 0) return;
    ShutDown();
    close(fd_);
    fd_ = -1;
  }

 private:
  void ShutDown() const {
    if (fd_ >= 0) shutdown(fd_, SHUT_RDWR);
  }

  mutable std::mutex mutex_;
  int fd_ = -1;
  std::optional<Outcome> ended_by_;
  bool sent_ = false;
  bool opened_ = false;  ///< a socket was made during this request
};

/// Passes a body on until the receiver has enough, then counts what is left.
class BodyFlow {
 public:
  BodyFlow(Receiver& receiver, Alarm& alarm, Wire& wire) : receiver_(receiver), alarm_(alarm), wire_(wire) {}

  bool Take(std::string_view bytes) {
    if (enough_) return (drained_ += bytes.size()) <= kDrainBytes;
    if (receiver_.OnBody(bytes)) return true;
    enough_ = true;
    drain_end_ = alarm_.At(Deadline::After(kDrainTime), [this] { wire_.End(Outcome::kCut); });
    return true;
  }
  bool HadEnough() const { return enough_; }

 private:
  Receiver& receiver_;
  Alarm& alarm_;
  Wire& wire_;
  bool enough_ = false;
  size_t drained_ = 0;
  Alarm::Handle drain_end_;
};

ReplyHead HeadOf(const httplib::Response& response) {
  ReplyHead head;
  head.status = response.status;
  for (const auto& [name, value] : response.headers) head.headers.push_back({name, value});
  head.framed =
      response.has_header("Content-Length") || SameName(response.get_header_value("Transfer-Encoding"), "chunked");
  return head;
}

std::unique_ptr<httplib::ClientImpl> MakeClient(const Endpoint& endpoint) {
  if (!endpoint.unix_socket.empty()) {
    auto client = std::make_unique<httplib::ClientImpl>(endpoint.unix_socket);
    client->set_address_family(AF_UNIX);
    return client;
  }
  if (endpoint.secure) return std::make_unique<httplib::SSLClient>(endpoint.host, endpoint.port);
  return std::make_unique<httplib::ClientImpl>(endpoint.host, endpoint.port);
}

ssize_t WriteHeaders(httplib::Stream& stream, httplib::Headers& headers) {
  // A placeholder keeps httplib from adding "Expect: 100-continue", a round trip that only delays a trusted server.
  headers.erase("Expect");
  std::string text;
  for (const auto& [name, value] : headers) text.append(name).append(": ").append(value).append("\r\n");
  text += "\r\n";
  return stream.write(text.data(), text.size());
}

Failure FailureOf(httplib::Error error, const Wire& wire, bool over_unix, int last_errno) {
  switch (error) {
    case httplib::Error::Connection:
      if (over_unix) return last_errno == EAGAIN ? Failure::kBacklogFull : Failure::kRefused;
      return wire.WasOpened() ? Failure::kRefused : Failure::kNameUnknown;
    case httplib::Error::ConnectionTimeout:
      return Failure::kConnectTimeout;
    case httplib::Error::SSLConnection:
    case httplib::Error::SSLLoadingCerts:
      return Failure::kTlsHandshake;
    case httplib::Error::SSLServerVerification:
      return Failure::kTlsUntrusted;
    case httplib::Error::SSLServerHostnameVerification:
      return Failure::kTlsWrongName;
    default:
      return Failure::kBroken;
  }
}

std::string TlsDetail(const httplib::Result& result) {
  if (result.error() == httplib::Error::SSLServerVerification) {
    return X509_verify_cert_error_string(static_cast<long>(result.ssl_backend_error()));
  }
  const char* reason = ERR_reason_error_string(result.ssl_backend_error());
  return reason == nullptr ? "" : reason;
}

}  // namespace

std::string Endpoint::Name() const {
  if (!unix_socket.empty()) return unix_socket;
  bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string_view ReplyHead::Find(std::string_view name) const {
  auto found = std::find_if(headers.begin(), headers.end(), [&](const Header& h) { return SameName(h.name, name); });
  return found == headers.end() ? std::string_view() : std::string_view(found->value);
}

struct Connection::Impl {
  Impl(const Endpoint& where, Alarm& clock);
  httplib::Request MakeRequest(const Post& post, Receiver& receiver, BodyFlow& flow) const;
  httplib::Result Try(const httplib::Request& request) const;
  Exchange SendOnce(const Post& post, Receiver& receiver);
  Exchange Send(const Post& post, Deadline connect_by, Receiver& receiver);

  Endpoint endpoint;
  Alarm& alarm;
  Wire wire;
  std::unique_ptr<httplib::ClientImpl> http;
};

Connection::Impl::Impl(const Endpoint& where, Alarm& clock) : endpoint(where), alarm(clock), http(MakeClient(where)) {
  http->set_keep_alive(true);
  http->set_tcp_nodelay(true);
  http->set_path_encode(false);
  http->set_read_timeout(kNoTimeout);
  http->set_write_timeout(kNoTimeout);
  http->set_socket_options([this](int socket) { wire.Opened(socket); });
  http->set_header_writer([this](httplib::Stream& stream, httplib::Headers& headers) -> ssize_t {
    return wire.MaySend() ? WriteHeaders(stream, headers) : -1;
  });
}

httplib::Request Connection::Impl::MakeRequest(const Post& post, Receiver& receiver, BodyFlow& flow) const {
  httplib::Request request;
  request.method = "POST";
  request.path = std::string(post.target);
  for (const auto& header : post.headers) request.headers.emplace(header.name, header.value);
  request.headers.emplace("Expect", "");
  request.content_length_ = post.body.size();
  request.content_provider_ = [body = post.body](size_t offset, size_t length, httplib::DataSink& sink) {
    return sink.write(body.data() + offset, std::min(length, kSendBytes));
  };
  request.response_handler = [&receiver](const httplib::Response& response) {
    receiver.OnHead(HeadOf(response));
    return true;
  };
  request.content_receiver = [&flow](const char* data, size_t size, size_t, size_t) { return flow.Take({data, size}); };
  return request;
}

httplib::Result Connection::Impl::Try(const httplib::Request& request) const {
  try {
    return http->send(request);
  } catch (const std::exception&) {  // a status line too odd for httplib's pattern
    return {nullptr, httplib::Error::Read};
  }
}

Exchange Connection::Impl::SendOnce(const Post& post, Receiver& receiver) {
  BodyFlow flow(receiver, alarm, wire);
  errno = 0;
  auto result = Try(MakeRequest(post, receiver, flow));
  int last_errno = errno;
  Exchange exchange;
  exchange.sent = wire.Sent();
  if (result) return exchange;
  if (flow.HadEnough()) {
    exchange.outcome = Outcome::kCut;
  } else if (auto why = wire.EndedBy()) {
    exchange.outcome = *why;
  } else {
    exchange.outcome = Outcome::kFailed;
    exchange.failure = FailureOf(result.error(), wire, !endpoint.unix_socket.empty(), last_errno);
    exchange.detail = TlsDetail(result);
  }
  return exchange;
}

Exchange Connection::Impl::Send(const Post& post, Deadline connect_by, Receiver& receiver) {
  for (auto wait = kBacklogWait;; wait *= 2) {
    http->set_connection_timeout(std::max(connect_by.Remaining(), std::chrono::milliseconds(1)));
    Exchange exchange = SendOnce(post, receiver);
    if (exchange.failure != Failure::kBacklogFull || connect_by.Remaining() < wait) return exchange;
    std::this_thread::sleep_for(wait);
    if (auto why = wire.EndedBy()) return {.outcome = *why};
  }
}

Connection::Connection(const Endpoint& endpoint, Alarm& alarm) : impl_(std::make_unique<Impl>(endpoint, alarm)) {}
Connection::~Connection() = default;

Exchange Connection::Send(const Post& post, const RequestContext& context, Receiver& receiver) {
  if (context.Cancelled()) return {.outcome = Outcome::kCancelled};
  if (context.deadline.Expired()) return {.outcome = Outcome::kExpired};
  Wire& wire = impl_->wire;
  wire.Begin();
  auto connect_by = Deadline::After(impl_->endpoint.connect_timeout).Earlier(context.deadline);
  Exchange exchange;
  {
    auto at_deadline = impl_->alarm.At(context.deadline, [&wire] { wire.End(Outcome::kExpired); });
    std::stop_callback on_cancel(context.stop, [&wire] { wire.End(Outcome::kCancelled); });
    exchange = impl_->Send(post, connect_by, receiver);
  }
  if (exchange.outcome != Outcome::kComplete) wire.Forget();
  return exchange;
}

bool Connection::IsStale() const {
  return impl_->wire.IsStale();
}

}  // namespace chimera::clickhouse
