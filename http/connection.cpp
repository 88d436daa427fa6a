#include "http/connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace chimera::http {
namespace {

constexpr std::chrono::seconds kLinger{1};
// The engine takes statements and parameters in the URL, up to 64 KiB.
constexpr size_t kMaxHead = 128u << 10;

void FreeSession(SSL* session) {
  SSL_free(session);
}

SSL* NewSession(SSL_CTX* context, int socket) {
  if (context == nullptr) return nullptr;
  SSL* session = SSL_new(context);
  if (session == nullptr) return nullptr;
  SSL_set_fd(session, socket);
  SSL_set_mode(session, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_set_accept_state(session);
  return session;
}

/// How long `bytes` may take at `rate` a second.
std::chrono::milliseconds TimeFor(size_t bytes, size_t rate) {
  return std::chrono::milliseconds(bytes * 1000 / rate);
}

/// One end of a socket as text; leaves `ip` and `port` as they are when it is none of the Internet's.
void ReadAddress(int socket, int (*get)(int, sockaddr*, socklen_t*), std::string& ip, int& port) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (get(socket, generic, &size) != 0) return;
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> service{};
  constexpr int kNumeric = NI_NUMERICHOST | NI_NUMERICSERV;
  if (address.ss_family != AF_INET && address.ss_family != AF_INET6) return;
  if (::getnameinfo(generic, size, host.data(), host.size(), service.data(), service.size(), kNumeric) != 0) return;
  ip = host.data();
  port = std::atoi(service.data());
}

}  // namespace

Connection::Connection(int socket, const Patience& patience, ssl_ctx_st* tls)
    : socket_(socket), patience_(patience), tls_(NewSession(tls, socket), FreeSession) {
  fcntl(socket_, F_SETFL, fcntl(socket_, F_GETFL) | O_NONBLOCK);
}

Connection::~Connection() {
  // Without it, OpenSSL forgets the session instead of resuming it, and clients cannot tell the end from a cut.
  if (tls_) SSL_shutdown(tls_.get());
  ERR_clear_error();
  tls_.reset();
  ::shutdown(socket_, SHUT_RDWR);
  ::close(socket_);
}

bool Connection::Handshake() {
  if (!tls_) return true;
  const Deadline until = Deadline::After(patience_.head);
  while (true) {
    ERR_clear_error();
    const int result = SSL_do_handshake(tls_.get());
    if (result == 1) return true;
    const Step step = TlsStep(result);
    if (step.wants == 0 || !Await(step.wants, until)) return false;
  }
}

bool Connection::AwaitRequest(std::chrono::milliseconds patience) {
  in_body_ = false;
  bytes_ = 0;
  refusal.reset();
  if (begin_ < end_ || (tls_ && SSL_pending(tls_.get()) > 0)) {
    head_until_ = Deadline::After(patience_.head);
    return true;
  }
  {
    const std::lock_guard lock(idle_mutex_);
    if (no_more_) return false;
    idle_ = true;
  }
  const bool came = Await(POLLIN, Deadline::After(patience));
  const std::lock_guard lock(idle_mutex_);
  idle_ = false;
  head_until_ = Deadline::After(patience_.head);
  return came;
}

void Connection::EndIdle() {
  const std::lock_guard lock(idle_mutex_);
  no_more_ = true;
  if (idle_) ::shutdown(socket_, SHUT_RD);
}

void Connection::BeginBody() {
  in_body_ = true;
  body_begun_ = Deadline::Clock::now();
  bytes_ = 0;
}

void Connection::Linger() {
  if (tls_) SSL_shutdown(tls_.get());
  ::shutdown(socket_, SHUT_WR);
  const Deadline until = Deadline::After(kLinger);
  while (Await(POLLIN, until)) {
    const ssize_t size = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) return;
  }
}

void Connection::Shut() {
  ::shutdown(socket_, SHUT_RDWR);
}

void Connection::WhenPeerLeaves(std::function<void()> left) {
  const std::lock_guard lock(left_mutex_);
  when_left_ = std::move(left);
  if (left_ && when_left_) std::exchange(when_left_, nullptr)();
}

void Connection::NotePeerLeft() {
  const std::lock_guard lock(left_mutex_);
  left_ = true;
  if (when_left_) std::exchange(when_left_, nullptr)();
}

