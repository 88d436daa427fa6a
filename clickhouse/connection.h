// One keep-alive HTTP connection to a ClickHouse, over TCP, TLS or a Unix socket. It connects when it is first used,
// carries one request at a time, and makes sure that none outlives its deadline or its cancellation. It knows HTTP and
// nothing of statements: replies go to a `Receiver`, and what happened on the wire is an `Exchange`.
#pragma once

#include <memory>

#include "base/deadline.h"
#include "base/request_context.h"
#include "clickhouse/endpoint.h"
#include "clickhouse/exchange.h"

namespace chimera::clickhouse {

class Channel;
class Patience;

class Connection {
 public:
  /// Does not connect.
  explicit Connection(const Endpoint& endpoint);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Sends one request and hands the reply to `receiver`; connects before, if need be, for at most the endpoint's
  /// connect_timeout. Never sends a request twice. Blocks until the reply is whole, the receiver had enough, the
  /// deadline or the cancellation, whatever it is doing then. One call at a time. After any outcome but kComplete, and
  /// when the server says so, the connection is closed; the next call connects anew.
  Exchange Send(const Post& post, const RequestContext& context, Receiver& receiver);

  /// Until when a connection that is idle now may be used again, as far as the peer said; in the past when it is
  /// closed.
  Deadline UsableUntil() const;

  /// True when an idle connection cannot carry another request: never connected, closed by the peer or about to be
  /// (its Keep-Alive header), or bytes that nobody asked for are waiting. One system call.
  bool IsStale() const;

 private:
  Exchange Run(const Post& post, const Patience& patience, Receiver& receiver);

  const Endpoint endpoint_;
  std::unique_ptr<Channel> channel_;  ///< null while it is not connected
  Deadline keep_until_;               ///< the peer may close it after this
};

}  // namespace chimera::clickhouse
