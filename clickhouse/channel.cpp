#include "clickhouse/channel.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace chimera::clickhouse {
namespace {

Step Explain(short wants) {
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {.wants = wants};
  return {.failure = Failure::kBroken, .detail = std::strerror(errno)};
}

}  // namespace

void Channel::LoseAfter(std::chrono::milliseconds time) {
  const int on = 1;
  const auto most = static_cast<unsigned>(time.count());
  const int pause = std::max(1, static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(time / 2).count()));
  setsockopt(socket_.Number(), IPPROTO_TCP, TCP_USER_TIMEOUT, &most, sizeof(most));  // of what was sent
  setsockopt(socket_.Number(), IPPROTO_TCP, TCP_KEEPIDLE, &pause, sizeof(pause));    // while an answer is waited for
  setsockopt(socket_.Number(), IPPROTO_TCP, TCP_KEEPINTVL, &pause, sizeof(pause));
  setsockopt(socket_.Number(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

std::optional<Exchange> Channel::Secure(std::shared_ptr<TlsContext> context, const std::string& server_name,
                                        std::string peer, const Patience& patience, Deadline until) {
  tls_ = std::make_unique<TlsSession>(std::move(context), socket_.Number(), server_name, std::move(peer));
  while (true) {
    Step step = tls_->Handshake();
    if (step.wants == 0 && step.failure == Failure::kNone) return std::nullopt;
    if (Await(step, patience, until)) continue;
    if (stopped_.outcome == Outcome::kCut) return Failed(Failure::kTlsTimeout);
    return stopped_;
  }
}

std::optional<size_t> Channel::Read(char* to, size_t room, const Patience& patience, Deadline until) {
  while (true) {
    if (auto why = patience.Over()) {
      stopped_ = {.outcome = *why};
      return std::nullopt;
    }
    Step step = ReadOnce(to, room);
    if (step.wants == 0 && step.failure == Failure::kNone) return step.bytes;
    if (!Await(step, patience, until)) return std::nullopt;
  }
}

bool Channel::Write(std::string_view bytes, const Patience& patience) {
  while (!bytes.empty()) {
    if (auto why = patience.Over()) {
      stopped_ = {.outcome = *why};
      return false;
    }
    Step step = WriteOnce(bytes);
    bytes.remove_prefix(step.bytes);
    if (step.bytes == 0 && !Await(step, patience, {})) return false;
  }
  return true;
}

/// False when there is nothing to wait for or no time left; `stopped_` says which.
bool Channel::Await(const Step& step, const Patience& patience, Deadline until) {
  if (step.wants == 0) {
    stopped_ = Failed(step.failure == Failure::kNone ? Failure::kBroken : step.failure, step.detail);
    return false;
  }
  if (patience.Await(socket_.Number(), step.wants, until)) return true;
  stopped_ = {.outcome = patience.Over().value_or(Outcome::kCut)};
  return false;
}

Step Channel::ReadOnce(char* to, size_t room) {
  if (tls_) return tls_->Read(to, room);
  ssize_t count = recv(socket_.Number(), to, room, 0);
  return count >= 0 ? Step{.bytes = static_cast<size_t>(count)} : Explain(POLLIN);
}

Step Channel::WriteOnce(std::string_view bytes) {
  if (tls_) return tls_->Write(bytes);
  ssize_t count = send(socket_.Number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count < 0) return Explain(POLLOUT);
  bytes_out_ += static_cast<uint64_t>(count);
  return {.bytes = static_cast<size_t>(count)};
}

bool Channel::IsQuiet() const {
  pollfd waiting{socket_.Number(), POLLIN | POLLRDHUP, 0};
  return poll(&waiting, 1, 0) == 0 && !(tls_ && tls_->HasPending());
}

}  // namespace chimera::clickhouse
