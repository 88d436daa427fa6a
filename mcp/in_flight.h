// The HTTP requests that are being worked on: those whose client hung up are cancelled where the protocol asks for it,
// and all of them when a shutdown has waited long enough.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "base/deadline.h"
#include "mcp/client_link.h"
#include "mcp/session.h"

namespace chimera::mcp {

class InFlight {
 public:
  /// Runs `work`, which handles one request of `session`. When there is a `client` and it goes meanwhile, the requests
  /// of `session` are cancelled, so it must not be shared with other connections then.
  void Watch(const std::shared_ptr<Session>& session, ClientLink* client, const std::function<void()>& work);

  /// Cancels what is still being worked on at `deadline`, or begun later. At most once. Does not block.
  void CancelAt(Deadline deadline);
  /// Whether that deadline has passed. Thread-safe.
  bool Ended();

 private:
  void CancelAll();

  std::mutex mutex_;  ///< guards the two below
  std::list<std::shared_ptr<Session>> sessions_;
  Deadline deadline_;
  std::jthread closer_;  // last: it uses the rest
};

}  // namespace chimera::mcp
