// A file of lines that several processes append to and rotate together, so that none is lost, doubled or mixed up with
// another. Knows nothing of what the lines say, but for the two that it writes itself (see Append).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "audit/file_lock.h"
#include "base/result.h"

namespace chimera::audit {

/// When lines are on the disk, not only with the system, which loses them when it crashes or the power fails.
enum class Fsync {
  kAlways,    ///< before Append returns
  kInterval,  ///< once a second
  kOff,       ///< when the system sees fit
};

struct LogFileOptions {
  std::string path;
  uint64_t max_bytes = 100'000'000;  ///< of a file, then it is rotated: PATH becomes PATH.1, that PATH.2, …
  size_t kept = 10;                  ///< rotated files; 0: what is full is deleted
  Fsync fsync = Fsync::kInterval;
  std::chrono::milliseconds sync_every{1000};
  std::chrono::milliseconds lock_patience{2000};  ///< how long another process may be at it
};

/// Thread-safe. Calls block for the disk, and for other processes as long as LogFileOptions::lock_patience at most.
class LogFile {
 public:
  /// Opens or makes the file, mode 0600, and repairs it. kIoError naming the path and the reason.
  static Result<std::unique_ptr<LogFile>> Open(LogFileOptions options);
  ~LogFile();

  /// Appends `line`, one JSON object, by one write under a lock, whole or not at all. kIoError: it is lost; the first
  /// line that can be written again comes after one that says how many were: {"time":…,"event":"lost","lines":3}.
  ///
  /// A part of a line that a process left behind which was killed is cut off before, and kept in a line of its own:
  /// {"time":…,"event":"repaired","removed":"…"}.
  Status Append(std::string_view line);

  /// Whether a line can be written: opens what is there by now, and reserves room on the disk. What Append says may
  /// differ where the file system cannot reserve room, and right after a rotation.
  Status Ready();

  const std::string& Path() const { return options_.path; }

 private:
  explicit LogFile(LogFileOptions options);

  void Tell(const Status& status);
  Status Locked(const std::function<Status()>& work);
  Status WriteLine(std::string text);
  Status WriteAll(std::string_view text);
  Status Repair();
  Status RotateIfFull(size_t coming);
  Status Rotate();
  Status Reserve();
  Status Sync() const;
  void SyncNowAndThen(const std::stop_token& stop);

  const LogFileOptions options_;
  std::mutex mutex_;  ///< guards the rest
  FileLock file_;
  uint64_t reserved_ = 0;    ///< bytes of the file there is room for
  size_t reserved_for_ = 0;  ///< FileLock::Generation
  uint64_t lost_ = 0;        ///< lines since the last that could be written
  bool failing_ = false;     ///< what was tried last failed
  bool dirty_ = false;       ///< something was written and not synchronized
  std::condition_variable_any ending_;
  std::jthread syncer_;  ///< last: uses the rest
};

/// Now, as the lines have it: "2026-11-21T09:00:07.412Z".
std::string Timestamp(std::chrono::system_clock::time_point time = std::chrono::system_clock::now());

}  // namespace chimera::audit
