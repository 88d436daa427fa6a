// Keeps an engine process reachable for this process: attaches to the one that serves the data folder, or starts it.
// The engine is shared by every `serve` of the same folder and outlives them; it leaves when idle.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/request_context.h"
#include "base/result.h"

namespace chimera::engine {

struct SupervisorOptions {
  std::string data_dir;
  std::string executable;  ///< of chimera-mcp itself; empty: /proc/self/exe
  std::string library;     ///< passed on to the engine; may be empty
  std::chrono::seconds idle_exit{300};
  std::string socket_dir;  ///< empty: /tmp/chimera-mcp-UID; mode 0700
};

/// The socket of the data folder's engine: a short path hashed from the folder's canonical path (sun_path is 108
/// bytes). Makes the folder if it is missing.
/// kIoError when its directory cannot be made, or others could enter it.
Result<std::string> SocketPath(const SupervisorOptions& options);

class Supervisor {
 public:
  static Result<std::unique_ptr<Supervisor>> Create(SupervisorOptions options);
  ~Supervisor();

  const std::string& Socket() const;

  /// Returns when the engine answers /ping: at once when it does, else after attaching or starting it, within the
  /// context's deadline. kUnavailable with the engine's own words (its log's last lines) when it cannot start.
  /// kConflict when an engine with another address holds the folder; kTimeout and kCancelled as the context says.
  /// Thread-safe; concurrent calls share one start. Cheap enough before every request: once the engine has answered, it
  /// is one connect() to the socket (some 20 µs), which notices an engine that left. A request that fails to connect
  /// nevertheless (it left in between) is worth one more call, after `Distrust`.
  Status EnsureRunning(const RequestContext& context);

  /// A request to the engine broke: the next EnsureRunning asks for an answer to /ping again, because the socket of a
  /// process that is just ending still takes connections. Thread-safe.
  void Distrust();

 private:
  Supervisor();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chimera::engine
