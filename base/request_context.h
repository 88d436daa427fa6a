// What travels with one request from the transport down to the database: until when, whether it was cancelled, and
// who asks. Copied freely; copies share the cancellation.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/deadline.h"
#include "base/principal.h"
#include "base/statement_trace.h"

namespace chimera {

/// How far a request has come. `done` only grows.
struct Progress {
  double done = 0;
  std::optional<double> total;
  std::string message;
};

struct RequestContext {
  Deadline deadline;       ///< nobody waits past this
  std::stop_token stop;    ///< set when the caller cancelled or left
  std::string request_id;  ///< the JSON-RPC id as text, or a name for internal work; for logs
  std::string session_id;  ///< the MCP session, empty when there is none
  std::string client;      ///< "name/version" the client gave, for logs
  std::string peer = {};   ///< the address of the client's end of the connection; empty where there is none (stdio)
  /// Null where nobody has to say who he is (stdio, HTTP without authorization): he may do everything.
  std::shared_ptr<const Principal> principal = {};
  std::function<void(const Progress&)> on_progress = {};  ///< empty when nobody wants to know; any thread, never blocks
  StatementTrace* trace = nullptr;  ///< borrowed; null when nobody wants to know which statements were sent
  std::string log_comment = {};     ///< for each statement, as system.query_log of the database will have it; or empty
  bool may_exceed_budget = false;   ///< the user agreed that it reads more than the read budget allows

  bool Cancelled() const { return stop.stop_requested(); }

  /// The context of work that no MCP request asked for, such as a command or the warm-up.
  static RequestContext For(std::string name, std::chrono::milliseconds time, std::stop_token stop) {
    RequestContext context;
    context.deadline = Deadline::After(time);
    context.stop = std::move(stop);
    context.request_id = std::move(name);
    return context;
  }
};

}  // namespace chimera
