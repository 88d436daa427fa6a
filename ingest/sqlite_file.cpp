#include "ingest/sqlite_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace chimera::ingest::sqlite {
namespace {

constexpr mode_t kFileMode = S_IRUSR | S_IWUSR;
constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

Error SystemError(const std::string& what, const std::string& path) {
  return MakeError(ErrorCode::kIoError, "cannot " + what + " " + path + ": " + std::strerror(errno),
                   "the buffer's folder must be writable for the user of this process");
}

Result<std::string> PrepareFolder(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder.parent_path(), failed);
  if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) return SystemError("make the folder", folder);
  const std::filesystem::path canonical = std::filesystem::canonical(folder, failed);
  if (failed)
    return MakeError(ErrorCode::kIoError, "cannot use the folder " + folder.string() + ": " + failed.message());
  return canonical.string();
}

// A name is safe when its folder is.
Status SyncFolder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return SystemError("open", folder);
  const bool synced = ::fsync(fd) == 0 || errno == EINVAL;  // some file systems have nothing to sync
  const int reason = errno;
  ::close(fd);
  errno = reason;
  return synced ? Ok() : Status(SystemError("sync", folder));
}

Status CheckFile(const std::string& path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) return SystemError("use", path);
  if (!S_ISREG(facts.st_mode))
    return MakeError(ErrorCode::kIoError, path + " is not a regular file",
                     "name a file, or a path where one can be made");
  if (facts.st_uid != ::geteuid())
    return MakeError(ErrorCode::kIoError, path + " belongs to another user",
                     "run as the user that it belongs to, or name another file");
  if ((facts.st_mode & kOthers) != 0 && ::chmod(path.c_str(), kFileMode) != 0) return SystemError("chmod 600", path);
  return Ok();
}

bool SameFile(int fd, const std::string& path) {
  struct stat open {};
  struct stat named {};
  return ::fstat(fd, &open) == 0 && ::lstat(path.c_str(), &named) == 0 && open.st_dev == named.st_dev &&
         open.st_ino == named.st_ino;
}

// The lock belongs to this opening of the file, so that others of the same process do not have it either.
class FileLease : public Lease {
 public:
  FileLease(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~FileLease() override {
    ::flock(fd_, LOCK_UN);  // a child's copy of the descriptor would keep it
    ::close(fd_);
  }
  FileLease(const FileLease&) = delete;
  FileLease& operator=(const FileLease&) = delete;
  bool Renew() override { return SameFile(fd_, path_); }

 private:
  const int fd_;
  const std::string path_;
};

const char* KindOfDisk(const std::string& path) {
  struct statfs facts {};
  if (::statfs(path.c_str(), &facts) != 0) return nullptr;
  switch (static_cast<uint32_t>(facts.f_type)) {
    case 0x01021994:  // tmpfs
    case 0x858458f6:  // ramfs
      return "in memory: what waits is lost when the host stops";
    case 0x794c7630:  // overlayfs
      return "in a container's own layer: what waits is lost with the container; mount a volume there";
    case 0x6969:      // NFS
    case 0x517b:      // SMB
    case 0xff534d42:  // CIFS
    case 0xfe534d42:  // SMB 2
      return "on a network file system, where SQLite's locks may not hold: use a local disk";
    default:
      return nullptr;
  }
}

}  // namespace

Result<std::string> PrepareFile(const std::string& path) {
  std::error_code failed;
  const std::filesystem::path absolute = std::filesystem::absolute(path, failed).lexically_normal();
  if (path.empty() || failed || !absolute.has_filename())
    return MakeError(ErrorCode::kIoError, "'" + path + "' is no path of a file", "name a file");
  const auto folder = PrepareFolder(absolute.parent_path());
  if (!folder) return folder.error();
  const std::string file = (std::filesystem::path(*folder) / absolute.filename()).string();
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode);
  if (fd < 0 && errno != EEXIST) return SystemError("make", file);
  if (fd >= 0) {
    ::close(fd);
    if (Status synced = SyncFolder(*folder); !synced.ok()) return synced.error();
  }
  if (Status usable = CheckFile(file); !usable.ok()) return usable.error();
  return file;
}

FileGuard::FileGuard(std::string path) : path_(std::move(path)), file_(Of(path_)), log_(Of(path_ + "-wal")) {}

FileGuard::Identity FileGuard::Of(const std::string& path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) return {};
  return {facts.st_dev, facts.st_ino};
}

Status FileGuard::Intact() const {
  if (Of(path_) == file_ && Of(path_ + "-wal") == log_) return Ok();
  return MakeError(ErrorCode::kIoError,
                   "the buffer's file " + path_ + " or its -wal was deleted or replaced while in use",
                   "put it back, or start again with a new one; what waited in it is not in the database");
}

Result<std::unique_ptr<Lease>> TryFileLease(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kFileMode);
  if (fd < 0) return SystemError("open", path);
  int locked = 0;
  do {
    locked = ::flock(fd, LOCK_EX | LOCK_NB);
  } while (locked != 0 && errno == EINTR);
  if (locked == 0 && SameFile(fd, path)) return std::unique_ptr<Lease>(std::make_unique<FileLease>(fd, path));
  const bool held = locked == 0 || errno == EWOULDBLOCK;
  const Error error = SystemError("lock", path);
  ::close(fd);
  if (held) return std::unique_ptr<Lease>();
  return error;
}

std::vector<std::string> DiskWarnings(const std::string& path, uint64_t bytes) {
  std::vector<std::string> warnings;
  if (const char* kind = KindOfDisk(path)) warnings.push_back(path + " is " + kind);
  struct statvfs space {};
  if (::statvfs(path.c_str(), &space) == 0 && space.f_bavail * space.f_frsize < bytes)
    warnings.push_back("the disk of " + path + " has less free space than the buffer may take (" +
                       std::to_string(bytes) + " bytes)");
  return warnings;
}

}  // namespace chimera::ingest::sqlite
