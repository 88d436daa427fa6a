// One client's conversation: negotiated version, who it is and what it can do, the requests in flight with their
// cancellation, and what it listens to. Knows no transport. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/json.h"
#include "mcp/announcer.h"
#include "mcp/call_context.h"
#include "mcp/dialog.h"
#include "mcp/outlet.h"
#include "mcp/stream_store.h"

namespace chimera::mcp {

class Session {
 public:
  /// What initialize settles.
  struct Identity {
    std::string protocol_version;
    std::string client;  ///< "name/version"
    ClientAbilities abilities;
  };

  /// `owner`: the name of the principal who opens it; empty where nobody has to say who he is.
  explicit Session(std::string id = {}, std::string owner = {}) : id_(std::move(id)), owner_(std::move(owner)) {}

  /// Over HTTP the value of Mcp-Session-Id, which whoever knows it can use: never log it, log LogName().
  const std::string& Id() const { return id_; }
  /// Enough of the id to tell sessions apart.
  std::string LogName() const { return id_.substr(0, 8); }
  /// Nobody else may use it.
  const std::string& Owner() const { return owner_; }

  void Initialize(Identity identity);
  bool Initialized() const;
  std::string ProtocolVersion() const;
  std::string Client() const;
  ClientAbilities Abilities() const;

  /// The least severe message that the client wants to be sent (logging/setLevel).
  void SetLogLevel(LogLevel level);
  LogLevel Threshold() const;

  /// Makes the request `id` cancellable from now on. False when that id is already in flight (an invalid request).
  bool Register(const Json& id);
  std::stop_token StopToken(const Json& id) const;
  void Cancel(const Json& id);  ///< unknown ids are ignored, as the specification asks
  void CancelAll();
  /// The session is over: cancels its requests and ends its streams.
  void End();
  void Unregister(const Json& id);

  /// Where messages go that belong to no request; null: nowhere. The transport sets it before the session is used.
  void SetOutlet(std::shared_ptr<Outlet> outlet);
  std::shared_ptr<Outlet> SessionOutlet() const;

  /// Changes that the session as a whole hears of (before 2026-07-28).
  void Listen(Announcer& announcer, Interest interest);
  /// False when that would be more than `most`.
  bool WatchResource(Announcer& announcer, const std::string& uri, bool watch, size_t most);

  /// A request that stays open to hear of changes (subscriptions/listen): ends when it is cancelled. `farewell` is the
  /// reply that ends it from this side.
  void KeepOpen(const Json& id, Announcer::Handle listening, std::string farewell);
  bool HasOpen() const;
  bool IsOpen(const Json& id) const;
  /// Ends the open requests and returns their farewells.
  std::vector<std::string> CloseOpen();

  Dialog& Questions() { return dialog_; }
  StreamStore& Streams() { return streams_; }

 private:
  struct Open {
    Announcer::Handle listening;
    std::string farewell;
  };

  const std::string id_;
  const std::string owner_;
  Dialog dialog_;
  StreamStore streams_;
  mutable std::mutex mutex_;  ///< guards what follows
  Identity identity_;
  LogLevel threshold_ = LogLevel::kInfo;
  std::map<std::string, std::stop_source> in_flight_;  ///< by the id's JSON text
  std::map<std::string, Open> open_;                   ///< by the id's JSON text
  std::shared_ptr<Outlet> outlet_;
  Interest interest_;
  std::optional<Announcer::Handle> listening_;
};

}  // namespace chimera::mcp
