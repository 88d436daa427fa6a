// One keep-alive HTTP connection to a ClickHouse, over TCP, TLS or a Unix socket. It connects when it is first used,
// carries one request at a time, and makes sure that none outlives its deadline or its cancellation. It knows HTTP and
// nothing of statements: replies go to a `Receiver`, and what happened on the wire is an `Exchange`.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/request_context.h"
#include "clickhouse/tls.h"

namespace chimera::clickhouse {

class Alarm;

/// Where a ClickHouse is.
struct Endpoint {
  std::string unix_socket;  ///< path; when set, host, port and secure are ignored
  std::string host;
  int port = 0;
  bool secure = false;  ///< TLS; certificate and host name are verified
  TlsOptions tls = {};
  std::string path_prefix = {};  ///< goes before every target, such as "/clickhouse"
  std::chrono::milliseconds connect_timeout{5000};

  std::string Name() const;  ///< "host:port" or the socket's path, for messages
};

struct Header {
  std::string name;
  std::string value;
};

struct ReplyHead {
  int status = 0;
  bool framed = false;  ///< the body's length is known or it is chunked, so that a cut body is seen
  std::vector<Header> headers;

  /// The value, or "" when there is none; names are compared without case.
  std::string_view Find(std::string_view name) const;
};

/// Takes a reply as it comes, on the thread that called `Post`.
class Receiver {
 public:
  virtual ~Receiver() = default;
  virtual void OnHead(const ReplyHead& head) = 0;
  /// False: enough. The rest is read and dropped when it is short, so that the connection survives; else it is cut.
  virtual bool OnBody(std::string_view bytes) = 0;
};

/// A POST. Everything is borrowed for the call.
struct Post {
  std::string_view target;  ///< path and query, percent-encoded
  const std::vector<Header>& headers;
  std::string_view body;
};

enum class Outcome {
  kComplete,   ///< the reply was read whole
  kCut,        ///< the receiver had enough, and more than a little was left
  kExpired,    ///< the deadline passed
  kCancelled,  ///< the context was cancelled
  kFailed,     ///< see Exchange::failure
};

enum class Failure {
  kNone,
  kNameUnknown,     ///< the host name has no address
  kRefused,         ///< nobody listens there, or the network said no
  kConnectTimeout,  ///< no answer to the attempt to connect
  kBacklogFull,     ///< a Unix socket whose queue of new connections stayed full
  kTlsHandshake,    ///< the peer does not speak TLS, or no common version
  kTlsUntrusted,    ///< the certificate is not trusted or not valid
  kTlsWrongName,    ///< the certificate is another host's
  kBroken,          ///< the connection ended, or carried something that is not HTTP, before the reply was whole
};

struct Exchange {
  Outcome outcome = Outcome::kComplete;
  Failure failure = Failure::kNone;
  bool sent = false;        ///< false: no byte of the request left this process
  std::string detail = {};  ///< the TLS library's words, when it has any
};

class Connection {
 public:
  /// Does not connect. `alarm` must outlive the connection.
  Connection(const Endpoint& endpoint, Alarm& alarm);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Sends one request and hands the reply to `receiver`; connects before, if need be. Blocks until the reply is whole,
  /// the receiver had enough, the deadline or the cancellation. One call at a time. After any outcome but kComplete the
  /// connection is closed. Resolving a host name can outlast a cancellation: the system's resolver cannot be stopped.
  Exchange Send(const Post& post, const RequestContext& context, Receiver& receiver);

  /// True when an idle connection cannot carry another request: never connected, closed by the peer, or bytes that
  /// nobody asked for are waiting. One system call.
  bool IsStale() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chimera::clickhouse
