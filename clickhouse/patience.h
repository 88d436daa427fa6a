// How long one request may block: until its deadline or its cancellation, whichever is first. Every wait of a
// connection goes through here, so that none is longer and none has to be interrupted from outside.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "base/request_context.h"
#include "clickhouse/descriptor.h"
#include "clickhouse/exchange.h"

namespace chimera::clickhouse {

class Patience {
 public:
  /// For the time of one request, on the thread that serves it. Borrows the context.
  explicit Patience(const RequestContext& context);
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

  /// kExpired or kCancelled once the request must end. No system call but the clock.
  std::optional<Outcome> Over() const;

  /// Blocks until `socket` is ready for `events` (of poll): true. False when `until` passed or the request must end.
  bool Await(int socket, short events, Deadline until) const;

  /// Blocks for `time`, or until the request must end.
  void Pause(std::chrono::milliseconds time) const { Await(-1, 0, Deadline::After(time)); }

  const RequestContext& Context() const { return context_; }

 private:
  const RequestContext& context_;
  Descriptor wake_;  ///< readable once the request was cancelled
  std::optional<std::stop_callback<std::function<void()>>> on_cancel_;
};

}  // namespace chimera::clickhouse
