// The protocol's core: one table of methods over sessions. Transports hand it messages and carry its replies; it never
// touches a socket, and it knows tools, resources and prompts only through their catalogs.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mcp/announcer.h"
#include "mcp/completion.h"
#include "mcp/header_check.h"
#include "mcp/icon.h"
#include "mcp/message.h"
#include "mcp/outlet.h"
#include "mcp/prompt.h"
#include "mcp/resource.h"
#include "mcp/session.h"
#include "mcp/tool.h"

namespace chimera::mcp {

struct ServerOptions {
  std::string name = "chimera-mcp";
  std::string title;
  std::string version;
  std::string instructions;  ///< for the model, returned by initialize
  std::vector<Icon> icons = {};
  std::chrono::milliseconds call_timeout{60000};  ///< deadline of one request when the caller sets none
  size_t list_page = 100;                         ///< entries a list's result holds at most
  std::string state_key = {};  ///< secret for multi-round state, shared by replicas; empty: random, of this process
  std::chrono::milliseconds task_after{
      10000};  ///< a tool call that takes longer becomes a task, if the client takes them
  std::chrono::milliseconds task_ttl{3600000};  ///< how long a task is kept after its status last changed
  size_t max_tasks = 1000;                      ///< kept at once; further calls are answered when they are done
  bool tools_speak = true;    ///< tools may log, or ask without saying so (ToolCatalog::MayAsk); where none does, HTTP
                              ///< answers them with less effort
  bool logging = true;        ///< clients may ask for log messages
  bool lists_change = false;  ///< the catalogs' lists may change while the server runs (Server::Changes)
};

/// What a server offers. All must outlive it; null: not offered.
struct Features {
  ToolCatalog* tools = nullptr;
  ResourceCatalog* resources = nullptr;
  PromptCatalog* prompts = nullptr;
  Completer* completer = nullptr;
};

struct Reply {
  std::string text;                 ///< one JSON-RPC response on one line
  int error_code = 0;               ///< the response's error code, 0 for a result
  int http_status = 0;              ///< what HTTP answers an error with when the code alone does not say; 0: it does
  std::string missing_scopes = {};  ///< of an error, see ProtocolError
  Headers headers = {};             ///< of a result
};

class Server {
 public:
  Server(ServerOptions options, Features features);

  /// Handles one parsed message of `session` and returns the reply, or nothing for notifications, responses, cancelled
  /// requests and those that stay open (Session::HasOpen). Messages that belong to the request go to `outlet` before
  /// that; it may be null. Blocks while a tool works: when Waits, call it from a worker. Thread-safe. Never throws.
  ///
  /// Transports must call `session.Register(id)` before queueing a request, so that a cancellation that is read later
  /// finds it; `Handle` unregisters it. (mcp/exchange.h does both.)
  ///
  /// Where `message.sender` is set, he may do what his scopes allow: others' tasks are unknown to him, and what needs a
  /// scope that he lacks is kInsufficientScope (403).
  std::optional<Reply> Handle(Session& session, const Message& message, std::shared_ptr<Outlet> outlet = nullptr);

  /// True when Handle may block on something else than the processor.
  bool Waits(const Message& message) const;

  /// The arguments of a tools/call that headers must repeat over HTTP (x-mcp-header); empty for other messages. As the
  /// tools were when the server was made.
  const std::vector<MirroredArgument>& Mirrored(const Message& message) const;

  /// True when something may be sent to the request's outlet before Handle returns its reply: progress, when the
  /// message wants it, and questions that a tool may have to a client that can be asked.
  bool MaySpeak(const Session& session, const Message& message) const;

  /// To tell clients that something changed.
  Announcer& Changes();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// What a request is answered with that belongs to no session and names no version of its own; shows both ways. Without
/// a `method` it is a response.
ProtocolError NeedsSession(const std::string& method);

}  // namespace chimera::mcp
