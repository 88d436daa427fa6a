// A Redis server of a test's own: in a folder that goes with it, on a Unix socket, each write safe on the disk before
// it is answered.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "ingest/redis_store.h"

namespace chimera::ingest {

/// One that nobody listens on, of 127.0.0.1.
int FreePort();

class RedisProcess {
 public:
  /// Runs when it returns; null where there is no redis-server. `settings` are added: {"--maxmemory", "4mb"}.
  static std::unique_ptr<RedisProcess> Start(std::vector<std::string> settings = {});
  ~RedisProcess();

  /// For a buffer of its own in it.
  RedisOptions Options(const std::string& prefix) const;
  const std::string& Socket() const { return socket_; }
  void Signal(int number) const;
  void Kill();    ///< as kill -9 does
  void Launch();  ///< again, over the same files
  /// Sends one command, without a password. What redis-cli prints.
  std::string Say(const std::string& command) const;

 private:
  RedisProcess(std::string folder, std::vector<std::string> settings);

  const std::string folder_;
  const std::string socket_;
  const std::vector<std::string> settings_;
  pid_t process_ = -1;
};

}  // namespace chimera::ingest
