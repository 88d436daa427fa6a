// A small file that is read again when it has changed, so that what it says can be changed while a server runs.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <optional>
#include <string>

#include "base/result.h"

namespace chimera::auth {

class WatchedFile {
 public:
  WatchedFile(std::string path, size_t max_bytes) : path_(std::move(path)), max_bytes_(max_bytes) {}

  struct Text {
    std::string text;
    mode_t mode = 0;
  };
  /// The file's text when it changed since the last call (at the first: in any case), by time, size or identity;
  /// nothing when it did not. kIoError naming the file when it cannot be read; told once, until that changes. One
  /// system call where nothing changed. Not thread-safe.
  std::optional<Result<Text>> ReadIfChanged();

  const std::string& Path() const { return path_; }

 private:
  Result<Text> Read();

  const std::string path_;
  const size_t max_bytes_;
  bool looked_ = false;
  struct stat seen_ = {};  ///< all zero: not there
};

}  // namespace chimera::auth
