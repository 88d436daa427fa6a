// A hot buffer in Redis streams, for servers on several hosts.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "clickhouse/tls.h"
#include "ingest/store.h"

namespace chimera::ingest {

struct RedisOptions {
  std::string host;
  int port = 6379;
  std::string socket;   ///< of a Unix socket, instead of host and port
  bool secure = false;  ///< TLS; certificate and host name are verified. Not over a Unix socket
  clickhouse::TlsOptions tls = {};
  std::string username;  ///< empty: the default one
  std::string password;  ///< never shown
  int database = 0;
  std::string prefix = "chimera";  ///< of all keys; servers with the same one share a buffer
  StoreLimits limits = {};
  std::chrono::milliseconds connect_timeout{2000};
  /// Wall clock for positions; for tests. Empty: that of Redis, which all servers share.
  std::function<std::chrono::system_clock::time_point()> now = {};
  std::chrono::milliseconds lease_time{15'000};  ///< after which another one may flush, unless it is renewed
};

/// Does not connect yet: a server must start without its buffer, and finds it later.
std::unique_ptr<Store> CreateRedisStore(RedisOptions options);

}  // namespace chimera::ingest
