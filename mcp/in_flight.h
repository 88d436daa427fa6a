// The HTTP requests that are being worked on, watched from one thread: those whose client hung up are cancelled where
// the protocol asks for it, and all of them when a shutdown has waited long enough.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "base/deadline.h"
#include "mcp/session.h"

namespace chimera::mcp {

class InFlight {
 public:
  using ClientGone = std::function<bool()>;

  InFlight();

  /// Runs `work`, which handles one request of `session`. When `client_gone` is given and turns true meanwhile, the
  /// requests of `session` are cancelled, so it must not be shared with other connections then.
  void Watch(const std::shared_ptr<Session>& session, ClientGone client_gone, const std::function<void()>& work);

  /// Cancels what is still being worked on at `deadline`. Does not block.
  void CancelAt(Deadline deadline);
  /// Whether that deadline has passed. Thread-safe.
  bool Ended();

 private:
  struct Entry {
    std::shared_ptr<Session> session;
    ClientGone client_gone;
  };
  void Run(const std::stop_token& stop);
  void CancelDue();

  std::mutex mutex_;
  std::condition_variable_any added_;
  std::list<Entry> entries_;
  Deadline deadline_;
  std::jthread thread_;  // last: it uses the rest
};

}  // namespace chimera::mcp
