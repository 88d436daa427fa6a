#include "audit/log_file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <utility>

#include "base/json.h"
#include "base/log.h"

namespace chimera::audit {
namespace {

constexpr uint64_t kRoom = 128u << 10;      // more than the longest line
constexpr uint64_t kReserved = 512u << 10;  // at once
constexpr size_t kMostRemoved = 4096;

Result<uint64_t> SizeOf(const FileLock& file, const std::string& path) {
  struct stat facts {};
  if (::fstat(file.Number(), &facts) != 0) return SystemError("look at", path);
  return static_cast<uint64_t>(facts.st_size);
}

/// Where the last whole line ends. Requires that the file does not end with one.
uint64_t EndOfLines(int fd, uint64_t size) {
  std::string piece(4096, '\0');
  while (size > 0) {
    const uint64_t from = size - std::min<uint64_t>(size, piece.size());
    const ssize_t got = ::pread(fd, piece.data(), size - from, static_cast<off_t>(from));
    if (got <= 0) return size;
    const size_t found = piece.rfind('\n', static_cast<size_t>(got) - 1);
    if (found != std::string::npos) return from + found + 1;
    size = from;
  }
  return 0;
}

std::string TextBetween(int fd, uint64_t from, uint64_t to) {
  std::string text(std::min<uint64_t>(to - from, kMostRemoved), '\0');
  const ssize_t got = ::pread(fd, text.data(), text.size(), static_cast<off_t>(from));
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return text;
}

std::string EventLine(const char* event, const char* key, Json value) {
  return ToText(Json{{"time", Timestamp()}, {"event", event}, {key, std::move(value)}}) + "\n";
}

bool AboveFileLimit(uint64_t size) {
  rlimit limit{};
  return ::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && size > limit.rlim_cur;
}

/// Where room cannot be reserved, there must at least be some.
bool HasRoom(int fd) {
  struct statvfs facts {};
  return ::fstatvfs(fd, &facts) != 0 || static_cast<uint64_t>(facts.f_bavail) * facts.f_frsize > 2 * kReserved;
}

}  // namespace

std::string Timestamp(std::chrono::system_clock::time_point time) {
  const auto whole = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(whole);
  const std::time_t then = std::chrono::system_clock::to_time_t(seconds);
  std::tm utc{};
  gmtime_r(&then, &utc);
  char text[40];
  const size_t length = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text + length, sizeof(text) - length, ".%03dZ", static_cast<int>((whole - seconds).count()));
  return text;
}

LogFile::LogFile(LogFileOptions options) : options_(std::move(options)), file_(options_.path, options_.lock_patience) {}

LogFile::~LogFile() {
  syncer_ = {};
  if (dirty_ && options_.fsync != Fsync::kOff && file_.Number() >= 0) (void)::fdatasync(file_.Number());
}

Result<std::unique_ptr<LogFile>> LogFile::Open(LogFileOptions options) {
  std::unique_ptr<LogFile> log(new LogFile(std::move(options)));
  const Status opened = log->Locked([] { return Ok(); });
  if (!opened.ok()) return opened.error();
  if (log->options_.fsync == Fsync::kInterval) {
    log->syncer_ = std::jthread([raw = log.get()](const std::stop_token& stop) { raw->SyncNowAndThen(stop); });
  }
  return log;
}

Status LogFile::Append(std::string_view line) {
  const std::lock_guard lock(mutex_);
  Status written = Locked([&] { return WriteLine(std::string(line) + "\n"); });
  lost_ = written.ok() ? 0 : lost_ + 1;
  Tell(written);
  return written;
}

Status LogFile::Ready() {
  const std::lock_guard lock(mutex_);
  Status ready = Locked([this] { return Reserve(); });
  Tell(ready);
  return ready;
}

/// The operator, once each time that it changes.
void LogFile::Tell(const Status& status) {
  if (std::exchange(failing_, !status.ok()) == failing_) return;
  if (failing_) log::Error("the audit log cannot be written: " + status.error().message);
  if (!failing_) log::Info("the audit log is written again");
}

/// Does `work` on the file that has the name now, repaired and locked.
Status LogFile::Locked(const std::function<Status()>& work) {
  if (Status locked = file_.Lock(); !locked.ok()) return locked;
  Status done = Repair();
  if (done.ok()) done = work();
  if (file_.Number() >= 0) file_.Unlock();
  return done;
}

