// What the methods of the protocol share: the request on its way through one of them, and what comes of it. Private to
// the server; each group of methods is a file of its own, and server.cpp has the table of all of them.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#include "mcp/announcer.h"
#include "mcp/call_context.h"
#include "mcp/era.h"
#include "mcp/message.h"
#include "mcp/outlet.h"
#include "mcp/request_state.h"
#include "mcp/server.h"
#include "mcp/session.h"
#include "mcp/task_store.h"

namespace chimera::mcp {

/// The server's own state, for its methods.
struct Core {
  ServerOptions options;
  Features features;
  Announcer announcer;
  RequestState request_state;
  TaskStore tasks{{.tasks = options.max_tasks, .ttl = options.task_ttl}, announcer};  // last: its work uses the rest
};

struct Call {
  Core& core;
  Session& session;
  const Message& message;
  const Era& era;
  std::stop_token stop;
  std::shared_ptr<Outlet> outlet;                 ///< of this request; may be null
  std::shared_ptr<const std::atomic<bool>> over;  ///< true once the request was answered

  const Json& Params() const { return message.params; }
};

/// The text of a result object.
struct Completed {
  std::string result;
  std::string_view type = "complete";  ///< its resultType, where there is one
  Headers headers = {};                ///< Reply::headers
};
/// The request goes on without a result for now (Session::KeepOpen).
struct StaysOpen {};
using Outcome = std::variant<Completed, ProtocolError, StaysOpen>;

/// The text of the result object of a stateless era, which says what type it is of.
std::string TypedResult(std::string result, std::string_view type);

/// Logs a bug that ended the request `id` of `session`, and says so without showing it.
ProtocolError BugError(const std::string& id, const std::string& session, const std::string& method,
                       const std::string& what);
ProtocolError InvalidParams(std::string what);
ProtocolError MissingCapability(const Json& required);

/// Single resources that one client may watch.
inline constexpr size_t kMaxWatched = 1000;

/// The Implementation object of this server.
Json ServerInfo(const Core& core, const Era& era);

/// `value` as one word of a log line: 64 printable bytes at most.
std::string LogWord(std::string value);
/// "name/version" of an Implementation object, without anything that could forge a log line.
std::string ClientName(const Json& info);
ClientAbilities AbilitiesOf(const Json& capabilities);
/// `_meta` of the request, or an empty object.
const Json& MetaOf(const Message& message);

/// The name of the principal who sent the request; empty where nobody has to say who he is.
std::string SenderName(const Call& call);

/// What the sender lacks for something that needs `scope`: 403 and what to do. Nothing when he may.
std::optional<ProtocolError> Forbids(const Message& message, Scope scope);

/// The context in which the work of `call` is done.
CallContext ContextOf(const Call& call);

/// What every result's `_meta` says in the era of `call`; empty where nothing.
Json ResultMeta(const Call& call);
/// `result` with that.
Json WithMeta(const Call& call, Json result);

/// The answers and the state that the client of a stateless era sent along.
std::optional<ProtocolError> ReadInputs(const Call& call, Inputs& inputs);
/// What `need` asks for that the client does not offer.
std::optional<ProtocolError> CannotAsk(const InputNeed& need, const ClientAbilities& abilities);
/// The result that asks the client of a stateless era.
Outcome InputRequired(const Call& call, const InputNeed& need);

/// True when the client of `call` takes a task for a result.
bool TakesTasks(const Call& call);
ProtocolError NeedsTasks();
/// Does `work`, which holds `bytes`, on a thread of its own, and answers with a task when that is not done soon, or
/// `at_once`.
Outcome InTask(const Call& call, TaskWork work, size_t bytes, bool at_once);

/// How long clients may keep what does not change while a server runs: a restart may bring other tools.
inline constexpr std::chrono::milliseconds kLasting{300'000};
/// The same for what is read from the database.
inline constexpr std::chrono::milliseconds kPassing{5'000};

/// A result that clients may keep for a while: adds what the era wants to know about that.
Outcome Cacheable(const Call& call, Json result, std::chrono::milliseconds lifetime = kLasting);

/// Does `work` with the answers that the client sent along and, in a session, with those that it is asked for meanwhile
/// (2026-07-28, basic/patterns/mrtr; before: requests of the server). `work` returns what is still needed, or nothing
/// when it is done; `done` then makes the outcome.
Outcome InRounds(const Call& call, const std::function<InputNeed(const CallContext&)>& work,
                 const std::function<Outcome()>& done);

Outcome Initialize(const Call& call);
Outcome Discover(const Call& call);
Outcome Ping(const Call& call);
Outcome SetLogLevel(const Call& call);
Outcome ListTools(const Call& call);
Outcome CallTool(const Call& call);
Outcome ListResources(const Call& call);
Outcome ListResourceTemplates(const Call& call);
Outcome ReadResource(const Call& call);
Outcome SubscribeResource(const Call& call);
Outcome UnsubscribeResource(const Call& call);
Outcome ListPrompts(const Call& call);
Outcome FillPrompt(const Call& call);
Outcome Complete(const Call& call);
Outcome ListenToChanges(const Call& call);
Outcome TaskState(const Call& call);
Outcome UpdateTask(const Call& call);
Outcome CancelTask(const Call& call);

}  // namespace chimera::mcp
