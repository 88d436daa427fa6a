#include "mcp/announcer.h"

#include <optional>

namespace chimera::mcp {
namespace {

Json None() {
  return Json::object();
}

}  // namespace

Announcer::Handle Announcer::Listen(Interest interest, Listener listener) {
  const std::lock_guard lock(mutex_);
  const bool watches = !interest.uris.empty();
  entries_[++next_id_] = {std::move(interest), std::move(listener)};
  if (watches && on_watch_) on_watch_();
  return {this, next_id_};
}

void Announcer::Change(const Handle& handle, Interest interest) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(handle.id_);
  const bool watches = !interest.uris.empty();
  if (found != entries_.end()) found->second.interest = std::move(interest);
  if (watches && on_watch_) on_watch_();
}

void Announcer::Remove(uint64_t id) {
  const std::lock_guard lock(mutex_);
  entries_.erase(id);
}

void Announcer::ToolsChanged() {
  Announce("notifications/tools/list_changed", &None, [](const Interest& i) { return i.tools; });
}

void Announcer::PromptsChanged() {
  Announce("notifications/prompts/list_changed", &None, [](const Interest& i) { return i.prompts; });
}

void Announcer::ResourcesChanged() {
  Announce("notifications/resources/list_changed", &None, [](const Interest& i) { return i.resources; });
}

void Announcer::ResourceUpdated(const std::string& uri) {
  Announce(
      "notifications/resources/updated",
      [&uri] {
        return Json{{"uri", uri}};
      },
      [&uri](const Interest& interest) { return interest.uris.contains(uri); });
}

void Announcer::TaskChanged(const std::string& id, const std::function<Json()>& detail) {
  Announce("notifications/tasks", detail, [&id](const Interest& interest) { return interest.tasks.contains(id); });
}

std::set<std::string> Announcer::Watched() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> all;
  for (const auto& [id, entry] : entries_) all.insert(entry.interest.uris.begin(), entry.interest.uris.end());
  return all;
}

void Announcer::OnWatch(std::function<void()> hook) {
  const std::lock_guard lock(mutex_);
  on_watch_ = std::move(hook);
}

void Announcer::Announce(const std::string& method, const std::function<Json()>& params,
                         const std::function<bool(const Interest&)>& wanted) {
  std::optional<Json> made;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, entry] : entries_) {
    if (!wanted(entry.interest)) continue;
    if (!made) made = params();
    entry.listener(method, *made);
  }
}

}  // namespace chimera::mcp
