// A bounded set of connections to one Redis server: opened when they are needed, replaced when they broke. Knows
// scripts, and nothing of what they do.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "clickhouse/endpoint.h"
#include "ingest/redis_connection.h"
#include "ingest/redis_scripts.h"
#include "ingest/redis_store.h"

namespace chimera::ingest {

/// Whether a command may be sent again when the connection broke before its answer: only if that changes nothing more.
enum class Repeat { kNever, kOnce };

class RedisClient {
 public:
  explicit RedisClient(RedisOptions options);
  ~RedisClient();

  /// The reply's word, see redis_scripts.cpp, is its first element. Whatever Redis refuses is an error, see
  /// redis_errors.h. Blocks until the context's end. Thread-safe.
  Result<Reply> Run(const RequestContext& context, const Script& script, const std::vector<std::string>& arguments,
                    Repeat repeat = Repeat::kOnce);
  /// The replies to commands that only read; the same otherwise.
  Result<std::vector<Reply>> Ask(const RequestContext& context, const std::vector<Command>& commands);

  std::string Name() const;  ///< for people, without user and password
  const RedisOptions& Options() const { return options_; }

 private:
  class Place;
  Result<std::vector<Reply>> Send(const RequestContext& context, const std::vector<Command>& commands, Repeat repeat);
  Result<std::vector<Reply>> SendOnce(const RequestContext& context, const std::vector<Command>& commands,
                                      Place& place);
  Error Refused(const Reply& reply) const;

  const RedisOptions options_;
  const clickhouse::Endpoint endpoint_;
  const std::string keys_;  ///< what every key begins with

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable_any freed_;
  size_t in_use_ = 0;
  std::vector<std::unique_ptr<RedisConnection>> idle_;
};

}  // namespace chimera::ingest
