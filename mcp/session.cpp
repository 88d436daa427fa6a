#include "mcp/session.h"

#include <utility>
#include <vector>

namespace chimera::mcp {

void Session::Initialize(std::string protocol_version, std::string client) {
  const std::lock_guard lock(mutex_);
  protocol_version_ = std::move(protocol_version);
  client_ = std::move(client);
}

bool Session::Initialized() const {
  const std::lock_guard lock(mutex_);
  return !protocol_version_.empty();
}

std::string Session::ProtocolVersion() const {
  const std::lock_guard lock(mutex_);
  return protocol_version_;
}

std::string Session::Client() const {
  const std::lock_guard lock(mutex_);
  return client_;
}

bool Session::Register(const Json& id) {
  const std::lock_guard lock(mutex_);
  return in_flight_.try_emplace(ToText(id)).second;
}

std::stop_token Session::StopToken(const Json& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = in_flight_.find(ToText(id));
  return found == in_flight_.end() ? std::stop_token() : found->second.get_token();
}

// Stop callbacks run inside request_stop and may take locks of their own, so never under mutex_.
void Session::Cancel(const Json& id) {
  std::stop_source source{std::nostopstate};
  {
    const std::lock_guard lock(mutex_);
    const auto found = in_flight_.find(ToText(id));
    if (found != in_flight_.end()) source = found->second;
  }
  source.request_stop();
}

void Session::CancelAll() {
  std::vector<std::stop_source> sources;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, source] : in_flight_) sources.push_back(source);
  }
  for (auto& source : sources) source.request_stop();
}

void Session::Unregister(const Json& id) {
  const std::lock_guard lock(mutex_);
  in_flight_.erase(ToText(id));
}

}  // namespace chimera::mcp
