// Tells those who listen that something changed: lists of tools, prompts and resources, single resources and tasks.
// Thread-safe. Listeners are called on the announcing thread and must not block.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "base/json.h"

namespace chimera::mcp {

/// What somebody wants to hear of.
struct Interest {
  bool tools = false;
  bool prompts = false;
  bool resources = false;            ///< the list of them
  std::set<std::string> uris = {};   ///< single ones
  std::set<std::string> tasks = {};  ///< by their ids
};

class Announcer {
 public:
  /// Gets a notification's method and params.
  using Listener = std::function<void(const std::string& method, const Json& params)>;

  /// Destroying it ends the listening; afterwards the listener is neither running nor will it be called.
  class [[nodiscard]] Handle {
   public:
    Handle() = default;
    Handle(Handle&& other) noexcept : announcer_(std::exchange(other.announcer_, nullptr)), id_(other.id_) {}
    Handle& operator=(Handle&& other) noexcept {
      std::swap(announcer_, other.announcer_);
      std::swap(id_, other.id_);
      return *this;
    }
    ~Handle() {
      if (announcer_ != nullptr) announcer_->Remove(id_);
    }

   private:
    friend class Announcer;
    Handle(Announcer* announcer, uint64_t id) : announcer_(announcer), id_(id) {}
    Announcer* announcer_ = nullptr;
    uint64_t id_ = 0;
  };

  Handle Listen(Interest interest, Listener listener);
  /// Replaces what the listener of `handle` wants to hear of.
  void Change(const Handle& handle, Interest interest);

  void ToolsChanged();
  void PromptsChanged();
  void ResourcesChanged();
  void ResourceUpdated(const std::string& uri);
  /// `detail` is only called when somebody listens.
  void TaskChanged(const std::string& id, const std::function<Json()>& detail);

  /// Every single resource that somebody wants to hear of.
  std::set<std::string> Watched() const;
  /// Calls `hook` whenever that may have grown; it must not call back. An empty one ends it: afterwards the one
  /// before is neither running nor will it be called.
  void OnWatch(std::function<void()> hook);

 private:
  struct Entry {
    Interest interest;
    Listener listener;
  };
  void Remove(uint64_t id);
  void Announce(const std::string& method, const std::function<Json()>& params,
                const std::function<bool(const Interest&)>& wanted);

  mutable std::mutex mutex_;  ///< guards what follows; held while listeners and the hook run
  std::map<uint64_t, Entry> entries_;
  uint64_t next_id_ = 0;
  std::function<void()> on_watch_;
};

}  // namespace chimera::mcp
