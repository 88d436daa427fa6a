// Turns a host name into addresses without waiting longer than the caller may: the system's resolver can neither be
// given a deadline nor be stopped, so it works on a thread that nobody has to wait for.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "clickhouse/patience.h"

namespace chimera::clickhouse {

struct Address {
  sockaddr_storage bytes = {};
  socklen_t size = 0;

  std::string Text() const;  ///< such as "192.0.2.7" or "::1"
};

class Resolver {
 public:
  /// Blocks; fills the addresses and returns 0, or one of getaddrinfo's codes.
  using Ask = std::function<int(const std::string& host, int port, std::vector<Address>& addresses)>;

  /// `ask` may still run after the resolver is gone. The default asks the system.
  explicit Resolver(Ask ask = AskSystem);

  /// The addresses of `host`, a name or an address, in the system's order; never empty. Fails with kNameUnknown or
  /// kNameTimeout. Blocks until `until` at most; numeric addresses never block. Calls for the same name share one
  /// look-up, so that a dead name service costs one thread and not one a call. Thread-safe.
  Attempt<std::vector<Address>> Resolve(const std::string& host, int port, const Patience& patience, Deadline until);

 private:
  struct Lookup;
  static int AskSystem(const std::string& host, int port, std::vector<Address>& addresses);
  std::shared_ptr<Lookup> Join(const std::string& host, int port);

  const Ask ask_;
  std::mutex mutex_;
  std::shared_ptr<Lookup> current_;  ///< the latest one
};

}  // namespace chimera::clickhouse
