// The engine's HTTP server: listens on a Unix socket or on TCP, hands requests to the query handler and puts its
// answers on the wire. The only file of the engine that includes the HTTP library is http_front.cpp.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/activity.h"
#include "engine/query_handler.h"
#include "http/tls.h"

namespace chimera::engine {

struct HttpFrontOptions {
  std::string socket;     ///< path of a Unix socket, made with mode 0600 in place of a stale one; or
  std::string host;       ///< an address to listen on, with
  int port = 0;           ///< 0: any free port
  size_t threads = 1024;  ///< connections served at once; an idle kept-alive one counts
  http::TlsFiles tls;     ///< with a host: HTTPS when there is a certificate
};

class HttpFront {
 public:
  /// Listens, but serves nothing yet: who connects, waits. kIoError naming the address and what is wrong with it. The
  /// caller holds the data folder's lock, so a socket file that is there is a dead engine's.
  static Result<std::unique_ptr<HttpFront>> Create(const HttpFrontOptions& options);
  /// Hides and stops serving.
  ~HttpFront();

  int Port() const;  ///< 0 for a Unix socket
  /// Serves on threads of its own. Once; what it is given must outlive the serving, which Stop ends.
  void Start(const QueryHandler& handler, Activity& activity, const std::string& version);
  void Stop();
  /// Removes the socket, so that nobody new finds this engine.
  void Hide();

 private:
  struct Impl;
  explicit HttpFront(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace chimera::engine
