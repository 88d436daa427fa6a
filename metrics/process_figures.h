// What the operating system says of this process.
#pragma once

#include <cstdint>

namespace chimera::metrics {

/// 0 stands for what could not be read.
struct ProcessFigures {
  double start_time_seconds = 0;  ///< since 1970
  double cpu_seconds = 0;         ///< used so far, by all threads
  uint64_t resident_bytes = 0;
  uint64_t open_fds = 0;
  uint64_t max_fds = 0;
};

/// Reads /proc; some 50 µs. Thread-safe.
ProcessFigures ReadProcessFigures();

}  // namespace chimera::metrics
