// MCP over standard input and output: one UTF-8 JSON-RPC message a line, nothing else on stdout. The reader never
// blocks on work: tools run on a bounded set of workers, cancellations are seen while they run.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <stop_token>

#include "mcp/server.h"

namespace chimera::mcp {

struct StdioOptions {
  int input = 0;                            ///< file descriptor; stays the caller's
  int output = 1;                           ///< file descriptor; stays the caller's
  size_t max_message_bytes = 64u << 20;     ///< a longer line is answered with -32600 and skipped
  size_t workers = 8;                       ///< tools that run at once; more wait in order
  size_t max_waiting_bytes = 256u << 20;    ///< of messages that wait for a worker; more are answered with -32000
  std::chrono::milliseconds drain{3500};    ///< after a stop: how long calls in flight may go on
  std::chrono::milliseconds farewell{500};  ///< after that: for those that were cancelled to be answered so
  /// Called once, when a stop was requested or all is answered: from here on ServeStdio takes `drain` and `farewell` at
  /// most, unless a tool does not heed its cancellation.
  std::function<void()> on_ending = {};
};

/// Serves one client and blocks. At the end of input it answers what was asked already, as long as somebody reads: a
/// script that pipes its requests in waits for them, and a host that does not want to sends SIGTERM (2025-11-25,
/// basic/lifecycle, "Shutdown"). When `stop` is requested, that goes on for at most `drain`; what is then still worked
/// on is cancelled and answered with -32000. Returns false when output failed (the client has gone). Starts threads of
/// its own, with SIGPIPE blocked.
bool ServeStdio(Server& server, const StdioOptions& options, std::stop_token stop);

}  // namespace chimera::mcp
