#include "metrics/datagram_socket.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace chimera::metrics {
namespace {

std::optional<int> Connected(int family, const sockaddr* address, socklen_t length) {
  const int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::nullopt;
  if (connect(fd, address, length) == 0) return fd;
  close(fd);
  return std::nullopt;
}

}  // namespace

std::optional<DatagramSocket> DatagramSocket::ToHost(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return std::nullopt;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  for (const addrinfo* next = found; next != nullptr; next = next->ai_next) {
    if (const auto fd = Connected(next->ai_family, next->ai_addr, next->ai_addrlen)) return DatagramSocket(*fd);
  }
  return std::nullopt;
}

std::optional<DatagramSocket> DatagramSocket::ToPath(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  path.copy(address.sun_path, path.size());
  const auto fd = Connected(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return fd ? std::optional(DatagramSocket(*fd)) : std::nullopt;
}

DatagramSocket& DatagramSocket::operator=(DatagramSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

DatagramSocket::~DatagramSocket() {
  if (fd_ >= 0) close(fd_);
}

// The receiver's absence is told with the datagram after the one that found nobody. ECONNREFUSED of UDP passes by
// itself once somebody listens again; a Unix socket has to be connected anew.
bool DatagramSocket::Send(std::string_view datagram) const {
  if (send(fd_, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return true;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS;
}

}  // namespace chimera::metrics