bool Connection::wait_readable() const {
  return is_readable() || Await(POLLIN, ReadDeadline());
}

bool Connection::wait_writable() const {
  return !left_ && Await(POLLOUT, Deadline::After(patience_.silence));
}

ssize_t Connection::read(char* to, size_t room) {
  if (begin_ == end_) {
    if (room >= buffer_.size()) return Receive(to, room);
    const ssize_t size = Receive(buffer_.data(), buffer_.size());
    if (size <= 0) return size;
    begin_ = 0;
    end_ = static_cast<size_t>(size);
  }
  const size_t size = std::min(room, end_ - begin_);
  std::memcpy(to, buffer_.data() + begin_, size);
  begin_ += size;
  return static_cast<ssize_t>(size);
}

ssize_t Connection::Receive(char* to, size_t room) {
  if (!in_body_ && bytes_ > kMaxHead) return -1;
  while (true) {
    const Step step = ReadOnce(to, room);
    if (step.wants == 0) {
      if (step.bytes > 0) bytes_ += static_cast<size_t>(step.bytes);
      return step.bytes;
    }
    if (!Await(step.wants, ReadDeadline())) {
      error_ = httplib::Error::Timeout;
      return -1;
    }
  }
}

int Connection::HeadFault() const {
  if (bytes_ > CPPHTTPLIB_MAX_LINE_LENGTH) return 431;
  return error_ == httplib::Error::Timeout ? 408 : 0;
}

Deadline Connection::ReadDeadline() const {
  if (!in_body_) return head_until_;
  const Deadline silence = Deadline::After(patience_.silence);
  if (patience_.least_rate == 0) return silence;
  const auto latest = body_begun_ + patience_.silence + TimeFor(bytes_, patience_.least_rate);
  return silence.Earlier(Deadline(latest));
}

ssize_t Connection::write(const char* bytes, size_t size) {
  const Deadline latest =
      patience_.least_rate == 0 ? Deadline() : Deadline::After(patience_.silence + TimeFor(size, patience_.least_rate));
  for (size_t done = 0; done < size;) {
    const Step step = WriteOnce(bytes + done, size - done);
    if (step.wants != 0) {
      if (!Await(step.wants, latest.Earlier(Deadline::After(patience_.silence)))) return -1;
    } else if (step.bytes <= 0) {
      return -1;
    } else {
      done += static_cast<size_t>(step.bytes);
    }
  }
  return static_cast<ssize_t>(size);
}

Connection::Step Connection::ReadOnce(char* to, size_t room) {
  if (tls_) {
    ERR_clear_error();
    const int size = SSL_read(tls_.get(), to, static_cast<int>(std::min<size_t>(room, 1u << 20)));
    return size > 0 ? Step{size} : TlsStep(size);
  }
  const ssize_t size = ::recv(socket_, to, room, 0);
  if (size >= 0) return {size};
  return {-1, static_cast<short>(errno == EAGAIN || errno == EINTR ? POLLIN : 0)};
}

Connection::Step Connection::WriteOnce(const char* bytes, size_t size) {
  if (tls_) {
    ERR_clear_error();
    const int written = SSL_write(tls_.get(), bytes, static_cast<int>(std::min<size_t>(size, 1u << 20)));
    return written > 0 ? Step{written} : TlsStep(written);
  }
  const ssize_t written = ::send(socket_, bytes, size, MSG_NOSIGNAL);
  if (written >= 0) return {written};
  return {-1, static_cast<short>(errno == EAGAIN || errno == EINTR ? POLLOUT : 0)};
}

Connection::Step Connection::TlsStep(int result) const {
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {-1, POLLIN};
    case SSL_ERROR_WANT_WRITE:
      return {-1, POLLOUT};
    case SSL_ERROR_ZERO_RETURN:
      return {0};
    default:
      return {-1};
  }
}

bool Connection::Await(short events, const Deadline& until) const {
  pollfd wait{socket_, events, 0};
  while (true) {
    const int ready = ::poll(&wait, 1, static_cast<int>(until.Remaining().count()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

void Connection::get_remote_ip_and_port(std::string& ip, int& port) const {
  ReadAddress(socket_, ::getpeername, ip, port);
}

void Connection::get_local_ip_and_port(std::string& ip, int& port) const {
  ReadAddress(socket_, ::getsockname, ip, port);
}

}  // namespace chimera::http
