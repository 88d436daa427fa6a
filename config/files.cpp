#include "config/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace chimera::config {
namespace {

Error Refused(std::string why) {
  return MakeError(ErrorCode::kIoError, std::move(why));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;

  int Number() const { return fd_; }

 private:
  int fd_;
};

struct OpenFile {
  Descriptor descriptor;
  mode_t mode;
};

Result<OpenFile> Open(const std::string& path) {
  // Without waiting: a FIFO that nobody writes to would hold the start for ever.
  Descriptor descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (descriptor.Number() < 0 && (errno == ENOENT || errno == ENOTDIR)) return Refused("is not there");
  struct stat about {};
  if (descriptor.Number() < 0 || fstat(descriptor.Number(), &about) != 0) {
    return Refused(std::string("cannot be read: ") + std::strerror(errno));
  }
  if (!S_ISREG(about.st_mode)) return Refused("is no regular file");
  return OpenFile{std::move(descriptor), about.st_mode};
}

}  // namespace

Result<FileText> ReadSmallFile(const std::string& path, size_t max_bytes) {
  auto file = Open(path);
  if (!file.ok()) return file.error();
  FileText out;
  out.open_to_all = (file->mode & S_IROTH) != 0;
  char buffer[4096];
  for (;;) {
    const ssize_t count = read(file->descriptor.Number(), buffer, sizeof buffer);
    if (count < 0) return Refused(std::string("cannot be read: ") + std::strerror(errno));
    if (count == 0) return out;
    out.text.append(buffer, static_cast<size_t>(count));
    if (out.text.size() > max_bytes) return Refused("is larger than " + std::to_string(max_bytes) + " bytes");
  }
}

Status CheckReadable(const std::string& path) {
  auto file = Open(path);
  if (!file.ok()) return file.error();
  return Ok();
}

}  // namespace chimera::config
