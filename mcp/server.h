// The protocol's core: one table of methods over sessions. Transports hand it messages and carry its replies; it never
// touches a socket, and it knows tools only through ToolCatalog.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "mcp/message.h"
#include "mcp/session.h"
#include "mcp/tool.h"

namespace chimera::mcp {

struct ServerOptions {
  std::string name = "chimera-mcp";
  std::string title;
  std::string version;
  std::string instructions;                       ///< for the model, returned by initialize
  std::chrono::milliseconds call_timeout{60000};  ///< deadline of one request when the caller sets none
  size_t list_page = 100;                         ///< tools a tools/list result holds at most
};

struct Reply {
  std::string text;    ///< one JSON-RPC response on one line
  int error_code = 0;  ///< the response's error code, 0 for a result
};

class Server {
 public:
  /// `tools` must outlive the server.
  Server(ServerOptions options, ToolCatalog& tools);

  /// Handles one parsed message of `session` and returns the reply, or nothing for notifications, responses and
  /// cancelled requests. Blocks while a tool works: when Waits, call it from a worker. Thread-safe. Never throws.
  ///
  /// Transports must call `session.Register(id)` before queueing a request, so that a cancellation that is read later
  /// finds it; `Handle` unregisters it. (mcp/exchange.h does both.)
  std::optional<Reply> Handle(Session& session, const Message& message);

  /// True when Handle may block on something else than the processor.
  bool Waits(const Message& message) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// What a request is answered with that belongs to no session and names no version of its own; shows both ways.
ProtocolError NeedsSession(const std::string& method);

}  // namespace chimera::mcp
