// One connection to a Redis server. hiredis writes and reads the protocol; the bytes go over the channel of the
// database's client, because hiredis itself knows no deadline for names and no cancellation.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"

struct redisReader;
struct redisReply;

namespace chimera::clickhouse {
class Channel;
class Patience;
struct Endpoint;
struct Exchange;
}  // namespace chimera::clickhouse

namespace chimera::ingest {

struct RedisOptions;

struct FreeReply {
  void operator()(redisReply* reply) const;
};
using Reply = std::unique_ptr<redisReply, FreeReply>;
/// A name and its arguments, borrowed.
using Command = std::vector<std::string_view>;

class RedisConnection {
 public:
  /// Connects, says who we are, chooses the database. Blocks until the options' connect timeout or the context's end.
  /// kUnavailable with what to look at, which is never the password; kTimeout; kCancelled.
  static Result<std::unique_ptr<RedisConnection>> Open(const RequestContext& context, const RedisOptions& options,
                                                       const clickhouse::Endpoint& endpoint);
  ~RedisConnection();

  /// Sends all commands together, then waits for a reply to each. That Redis refuses one is a reply, too. Blocks until
  /// the context's end. After an error the connection is of no use any more; `unsent` says that nothing of it left.
  Result<std::vector<Reply>> Send(const RequestContext& context, const std::vector<Command>& commands);

  /// True while the server has not closed it. One system call.
  bool IsQuiet() const;

 private:
  RedisConnection(std::unique_ptr<clickhouse::Channel> channel, std::string name);
  Result<Reply> Receive(const clickhouse::Patience& patience);
  Error Ended(const clickhouse::Exchange& exchange, bool unsent) const;
  Status Introduce(const RequestContext& context, const RedisOptions& options);

  struct FreeReader {
    void operator()(redisReader* reader) const;
  };

  const std::unique_ptr<clickhouse::Channel> channel_;
  const std::string name_;  ///< of the server, for messages
  const std::unique_ptr<redisReader, FreeReader> reader_;
};

}  // namespace chimera::ingest
