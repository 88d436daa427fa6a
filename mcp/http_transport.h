// MCP over Streamable HTTP at /mcp: POST answers JSON, sessions by the Mcp-Session-Id header, DELETE ends one; requests
// that name protocol version 2026-07-28 in `_meta` need no session. Checks Host and Origin against DNS rebinding; binds
// what it is told to. Offers no event stream and no CORS.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "mcp/server.h"

namespace chimera::mcp {

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  int port = 8080;  ///< 0: any free port, see Port()
  std::string path = "/mcp";
  std::vector<std::string> allowed_hosts;    ///< besides loopback names and `host`
  std::vector<std::string> allowed_origins;  ///< besides loopback origins
  size_t max_body_bytes = 64u << 20;         ///< a larger body is answered with 413
  size_t max_sessions = 10000;               ///< the longest unused one goes first
  std::chrono::seconds session_idle{3600};
  size_t threads = 64;                     ///< connections served at once; more wait
  std::chrono::seconds io_timeout{30};     ///< of one read or write on a connection
  std::chrono::seconds keep_alive{5};      ///< an idle connection occupies a thread for as long
  std::chrono::milliseconds drain{10000};  ///< after Stop: how long requests in flight may go on
};

class HttpServer {
 public:
  /// Binds and listens; kIoError when the port is taken, naming it and what to do. `server` must outlive this.
  static Result<std::unique_ptr<HttpServer>> Create(Server& server, HttpServerOptions options);
  ~HttpServer();

  int Port() const;
  /// Serves until Stop. Blocks. At most once.
  void Run();
  /// Ends Run: takes no new connections, lets requests in flight finish for `drain` and cancels them then. Does not
  /// wait for that. Any thread, also before Run.
  void Stop();

 private:
  HttpServer();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chimera::mcp
