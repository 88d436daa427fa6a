#include "mcp/line_output.h"

#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace chimera::mcp {
namespace {

constexpr int kTickMs = 100;

/// A pipe that is ready for writing takes this much without blocking, whether the descriptor blocks or not.
constexpr size_t kPieceBytes = PIPE_BUF;

bool IsSocket(int fd) {
  struct stat facts {};
  return fstat(fd, &facts) == 0 && S_ISSOCK(facts.st_mode);
}

}  // namespace

LineOutput::LineOutput(int fd, std::function<void()> on_failure)
    : fd_(fd), is_socket_(IsSocket(fd)), on_failure_(std::move(on_failure)) {}

void LineOutput::Write(std::string line) {
  line.push_back('\n');
  const std::lock_guard lock(mutex_);
  if (failed_ || WriteAll(line)) return;
  failed_ = true;  // part of a line may be out: nothing after it would make sense
  on_failure_();
}

bool LineOutput::WriteAll(const std::string& bytes) {
  for (size_t done = 0; done < bytes.size();) {
    if (!WaitForRoom()) return false;
    const ssize_t n = WriteSome(std::string_view(bytes).substr(done));
    if (n < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (n > 0) done += static_cast<size_t>(n);
  }
  return true;
}

/// Hosts made with Node.js give sockets instead of pipes: these take what fits and never block when asked so.
ssize_t LineOutput::WriteSome(std::string_view bytes) const {
  if (is_socket_) return ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return ::write(fd_, bytes.data(), std::min(kPieceBytes, bytes.size()));
}

bool LineOutput::WaitForRoom() const {
  for (;;) {
    pollfd output{fd_, POLLOUT, 0};
    const int ready = ::poll(&output, 1, kTickMs);
    if (ready > 0) return (output.revents & (POLLERR | POLLNVAL)) == 0;
    if (ready < 0 && errno != EINTR) return false;
    if (given_up_) return false;
  }
}

bool LineOutput::ReaderGone() const {
  pollfd output{fd_, 0, 0};
  return ::poll(&output, 1, 0) > 0 && (output.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

}  // namespace chimera::mcp
