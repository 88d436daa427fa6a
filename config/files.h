// The small files that configuration is read from. Plain and blocking; meant for the start of the program.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace chimera::config {

struct FileText {
  std::string text;
  bool open_to_all = false;  ///< every user of the machine may read it
};

/// The whole of a regular file (symbolic links are followed). kIoError otherwise; its message is what follows the
/// file's name in a sentence: "is not there", "is no regular file", "is larger than 65536 bytes", "cannot be read: …".
Result<FileText> ReadSmallFile(const std::string& path, size_t max_bytes);

/// kIoError as above when `path` is no regular file that this process may read.
Status CheckReadable(const std::string& path);

}  // namespace chimera::config
