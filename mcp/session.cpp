#include "mcp/session.h"

#include <utility>

#include "mcp/message.h"

namespace chimera::mcp {

void Session::Initialize(Identity identity) {
  const std::lock_guard lock(mutex_);
  identity_ = std::move(identity);
}

bool Session::Initialized() const {
  const std::lock_guard lock(mutex_);
  return !identity_.protocol_version.empty();
}

std::string Session::ProtocolVersion() const {
  const std::lock_guard lock(mutex_);
  return identity_.protocol_version;
}

std::string Session::Client() const {
  const std::lock_guard lock(mutex_);
  return identity_.client;
}

ClientAbilities Session::Abilities() const {
  const std::lock_guard lock(mutex_);
  return identity_.abilities;
}

void Session::SetLogLevel(LogLevel level) {
  const std::lock_guard lock(mutex_);
  threshold_ = level;
}

LogLevel Session::Threshold() const {
  const std::lock_guard lock(mutex_);
  return threshold_;
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

// Stop callbacks run inside request_stop and may take locks of their own, as does the end of a listening: never under
// mutex_.
void Session::Cancel(const Json& id) {
  std::stop_source source{std::nostopstate};
  std::optional<Open> ended;
  {
    const std::lock_guard lock(mutex_);
    const std::string key = ToText(id);
    const auto found = in_flight_.find(key);
    if (found != in_flight_.end()) source = found->second;
    if (const auto open = open_.find(key); open != open_.end()) {
      ended = std::move(open->second);
      open_.erase(open);
      in_flight_.erase(key);
    }
  }
  source.request_stop();
}

void Session::CancelAll() {
  std::vector<std::stop_source> sources;
  std::map<std::string, Open> ended;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, source] : in_flight_) sources.push_back(source);
    ended = std::exchange(open_, {});
  }
  for (auto& source : sources) source.request_stop();
}

void Session::End() {
  CancelAll();
  streams_.FinishAll();
  if (const auto outlet = SessionOutlet()) outlet->Close();
}

void Session::Unregister(const Json& id) {
  const std::lock_guard lock(mutex_);
  in_flight_.erase(ToText(id));
}

void Session::SetOutlet(std::shared_ptr<Outlet> outlet) {
  const std::lock_guard lock(mutex_);
  outlet_ = std::move(outlet);
}

std::shared_ptr<Outlet> Session::SessionOutlet() const {
  const std::lock_guard lock(mutex_);
  return outlet_;
}

void Session::Listen(Announcer& announcer, Interest interest) {
  const std::shared_ptr<Outlet> outlet = SessionOutlet();
  if (!outlet) return;
  auto handle = announcer.Listen(interest, [outlet](const std::string& method, const Json& params) {
    outlet->Send(NotificationText(method, params));
  });
  const std::lock_guard lock(mutex_);
  interest_ = std::move(interest);
  listening_ = std::move(handle);
}

bool Session::WatchResource(Announcer& announcer, const std::string& uri, bool watch, size_t most) {
  const std::lock_guard lock(mutex_);
  if (watch) {
    if (interest_.uris.size() >= most && !interest_.uris.contains(uri)) return false;
    interest_.uris.insert(uri);
  } else {
    interest_.uris.erase(uri);
  }
  if (listening_) announcer.Change(*listening_, interest_);
  return true;
}

void Session::KeepOpen(const Json& id, Announcer::Handle listening, std::string farewell) {
  const std::lock_guard lock(mutex_);
  open_[ToText(id)] = {std::move(listening), std::move(farewell)};
}

bool Session::IsOpen(const Json& id) const {
  const std::lock_guard lock(mutex_);
  return open_.contains(ToText(id));
}

bool Session::HasOpen() const {
  const std::lock_guard lock(mutex_);
  return !open_.empty();
}

std::vector<std::string> Session::CloseOpen() {
  std::map<std::string, Open> ended;
  {
    const std::lock_guard lock(mutex_);
    ended = std::exchange(open_, {});
  }
  std::vector<std::string> farewells;
  for (auto& [id, open] : ended) farewells.push_back(std::move(open.farewell));
  return farewells;
}

}  // namespace chimera::mcp
