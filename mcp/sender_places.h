// How many requests of one sender are worked on at once, so that one cannot take all places. Thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace chimera::mcp {

class SenderPlaces {
 public:
  explicit SenderPlaces(size_t most) : most_(most) {}

  /// Given back when it is destroyed. Must not outlive its places.
  class [[nodiscard]] Place {
   public:
    Place(Place&& other) noexcept : places_(std::exchange(other.places_, nullptr)), sender_(std::move(other.sender_)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (places_ != nullptr) places_->Leave(sender_);
    }

   private:
    friend class SenderPlaces;
    Place(SenderPlaces* places, std::string sender) : places_(places), sender_(std::move(sender)) {}
    SenderPlaces* places_;
    std::string sender_;
  };

  /// Nothing when `sender` has his places already. Who has no name cannot be told from others, and gets one always.
  std::optional<Place> Take(const std::string& sender) {
    if (sender.empty()) return Place(nullptr, {});
    const std::lock_guard lock(mutex_);
    size_t& taken = taken_[sender];
    if (taken >= most_) return std::nullopt;
    ++taken;
    return Place(this, sender);
  }

 private:
  void Leave(const std::string& sender) {
    const std::lock_guard lock(mutex_);
    const auto taken = taken_.find(sender);
    if (--taken->second == 0) taken_.erase(taken);
  }

  const size_t most_;
  std::mutex mutex_;
  std::map<std::string, size_t> taken_;  ///< of those who have one
};

}  // namespace chimera::mcp
