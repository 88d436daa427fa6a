// Where the messages go that a server sends besides its replies: notifications and, in sessions, requests of its own.
// Each transport has its kind: a line of stdout, an event of a stream.
#pragma once

#include <string>

namespace chimera::mcp {

class Outlet {
 public:
  virtual ~Outlet() = default;

  /// Sends one JSON-RPC message on one line. Never waits for the client; a message that cannot be delivered is dropped.
  /// Thread-safe.
  virtual void Send(std::string message) = 0;

  /// Ends the client's connection, where there is one of its own; what comes later waits until the client is back.
  virtual void Disconnect() {}

  /// Nothing more will be sent: the session is over.
  virtual void Close() {}
};

}  // namespace chimera::mcp
