// The file that a path names now, open and locked against the other processes that write it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "base/result.h"

namespace chimera::audit {

/// Not thread-safe.
class FileLock {
 public:
  /// `patience`: how long another process may hold the lock.
  FileLock(std::string path, std::chrono::milliseconds patience) : path_(std::move(path)), patience_(patience) {}
  ~FileLock() { Close(); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  /// Opens the file where that is needed (it is made with mode 0600), also when another one has its name by now, and
  /// locks it (flock). kIoError. `Unlock` before anything else is done.
  Status Lock();
  void Unlock();
  /// Also unlocks. For a file that was renamed; the next Lock opens the one that has the name then.
  void Close();

  int Number() const { return fd_; }
  /// Counts the files that were opened: another number, another file.
  size_t Generation() const { return generation_; }

 private:
  Status Open();
  Status Take() const;
  bool HasItsName() const;

  const std::string path_;
  const std::chrono::milliseconds patience_;
  int fd_ = -1;
  size_t generation_ = 0;
};

/// kIoError "cannot WHAT PATH: reason" of errno.
Error SystemError(const std::string& what, const std::string& path);

}  // namespace chimera::audit
