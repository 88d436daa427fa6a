// The buffer's file as the operating system sees it: its folder, its rights, whether it is still the one that was
// opened, what its disk is good for, and the lock of the flusher beside it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/store.h"

namespace chimera::ingest::sqlite {

/// Makes the file, empty, where there is none (0600), and its folder (0700). Its path without symbolic links. kIoError
/// for what is no regular file of this user.
Result<std::string> PrepareFile(const std::string& path);

/// Recognises a file that was deleted or replaced while it was in use: what is written to it then is lost. Never opens
/// it, as closing it would drop SQLite's locks. Thread-safe.
class FileGuard {
 public:
  /// Of the file and its -wal, as they are now.
  explicit FileGuard(std::string path);
  Status Intact() const;  ///< kIoError

 private:
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(const Identity&) const = default;
  };
  static Identity Of(const std::string& path);

  const std::string path_;
  const Identity file_;
  const Identity log_;
};

/// Locks `path`, which is made. Null when somebody else has it, in this process or another one.
Result<std::unique_ptr<Lease>> TryFileLease(const std::string& path);

/// What an operator should know of a disk that is to hold `bytes`.
std::vector<std::string> DiskWarnings(const std::string& path, uint64_t bytes);

}  // namespace chimera::ingest::sqlite
