#include "engine/local_socket.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace chimera::engine {
namespace {

/// A connected socket, or -1. Never waits: a full backlog counts as nobody there.
int Connect(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof(address.sun_path)) return -1;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
  close(fd);
  return -1;
}

bool WaitReadable(int fd, std::chrono::milliseconds patience) {
  pollfd wait{fd, POLLIN, 0};
  return poll(&wait, 1, static_cast<int>(patience.count())) == 1;
}

/// Whether the socket's own end has this address.
bool IsBoundTo(int fd, const std::string& path, int port) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
  if (address.ss_family == AF_UNIX) return !path.empty() && path == reinterpret_cast<sockaddr_un&>(address).sun_path;
  if (!path.empty()) return false;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port) == port;
  return address.ss_family == AF_INET6 && ntohs(reinterpret_cast<sockaddr_in6&>(address).sin6_port) == port;
}

bool Listens(int fd) {
  int listens = 0;
  socklen_t size = sizeof(listens);
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0;
}

}  // namespace

Status PreparePrivateDir(const std::string& path) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return MakeError(ErrorCode::kIoError,
                     "cannot make the folder " + path + " for the engine's socket: " + std::strerror(errno));
  struct stat status {};
  const bool ours = lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
                    (status.st_mode & 077) == 0;
  if (ours) return Ok();
  return MakeError(ErrorCode::kIoError,
                   "the folder " + path +
                       " for the engine's socket is not this user's own, or "
                       "others may enter it",
                   "remove it, or set its owner to this user and its mode to 0700");
}

void ShutConnections(const std::string& path, int port) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    const int fd = std::atoi(entry.path().filename().c_str());
    if (IsBoundTo(fd, path, port) && !Listens(fd)) shutdown(fd, SHUT_RDWR);
  }
}

bool CanConnect(const std::string& socket_path) {
  const int fd = Connect(socket_path);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

bool AnswersPing(const std::string& socket_path, std::chrono::milliseconds patience) {
  const int fd = Connect(socket_path);
  if (fd < 0) return false;
  constexpr std::string_view kPing = "GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  constexpr std::string_view kOk = "HTTP/1.1 200";
  char answer[kOk.size()];
  const bool asked = send(fd, kPing.data(), kPing.size(), MSG_NOSIGNAL) == ssize_t(kPing.size());
  // The server writes the status line in one piece.
  const bool answered = asked && WaitReadable(fd, patience) && recv(fd, answer, kOk.size(), 0) == ssize_t(kOk.size());
  close(fd);
  return answered && std::string_view(answer, kOk.size()) == kOk;
}

}  // namespace chimera::engine
