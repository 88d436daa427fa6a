// One client's conversation: negotiated version, who it is, and the requests in flight with their cancellation.
// Knows no transport. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <stop_token>
#include <string>

#include "base/json.h"

namespace chimera::mcp {

class Session {
 public:
  explicit Session(std::string id = {}) : id_(std::move(id)) {}

  /// Over HTTP the value of Mcp-Session-Id, which whoever knows it can use: never log it, log LogName().
  const std::string& Id() const { return id_; }
  /// Enough of the id to tell sessions apart.
  std::string LogName() const { return id_.substr(0, 8); }

  /// Set by initialize.
  void Initialize(std::string protocol_version, std::string client);
  bool Initialized() const;
  std::string ProtocolVersion() const;
  std::string Client() const;  ///< "name/version"

  /// Makes the request `id` cancellable from now on. False when that id is already in flight (an invalid request).
  bool Register(const Json& id);
  std::stop_token StopToken(const Json& id) const;
  void Cancel(const Json& id);  ///< unknown ids are ignored, as the specification asks
  void CancelAll();
  void Unregister(const Json& id);

 private:
  const std::string id_;
  mutable std::mutex mutex_;
  std::string protocol_version_;
  std::string client_;
  std::map<std::string, std::stop_source> in_flight_;  ///< by the id's JSON text
};

}  // namespace chimera::mcp
