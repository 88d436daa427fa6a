// A hot buffer in a SQLite file (WAL), for the processes of one host.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ingest/store.h"

namespace chimera::ingest {

struct SqliteOptions {
  std::string path;  ///< of the file; beside it lie its -wal and -shm, and a .lease, which the flusher locks
  StoreLimits limits = {};
  bool fsync = true;  ///< a write survives the host's death; otherwise only that of the processes
  /// Wall clock for positions; a parameter for tests.
  std::function<std::chrono::system_clock::time_point()> now = std::chrono::system_clock::now;
};

/// Opens or makes the file, which nobody else may read (0600; its folder, where it is made, 0700). Waits while other
/// processes do the same, until the deadline. kIoError, with what to do; kConflict for a file that is something else or
/// was written by a newer version.
///
/// No store may be open when the process forks and the child goes on without exec.
Result<std::unique_ptr<Store>> OpenSqliteStore(const RequestContext& context, const SqliteOptions& options);

}  // namespace chimera::ingest
