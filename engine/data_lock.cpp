#include "engine/data_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "base/text.h"

namespace chimera::engine {
namespace {

constexpr std::chrono::milliseconds kPoll{50};

Error DataDirError(const std::string& what, int error) {
  return MakeError(ErrorCode::kIoError, what + ": " + std::strerror(error),
                   "choose a folder that this user can write, with CHIMERA_DATA_DIR or --data");
}

std::string LockPath(const std::string& data_dir) {
  return data_dir + "/engine.lock";
}

/// Its words, without the passwords among them.
std::string CommandOf(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline");
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) {
    const bool secret = !words.empty() && words.back() == "--user";
    words.push_back(secret ? "***" : word.starts_with("--user=") ? "--user=***" : word);
  }
  return Join(words, " ");
}

LockHolder ReadHolder(const std::string& data_dir) {
  LockHolder holder;
  std::ifstream file(LockPath(data_dir));
  file >> holder.pid >> std::ws;
  std::getline(file, holder.address);
  std::getline(file, holder.walls);
  if (holder.pid > 0) holder.command = CommandOf(holder.pid);
  return holder;
}

Error HeldError(const std::string& data_dir) {
  const LockHolder holder = ReadHolder(data_dir);
  const std::string pid = std::to_string(holder.pid);
  std::string who = holder.pid > 0 ? "process " + pid : "another process";
  if (!holder.command.empty()) who += " (" + holder.command + ")";
  if (!holder.address.empty()) who += ", which listens on " + holder.address;
  return MakeError(
      ErrorCode::kConflict, "the data folder " + data_dir + " is held by " + who,
      "use that engine, end it" + (holder.pid > 0 ? " (kill " + pid + ")" : "") + ", or choose another folder");
}

}  // namespace

Result<std::string> PrepareDataDir(const std::string& data_dir) {
  std::error_code failed;
  if (data_dir.empty()) return DataDirError("the data folder has no name", EINVAL);
  std::filesystem::path path = std::filesystem::absolute(data_dir, failed).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // it ended in a slash
  std::filesystem::create_directories(path.parent_path(), failed);
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return DataDirError("the data folder " + path.string() + " cannot be made", errno);
  if (!std::filesystem::is_directory(path, failed))
    return DataDirError("the data folder " + path.string() + " cannot be used", ENOTDIR);
  if (access(path.c_str(), R_OK | W_OK | X_OK) != 0)
    return DataDirError("the data folder " + path.string() + " cannot be written", errno);
  const std::filesystem::path canonical = std::filesystem::canonical(path, failed);
  if (failed) return DataDirError("the data folder " + path.string() + " cannot be used", failed.value());
  return canonical.string();
}

std::optional<LockHolder> FindLockHolder(const std::string& data_dir) {
  const int fd = open(LockPath(data_dir).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  // A shared lock, and only for this moment: it keeps an engine that starts waiting, it never makes it fail.
  const bool free = flock(fd, LOCK_SH | LOCK_NB) == 0;
  close(fd);
  if (free) return std::nullopt;
  return ReadHolder(data_dir);
}

Result<DataLock> DataLock::Acquire(const std::string& data_dir, std::chrono::milliseconds patience) {
  const int fd = open(LockPath(data_dir).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return DataDirError("cannot open " + LockPath(data_dir), errno);
  DataLock lock(fd, LockPath(data_dir));
  const auto until = std::chrono::steady_clock::now() + patience;
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return DataDirError("cannot lock " + LockPath(data_dir), errno);
    if (std::chrono::steady_clock::now() >= until) return HeldError(data_dir);
    std::this_thread::sleep_for(kPoll);
  }
  if (Status announced = lock.Announce({}, {}); !announced) return announced.error();
  return lock;
}

DataLock::~DataLock() {
  if (fd_ >= 0) close(fd_);
}

Status DataLock::Announce(const std::string& address, const std::string& walls) {
  const std::string text = std::to_string(getpid()) + "\n" + address + "\n" + walls + "\n";
  const bool written = ftruncate(fd_, 0) == 0 && pwrite(fd_, text.data(), text.size(), 0) == ssize_t(text.size());
  return written ? Ok() : Status(DataDirError("cannot write the lock file", errno));
}

}  // namespace chimera::engine
