// MCP over Streamable HTTP at /mcp: POST answers JSON or a stream of events, GET is a session's own stream, DELETE ends
// a session; requests that name protocol version 2026-07-28 in `_meta` need none. The older HTTP+SSE is at /sse. Checks
// Host and Origin against DNS rebinding; binds what it is told to. Offers no CORS. Beside it, pages that the program
// adds, such as /healthz.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/admission.h"
#include "http/tls.h"
#include "mcp/http_authorization.h"
#include "mcp/server.h"

namespace chimera::mcp {

struct HttpPage {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

/// Who may read a page where callers have to say who they are; where they do not, everybody may.
enum class PageAccess {
  kAnybody,
  kStatus,  ///< everybody is told the status, and whoever has Scope::kAdmin all of it
  kAdmin,   ///< whoever has Scope::kAdmin
};

/// A page that is read by GET or HEAD, at a path of its own.
struct HttpPageRoute {
  std::string path;                ///< such as "/healthz"
  std::function<HttpPage()> make;  ///< called on the connection's thread, by many at once
  bool any_host = false;           ///< whatever the Host header says: for a page that tells nothing
  PageAccess access = PageAccess::kAnybody;
};

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  int port = 8080;  ///< 0: any free port, see Port()
  std::string path = "/mcp";
  std::vector<std::string> allowed_hosts;    ///< besides loopback names and `host`
  std::vector<std::string> allowed_origins;  ///< besides loopback origins
  size_t max_body_bytes = 64u << 20;         ///< a larger body is answered with 413
  size_t max_sessions = 10000;               ///< the longest unused one goes first
  std::chrono::seconds session_idle{3600};
  std::vector<HttpPageRoute> pages = {};
  http::TlsFiles tls = {};  ///< HTTPS when there is a certificate
  AuthorizationOptions authorization = {};
  http::Admits admits = {};                ///< which addresses may connect; empty: all
  size_t calls = 128;                      ///< messages worked on at once; one more is answered with 503
  size_t calls_of_sender = 64;             ///< of them, from one principal; one more is answered with 429
  size_t connections = 4096;               ///< served at once, event streams among them; one more is closed
  size_t connections_of_peer = 2048;       ///< from one address; one more is answered with 503
  std::chrono::seconds head_timeout{10};   ///< for the TLS handshake, and for a request's headers
  std::chrono::seconds io_timeout{30};     ///< for a body or answer, and longer while it keeps 16 KB/s
  std::chrono::seconds keep_alive{5};      ///< for the next request on a connection
  std::chrono::milliseconds drain{3'500};  ///< after Stop: how long requests in flight may go on
};

class HttpServer {
 public:
  /// Binds and listens; kIoError when the port is taken, naming it and what to do. `server` must outlive this.
  static Result<std::unique_ptr<HttpServer>> Create(Server& server, HttpServerOptions options);
  ~HttpServer();

  int Port() const;
  /// Open sessions, idle ones included. Thread-safe.
  size_t Sessions() const;
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
