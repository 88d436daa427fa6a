// Tells connections that their peer has left, from one thread that otherwise sleeps: neither an idle event stream nor a
// long query has to look after its client itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "http/connection.h"

namespace chimera::http {

class PeerWatch {
 public:
  PeerWatch();
  ~PeerWatch();
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;

  /// `connection.NotePeerLeft` is called when it is so, until Remove. Thread-safe.
  void Add(std::shared_ptr<Connection> connection);
  void Remove(const Connection& connection);
  /// Calls `visit` for each that is there. Thread-safe.
  void ForEach(const std::function<void(Connection&)>& visit) const;

 private:
  void Run();

  const int epoll_;
  const int wake_;  ///< an eventfd that ends the thread
  mutable std::mutex mutex_;
  std::unordered_map<int, std::shared_ptr<Connection>> connections_;  ///< by socket
  std::thread thread_;
};

}  // namespace chimera::http
