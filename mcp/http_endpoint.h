// The rules of MCP over HTTP: which session a request belongs to, when it needs none, whether it is answered at once or
// by a stream, which status says what. Knows no HTTP library: requests and answers are plain values, so a test needs
// no socket.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "mcp/client_link.h"
#include "mcp/event_stream.h"
#include "mcp/header_check.h"
#include "mcp/in_flight.h"
#include "mcp/message.h"
#include "mcp/server.h"
#include "mcp/session_store.h"

namespace chimera::mcp {

/// A request that passed the gate.
struct HttpCall {
  std::string body;
  HeaderValue header;                  ///< borrowed for the call
  bool takes_events = false;           ///< Accept names text/event-stream
  std::string query_session;           ///< the session of a message to the old HTTP+SSE transport
  std::shared_ptr<ClientLink> client;  ///< null: unknown, taken for there
  /// Who sent it: sessions, their streams, and tasks are his alone. Null where nobody has to say who he is.
  std::shared_ptr<const Principal> sender = {};
  std::string peer = {};  ///< the address that it came from

  std::string Owner() const { return sender ? sender->name : std::string(); }
  std::string Header(const char* name) const { return header ? header(name).value_or("") : ""; }
};

/// An answer: a body, or a stream.
struct HttpAnswer {
  int status = 200;
  std::string body;        ///< JSON, or empty
  std::string session_id;  ///< to be sent as Mcp-Session-Id; empty: none
  std::shared_ptr<EventStream> stream;
  uint64_t after = 0;                     ///< where in the stream to begin
  std::shared_ptr<Session> session = {};  ///< that the stream belongs to
  bool ends_with_client = false;          ///< the request is cancelled when the client is gone
  bool awaits_reply = false;              ///< the stream ends with the reply to a request
  std::string allow = {};                 ///< of 405: the methods that are there, as the header Allow has them
  std::string missing_scopes = {};        ///< of a 403: what the caller's token lacks
  Headers headers = {};                   ///< more of them, safe to be sent
};

class HttpEndpoint {
 public:
  /// Runs a job on another thread, at once or when one is free; false when too many wait already.
  using Workers = std::function<bool(std::function<void()>)>;

  /// `server` must outlive this, and `workers` run all its jobs before.
  HttpEndpoint(Server& server, size_t max_sessions, std::chrono::seconds session_idle, Workers workers);

  /// Answers one POST. Blocks until there is an answer or the first event of one. Thread-safe.
  HttpAnswer Post(const HttpCall& call);
  /// The stream of a session for what belongs to no request, or the rest of one that was cut. Thread-safe.
  HttpAnswer Get(const HttpCall& call);
  /// Ends the session and cancels its requests. Thread-safe.
  HttpAnswer Delete(const HttpCall& call);
  /// How many are open. Thread-safe.
  size_t Sessions() const { return sessions_.Size(); }

  /// HTTP+SSE (2024-11-05): opens a session whose stream first tells where to send messages. `messages_path` is the
  /// path for PostMessage.
  HttpAnswer OpenSse(const HttpCall& call, const std::string& messages_path);
  HttpAnswer PostMessage(const HttpCall& call);

  /// The client of the stream of `answer` is connected: its session is in use.
  void StillThere(const HttpAnswer& answer) { sessions_.Find(answer.session->Id(), answer.session->Owner()); }
  /// The connection that carried the stream of `answer` ended.
  void ClientLeft(const HttpAnswer& answer);

  /// Cancels what is still being worked on at `deadline`, and ends the streams that wait for changes now. Does not
  /// block. Thread-safe.
  void CloseBy(Deadline deadline);
  bool Closing() const { return closing_; }

 private:
  HttpAnswer Initialize(const HttpCall& call, Incoming incoming);
  HttpAnswer Work(std::shared_ptr<Session> session, const HttpCall& call, Incoming incoming);
  bool RunOnWorker(std::function<void()> job, Session& session, const Incoming& incoming, Reply& refusal);
  std::optional<Reply> AnswerWatched(const std::shared_ptr<Session>& session, const Incoming& incoming,
                                     const std::shared_ptr<ClientLink>& client, std::shared_ptr<Outlet> outlet);

  Server& server_;
  SessionStore sessions_;
  InFlight in_flight_;
  const Workers workers_;
  std::atomic<bool> closing_ = false;
};

/// A refusal as a JSON-RPC error that answers no request in particular.
HttpAnswer HttpError(int status, const std::string& message);

}  // namespace chimera::mcp
