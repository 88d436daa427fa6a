// MCP over standard input and output: one UTF-8 JSON-RPC message a line, nothing else on stdout. The reader never
// blocks on work: tools run on a bounded set of workers, cancellations are seen while they run.
#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>

#include "mcp/server.h"

namespace chimera::mcp {

struct StdioOptions {
  int input = 0;                           ///< file descriptor; stays the caller's
  int output = 1;                          ///< file descriptor; stays the caller's
  size_t max_message_bytes = 64u << 20;    ///< a longer line is answered with -32600 and skipped
  size_t workers = 8;                      ///< tools that run at once; more wait in order
  size_t max_waiting_bytes = 256u << 20;   ///< of messages that wait for a worker; more are answered with -32000
  std::chrono::milliseconds drain{60000};  ///< after the end of input: how long the answers still due are waited for
};

/// Serves one client and blocks. At the end of input it answers what was asked already, for at most `drain` and as
/// long as somebody reads, so that a piped request gets its answer; when `stop` is requested it cancels that at once.
/// Returns false when output failed (the client has gone). Starts threads of its own, with SIGPIPE blocked.
bool ServeStdio(Server& server, const StdioOptions& options, std::stop_token stop);

}  // namespace chimera::mcp