Status LogFile::WriteLine(std::string text) {
  if (lost_ > 0) text.insert(0, EventLine("lost", "lines", lost_));
  if (Status rotated = RotateIfFull(text.size()); !rotated.ok()) return rotated;
  return WriteAll(text);
}

/// All of it, or nothing.
Status LogFile::WriteAll(std::string_view text) {
  const auto before = SizeOf(file_, options_.path);
  if (!before.ok()) return before.error();
  for (size_t done = 0; done < text.size();) {
    const ssize_t count = ::write(file_.Number(), text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      Error error = SystemError("write to", options_.path);
      if (done > 0 && ::ftruncate(file_.Number(), static_cast<off_t>(*before)) != 0) error.message += ", nor cut it";
      return error;
    }
    done += static_cast<size_t>(count);
  }
  dirty_ = options_.fsync != Fsync::kAlways;
  return dirty_ ? Ok() : Sync();
}

Status LogFile::Repair() {
  const auto size = SizeOf(file_, options_.path);
  if (!size.ok()) return size.error();
  char last = '\n';
  if (*size == 0 || ::pread(file_.Number(), &last, 1, static_cast<off_t>(*size - 1)) != 1 || last == '\n') return Ok();
  const uint64_t end = EndOfLines(file_.Number(), *size);
  const std::string removed = TextBetween(file_.Number(), end, *size);
  if (::ftruncate(file_.Number(), static_cast<off_t>(end)) != 0) return SystemError("repair", options_.path);
  log::Warning("the audit log ended within a line; the line was cut off and kept in one of its own");
  return WriteAll(EventLine("repaired", "removed", removed));
}

Status LogFile::RotateIfFull(size_t coming) {
  for (;;) {  // other processes may fill the new file while this one waits for its lock
    const auto size = SizeOf(file_, options_.path);
    if (!size.ok()) return size.error();
    if (*size == 0 || *size + coming <= options_.max_bytes) return Ok();
    if (Status rotated = Rotate(); !rotated.ok()) return rotated;
  }
}

/// The file's own name is given up last: until then, nobody else begins a new one.
Status LogFile::Rotate() {
  if (options_.fsync != Fsync::kOff) (void)::fdatasync(file_.Number());
  const auto name = [this](size_t number) { return options_.path + "." + std::to_string(number); };
  for (size_t number = options_.kept; number-- > 1;) {
    if (::rename(name(number).c_str(), name(number + 1).c_str()) != 0 && errno != ENOENT) {
      return SystemError("rotate", name(number));
    }
  }
  const bool moved =
      options_.kept == 0 ? ::unlink(options_.path.c_str()) == 0 : ::rename(options_.path.c_str(), name(1).c_str()) == 0;
  if (!moved) return SystemError("rotate", options_.path);
  file_.Close();
  if (Status locked = file_.Lock(); !locked.ok()) return locked;
  return Repair();  // another process may have begun it meanwhile
}

Status LogFile::Reserve() {
  const auto size = SizeOf(file_, options_.path);
  if (!size.ok()) return size.error();
  if (AboveFileLimit(*size + kRoom)) {
    errno = EFBIG;
    return SystemError("write to", options_.path);
  }
  if (reserved_for_ == file_.Generation() && *size + kRoom <= reserved_) return Ok();
  if (::fallocate(file_.Number(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(*size), kReserved) == 0) {
    reserved_ = *size + kReserved;
    reserved_for_ = file_.Generation();
    return Ok();
  }
  if (errno != EOPNOTSUPP && errno != ENOSYS) return SystemError("reserve room for", options_.path);
  errno = ENOSPC;
  return HasRoom(file_.Number()) ? Ok() : SystemError("reserve room for", options_.path);
}

Status LogFile::Sync() const {
  return ::fdatasync(file_.Number()) == 0 ? Ok() : Status(SystemError("synchronize", options_.path));
}

void LogFile::SyncNowAndThen(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    ending_.wait_for(lock, stop, options_.sync_every, [] { return false; });
    if (!std::exchange(dirty_, false) || file_.Number() < 0) continue;
    const int copy = ::fcntl(file_.Number(), F_DUPFD_CLOEXEC, 0);  // the file may be rotated meanwhile
    lock.unlock();
    if (copy >= 0 && ::fdatasync(copy) != 0) log::Error(SystemError("synchronize", options_.path).message);
    if (copy >= 0) ::close(copy);
    lock.lock();
  }
}

}  // namespace chimera::audit
