#include "mcp/line_output.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace chimera::mcp {
namespace {

constexpr int kTickMs = 100;

/// A pipe that is ready for writing takes this much without blocking, whether the descriptor blocks or not.
constexpr size_t kPieceBytes = PIPE_BUF;

}  // namespace

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
    const ssize_t n = ::write(fd_, bytes.data() + done, std::min(kPieceBytes, bytes.size() - done));
    if (n < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (n > 0) done += static_cast<size_t>(n);
  }
  return true;
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
