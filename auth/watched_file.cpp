#include "auth/watched_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace chimera::auth {
namespace {

bool Same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size && a.st_mode == b.st_mode &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

Error Unreadable(const std::string& path, const std::string& why) {
  return MakeError(ErrorCode::kIoError, path + " " + why, "name a file that this process can read");
}

}  // namespace

std::optional<Result<WatchedFile::Text>> WatchedFile::ReadIfChanged() {
  struct stat now = {};
  if (::stat(path_.c_str(), &now) != 0) now = {};
  if (looked_ && Same(now, seen_)) return std::nullopt;
  looked_ = true;
  seen_ = now;
  return Read();
}

Result<WatchedFile::Text> WatchedFile::Read() {
  // Without waiting: a FIFO that nobody writes to would hold the caller for ever.
  const int file = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return Unreadable(path_, std::string("cannot be read: ") + std::strerror(errno));
  struct stat about = {};
  const bool regular = ::fstat(file, &about) == 0 && S_ISREG(about.st_mode);
  Text out{{}, about.st_mode};
  char buffer[4096];
  ssize_t count = regular ? 1 : 0;
  while (count > 0 && out.text.size() <= max_bytes_) {
    count = ::read(file, buffer, sizeof buffer);
    if (count > 0) out.text.append(buffer, static_cast<size_t>(count));
  }
  const int error = errno;
  ::close(file);
  if (!regular) return Unreadable(path_, "is no regular file");
  if (count < 0) return Unreadable(path_, std::string("cannot be read: ") + std::strerror(error));
  if (out.text.size() > max_bytes_) {
    return Unreadable(path_, "is larger than " + std::to_string(max_bytes_) + " bytes");
  }
  return out;
}

}  // namespace chimera::auth
