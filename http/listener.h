// cpp-httplib's server on connections of our own: its parsing, routing and answers, but requests that follow each other
// closely are read as they were sent, nobody holds a thread longer than he may, and TLS is a matter of the connection.
#pragma once

#include <httplib.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "http/admission.h"
#include "http/connection.h"
#include "http/peer_watch.h"
#include "http/tls.h"

namespace chimera::http {

struct ListenerOptions {
  size_t connections = 4096;           ///< served at once, each by a thread; one more is closed
  size_t connections_of_peer = 0;      ///< of one address; one more is answered with 503; 0: as many as there are
  std::chrono::seconds keep_alive{5};  ///< how long a connection waits for its next request
  Patience patience = {};
  size_t max_body_bytes = 0;  ///< a body that is announced to be longer is refused with 413 at once; 0: no limit
  TlsFiles tls = {};
  Admits admits = {};  ///< others are closed without a word; empty: everybody
};

class Listener : public httplib::Server {
 public:
  /// Sees a request whose headers were read, before its body is, and may change it.
  using Prepare = std::function<void(httplib::Request&)>;

  /// kIoError when the TLS files are not good.
  static Result<std::unique_ptr<Listener>> Create(const ListenerOptions& options);
  ~Listener() override;

  /// Before the server runs: `prepare`, and instead of the library's set_pre_routing_handler `admit`.
  void OnRequest(Prepare prepare, HandlerWithResponse admit);

  /// Ends listen_after_bind: no new connections, those that wait for a request end, those at work are waited for.
  /// Answers that a content provider still makes are cut. Any thread.
  void Stop();
  /// Ends all connections, also those at work. Any thread.
  void ShutAll();

  /// The connection that a request came on. Valid while it is handled or its content provider lives.
  static Connection& ConnectionOf(const httplib::Request& request);

 private:
  using Context = std::unique_ptr<ssl_ctx_st, void (*)(ssl_ctx_st*)>;

  Listener(const ListenerOptions& options, Context tls);
  bool process_and_close_socket(socket_t socket) override;
  bool ServeOne(Connection& connection, const std::string& ip, int port);
  void CheckFraming(httplib::Request& request, Connection& connection) const;
  bool Count(const std::string& ip);
  void Discount(const std::string& ip);

  const ListenerOptions options_;
  const Context tls_;
  Prepare prepare_;
  PeerWatch watch_;
  std::mutex mutex_;  ///< guards of_peer_
  std::map<std::string, size_t> of_peer_;
};

}  // namespace chimera::http
