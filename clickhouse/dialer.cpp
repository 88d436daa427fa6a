#include "clickhouse/dialer.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace chimera::clickhouse {
namespace {

// A Unix socket refuses at once when its backlog is full, where TCP would wait.
constexpr std::chrono::milliseconds kBacklogWait{5};

// For a better word about a failure that is certain already.
constexpr std::chrono::milliseconds kLookTime{300};

using Connected = Attempt<std::unique_ptr<Channel>>;

Exchange Refused(int error) {
  return Failed(error == ETIMEDOUT ? Failure::kConnectTimeout : Failure::kRefused, std::strerror(error));
}

Connected ConnectTo(const Address& address, const Patience& patience, Deadline until) {
  Descriptor socket(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return Refused(errno);
  int on = 1;
  setsockopt(socket.Number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (connect(socket.Number(), reinterpret_cast<const sockaddr*>(&address.bytes), address.size) != 0) {
    if (errno != EINPROGRESS) return Refused(errno);
    if (!patience.Await(socket.Number(), POLLOUT, until)) {
      auto why = patience.Over();
      return why ? Exchange{.outcome = *why} : Failed(Failure::kConnectTimeout);
    }
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(socket.Number(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return Refused(error);
  }
  return std::make_unique<Channel>(std::move(socket));
}

Connected ConnectUnixOnce(const std::string& path) {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return Refused(errno);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (connect(socket.Number(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    return std::make_unique<Channel>(std::move(socket));
  }
  return errno == EAGAIN ? Failed(Failure::kBacklogFull) : Refused(errno);
}

}  // namespace

std::shared_ptr<Dialer> MakeDialer() noexcept {
  return std::make_shared<Dialer>();
}

std::string Endpoint::Name() const {
  if (!unix_socket.empty()) return unix_socket;
  bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Endpoint::ServerName() const {
  return tls.server_name.empty() ? host : tls.server_name;
}

Connected Dialer::Dial(const Endpoint& endpoint, const Patience& patience, Deadline until) {
  if (!endpoint.unix_socket.empty()) return ConnectUnix(endpoint.unix_socket, patience, until);
  auto addresses = Resolve(endpoint, patience, until);
  if (auto* ended = std::get_if<Exchange>(&addresses)) return std::move(*ended);
  auto connected = Connect(std::get<0>(addresses), patience, until);
  auto* channel = std::get_if<std::unique_ptr<Channel>>(&connected);
  if (channel == nullptr) return connected;
  (*channel)->LoseAfter(endpoint.lost_after);
  if (!endpoint.secure) return connected;
  if (auto ended = Secure(**channel, endpoint, patience, until)) return *std::move(ended);
  return connected;
}

Connected Dialer::Connect(const std::vector<Address>& addresses, const Patience& patience, Deadline until) const {
  Exchange ended;
  for (size_t left = addresses.size(); left > 0; --left) {
    auto share = Deadline::After(until.Remaining() / static_cast<int>(left));
    auto connected = ConnectTo(addresses[addresses.size() - left], patience, share);
    if (std::holds_alternative<std::unique_ptr<Channel>>(connected)) return connected;
    ended = std::get<Exchange>(std::move(connected));
    if (ended.outcome != Outcome::kFailed) break;
  }
  return ended;
}

Connected Dialer::ConnectUnix(const std::string& path, const Patience& patience, Deadline until) const {
  for (auto wait = kBacklogWait;; wait *= 2) {
    auto connected = ConnectUnixOnce(path);
    auto* ended = std::get_if<Exchange>(&connected);
    if (ended == nullptr || ended->failure != Failure::kBacklogFull || until.Remaining() < wait) return connected;
    patience.Pause(wait);
    if (auto why = patience.Over()) return Exchange{.outcome = *why};
  }
}

std::optional<Exchange> Dialer::Secure(Channel& channel, const Endpoint& endpoint, const Patience& patience,
                                       Deadline until) {
  auto context = ContextFor(endpoint.tls);
  if (!context) return Failed(Failure::kTlsFiles, context.error().message);
  const std::string name = endpoint.ServerName();
  auto ended = channel.Secure(*std::move(context), name, name + " " + endpoint.Name(), patience, until);
  if (!ended || SpokeTls(ended->failure)) {
    has_spoken_tls_ = true;
  } else if (ended->failure == Failure::kTlsTimeout && !has_spoken_tls_ && !channel.Tls()->HasHeard()) {
    ended->failure = Failure::kTlsSilent;
  }
  return ended;
}

std::optional<Exchange> Dialer::ExplainSilence(const Endpoint& endpoint, const Patience& patience) {
  if (has_answered_ || endpoint.secure || !endpoint.unix_socket.empty()) return std::nullopt;
  Endpoint secured = endpoint;
  secured.secure = true;
  auto dialed = Dial(secured, patience, Deadline::After(kLookTime));
  auto* ended = std::get_if<Exchange>(&dialed);
  if (ended != nullptr && !SpokeTls(ended->failure)) return std::nullopt;
  return Failed(Failure::kTlsExpected);
}

Result<std::shared_ptr<TlsContext>> Dialer::ContextFor(const TlsOptions& options) {
  std::lock_guard lock(mutex_);
  if (context_ && context_->Serves(options)) return context_;
  auto context = TlsContext::Create(options);
  if (context) context_ = *context;
  return context;
}

}  // namespace chimera::clickhouse
