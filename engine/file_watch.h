// Notices that a file is no longer the one it was: removed, renamed, or replaced by another of its name.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace chimera::engine {

/// The file that has a path now.
class FileMark {
 public:
  explicit FileMark(std::string path);

  const std::string& Path() const { return path_; }
  /// Whether the path still names that file. Does not block, except for the disk.
  bool StillThere() const;

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;  ///< 0: there was none
};

/// Looks once a second until it goes.
class FileWatch {
 public:
  /// `gone` is called once, from the watch's own thread, with the path of the first file that is no longer there.
  FileWatch(std::vector<FileMark> files, std::function<void(const std::string& path)> gone);

 private:
  std::mutex mutex_;
  std::condition_variable_any never_;
  std::jthread thread_;  // last: it ends first
};

}  // namespace chimera::engine
