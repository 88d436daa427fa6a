// One engine a data folder: a lock on DATA/engine.lock that dies with its process. The file says who holds it.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"

namespace chimera::engine {

/// Who holds a data folder, from its lock file.
struct LockHolder {
  int pid = 0;
  std::string address;  ///< "unix:PATH" or "http://HOST:PORT"; empty before it listens
  std::string walls;    ///< what confines it, for people (cage.h); empty before it listens
  std::string command;  ///< its command line, empty when it cannot be read
};

/// Makes the data folder with mode 0700 if it is missing and gives its canonical path. kIoError when it cannot be made
/// or written.
Result<std::string> PrepareDataDir(const std::string& data_dir);

/// The holder of the folder's lock; nothing when nobody holds it. Does not block.
std::optional<LockHolder> FindLockHolder(const std::string& data_dir);

class DataLock {
 public:
  /// Waits up to `patience` for an engine that is leaving. kConflict naming process and command when it stays.
  static Result<DataLock> Acquire(const std::string& data_dir, std::chrono::milliseconds patience);
  DataLock(DataLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  DataLock(const DataLock&) = delete;
  ~DataLock();

  const std::string& Path() const { return path_; }
  /// Writes down where this process listens, and what confines it.
  Status Announce(const std::string& address, const std::string& walls);

 private:
  DataLock(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  int fd_;
  std::string path_;
};

}  // namespace chimera::engine
