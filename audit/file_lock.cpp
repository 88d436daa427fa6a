#include "audit/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "base/deadline.h"
#include "base/log.h"

namespace chimera::audit {
namespace {

constexpr mode_t kMode = S_IRUSR | S_IWUSR;
constexpr std::chrono::microseconds kStep{200};

}  // namespace

Error SystemError(const std::string& what, const std::string& path) {
  return MakeError(ErrorCode::kIoError, "cannot " + what + " " + path + ": " + std::strerror(errno));
}

Status FileLock::Lock() {
  const Deadline deadline = Deadline::After(patience_);
  do {
    if (Status opened = fd_ < 0 ? Open() : Ok(); !opened.ok()) return opened;
    if (Status taken = Take(); !taken.ok()) return taken;
    if (HasItsName()) return Ok();
    Close();  // another process moved it away: this one writes to its successor, too
  } while (!deadline.Expired());
  return MakeError(ErrorCode::kIoError, path_ + " is replaced again and again");
}

void FileLock::Unlock() {
  ::flock(fd_, LOCK_UN);
}

void FileLock::Close() {
  if (fd_ < 0) return;
  Unlock();  // a copy of the descriptor would keep the lock
  ::close(std::exchange(fd_, -1));
}

Status FileLock::Open() {
  fd_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, kMode);
  if (fd_ < 0) return SystemError("open", path_);
  struct stat facts {};
  if (::fstat(fd_, &facts) != 0 || !S_ISREG(facts.st_mode)) {
    Close();
    return MakeError(ErrorCode::kIoError, path_ + " is not a regular file",
                     "name a file, or a path where one can be made");
  }
  ++generation_;
  const bool shared = (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0;
  if (shared) log::Warning("others than its owner may use " + path_ + ": chmod 600 it");
  return Ok();
}

Status FileLock::Take() const {
  const Deadline deadline = Deadline::After(patience_);
  while (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return SystemError("lock", path_);
    if (deadline.Expired()) return MakeError(ErrorCode::kIoError, "another process keeps " + path_ + " locked");
    std::this_thread::sleep_for(kStep);
  }
  return Ok();
}

bool FileLock::HasItsName() const {
  struct stat named {};
  struct stat open {};
  return ::stat(path_.c_str(), &named) == 0 && ::fstat(fd_, &open) == 0 && named.st_ino == open.st_ino &&
         named.st_dev == open.st_dev;
}

}  // namespace chimera::audit
