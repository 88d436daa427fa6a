// The state of a multi-round request, which travels through the client: authenticated, bound to who asks and for what,
// and short-lived (2026-07-28, basic/patterns/mrtr). Pure but for the clock; thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace chimera::mcp {

class RequestState {
 public:
  using Clock = std::chrono::system_clock;

  /// `key`: the same on every replica that may get the retry; empty: a random one of this process. `now` is a parameter
  /// for tests.
  explicit RequestState(std::string key = {}, std::chrono::seconds lifetime = std::chrono::minutes(15),
                        std::function<Clock::time_point()> now = Clock::now);

  /// An opaque text that holds `state`. `request` says what it belongs to: who asks, the method and its parameters.
  std::string Seal(const Json& state, std::string_view request) const;
  /// The state, or nothing when the text was altered, is too old, or belongs to another request.
  std::optional<Json> Open(std::string_view sealed, std::string_view request) const;

 private:
  std::string Signature(std::string_view text, std::string_view request) const;

  const std::string key_;
  const std::chrono::seconds lifetime_;
  const std::function<Clock::time_point()> now_;
};

}  // namespace chimera::mcp
