#include "engine/local_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
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
