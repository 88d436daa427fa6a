// The rules of MCP over one HTTP endpoint: which session a POST belongs to, when it needs none, which status says what.
// Knows no HTTP library: requests and answers are plain values, so a test needs no socket.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "mcp/in_flight.h"
#include "mcp/message.h"
#include "mcp/server.h"
#include "mcp/session_store.h"

namespace chimera::mcp {

/// A request that passed the gate. Absent headers are empty.
struct HttpCall {
  std::string body;
  std::string session_id;        ///< Mcp-Session-Id
  std::string protocol_version;  ///< MCP-Protocol-Version
  InFlight::ClientGone client_gone;
};

struct HttpAnswer {
  int status = 200;
  std::string body;        ///< JSON, or empty
  std::string session_id;  ///< to be sent as Mcp-Session-Id; empty: none
};

class HttpEndpoint {
 public:
  /// `server` must outlive this.
  HttpEndpoint(Server& server, size_t max_sessions, std::chrono::seconds session_idle);

  /// Answers one POST. Blocks while a tool works. Thread-safe.
  HttpAnswer Post(const HttpCall& call);
  /// Ends the session and cancels its requests. Thread-safe.
  HttpAnswer Delete(const HttpCall& call);
  /// How many are open. Thread-safe.
  size_t Sessions() const { return sessions_.Size(); }
  /// Cancels what is still being worked on at `deadline`. Does not block. Thread-safe.
  void CancelAt(Deadline deadline) { in_flight_.CancelAt(deadline); }

 private:
  HttpAnswer Initialize(Incoming incoming);
  HttpAnswer Work(const std::shared_ptr<Session>& session, InFlight::ClientGone client_gone, Incoming incoming);

  Server& server_;
  SessionStore sessions_;
  InFlight in_flight_;
};

/// A refusal as a JSON-RPC error that answers no request in particular.
HttpAnswer HttpError(int status, const std::string& message);

}  // namespace chimera::mcp
