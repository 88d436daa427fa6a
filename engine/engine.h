// The embedded ClickHouse: its HTTP interface over libchdb, meant to be a process of its own (`chimera-mcp engine`).
// docs/engine.md says what of the interface is there.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/tls.h"

namespace chimera::engine {

struct EngineOptions {
  std::string data_dir;               ///< created if missing (mode 0700); one engine per folder, held by a lock
  std::string library;                ///< path of libchdb.so; empty: see FindLibrary
  std::string socket;                 ///< Unix socket path to listen on, or
  std::string host;                   ///< address and port to listen on
  int port = 0;                       ///< 0 with a host: any free port
  http::TlsFiles tls;                 ///< with a host only
  std::vector<std::string> users;     ///< accounts, see accounts.h; with those of
  std::string users_file;             ///< this file; neither: `default` without a password
  std::chrono::seconds idle_exit{0};  ///< leave after this long without a request; 0: never
  size_t threads = 1024;              ///< connections served at once
  bool confined = true;               ///< no files but the data folder's, no network: cage.h
  size_t max_memory_bytes = 0;        ///< max_server_memory_usage; 0: ClickHouse's own default
};

/// Runs until `stop` is requested or the engine has been idle for long enough; a clean end is Ok. kConflict, naming the
/// process, when another engine holds the folder; kInvalidArgument for an account that cannot be read; kIoError for a
/// TLS file, a folder that cannot be written or a libchdb that cannot be loaded, with what to do. `on_ready` is called
/// once with the bound port (0 for a socket).
Status RunEngine(const EngineOptions& options, std::stop_token stop, const std::function<void(int port)>& on_ready);

/// Where libchdb is: CHIMERA_LIBCHDB (passed in as `configured`), beside the executable, ../lib/chimera-mcp of it, the
/// build's third-party folder, the loader's path. kIoError listing the places when it is nowhere.
Result<std::string> FindLibrary(const std::string& configured);

}  // namespace chimera::engine
