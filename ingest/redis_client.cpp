#include "ingest/redis_client.h"

#include <hiredis/hiredis.h>

#include <utility>

#include "ingest/redis_errors.h"

namespace chimera::ingest {
namespace {

// Redis makes the writes of all connections safe with one call to the disk: more of them are more writes at once.
constexpr size_t kConnections = 64;

clickhouse::Endpoint EndpointOf(const RedisOptions& options) {
  clickhouse::Endpoint endpoint;
  endpoint.unix_socket = options.socket;
  endpoint.host = options.host;
  endpoint.port = options.port;
  endpoint.secure = options.secure;
  endpoint.tls = options.tls;
  endpoint.connect_timeout = options.connect_timeout;
  return endpoint;
}

bool IsRefusal(const Reply& reply) {
  return reply->type == REDIS_REPLY_ERROR;
}

bool NotLoaded(const Reply& reply) {
  return IsRefusal(reply) && std::string_view(reply->str, reply->len).starts_with("NOSCRIPT");
}

}  // namespace

/// A turn to use a connection; gives it back when it ends.
class RedisClient::Place {
 public:
  explicit Place(RedisClient& client) : client_(client) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  Status Wait(const RequestContext& context) {
    const auto end = Deadline::Clock::now() + context.deadline.Remaining();
    std::unique_lock lock(client_.mutex_);
    const auto is_free = [this] { return client_.in_use_ < kConnections; };
    taken_ = client_.freed_.wait_until(lock, context.stop, end, is_free) && !context.Cancelled() &&
             !context.deadline.Expired();
    if (!taken_) {
      Error error = context.Cancelled()
                        ? MakeError(ErrorCode::kCancelled, "cancelled")
                        : MakeError(ErrorCode::kTimeout, "no connection to the buffer came free in time");
      error.unsent = true;
      return error;
    }
    ++client_.in_use_;
    while (!connection && !client_.idle_.empty()) {
      connection = std::move(client_.idle_.back());
      client_.idle_.pop_back();
      if (!connection->IsQuiet()) connection.reset();
    }
    return Ok();
  }

  ~Place() {
    if (!taken_) return;
    {
      const std::lock_guard lock(client_.mutex_);
      --client_.in_use_;
      if (connection) client_.idle_.push_back(std::move(connection));
    }
    client_.freed_.notify_one();
  }

  std::unique_ptr<RedisConnection> connection;  ///< null: none is open yet, or it broke

 private:
  RedisClient& client_;
  bool taken_ = false;
};

RedisClient::RedisClient(RedisOptions options)
    : options_(std::move(options)), endpoint_(EndpointOf(options_)), keys_("{" + options_.prefix + "}:") {}

RedisClient::~RedisClient() = default;

std::string RedisClient::Name() const {
  const std::string database = std::to_string(options_.database);
  if (!options_.socket.empty()) return "unix://" + options_.socket + "?db=" + database;
  return (options_.secure ? "rediss://" : "redis://") + endpoint_.Name() + "/" + database;
}

Result<Reply> RedisClient::Run(const RequestContext& context, const Script& script,
                               const std::vector<std::string>& arguments, Repeat repeat) {
  Command command{"EVALSHA", script.sha1, "1", keys_};
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto replies = Send(context, {command}, repeat);
  if (replies && NotLoaded(replies->front())) {
    command[0] = "EVAL";
    command[1] = script.text;
    replies = Send(context, {command}, repeat);
  }
  if (!replies) return std::move(replies).error();
  Reply& reply = replies->front();
  if (IsRefusal(reply)) return Refused(reply);
  if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0 || reply->element[0]->type != REDIS_REPLY_STRING) {
    return MakeError(ErrorCode::kInternal, "a script in Redis answered something else than it should");
  }
  return std::move(reply);
}

Result<std::vector<Reply>> RedisClient::Ask(const RequestContext& context, const std::vector<Command>& commands) {
  auto replies = Send(context, commands, Repeat::kOnce);
  if (!replies) return replies;
  for (const Reply& reply : *replies) {
    if (IsRefusal(reply)) return Refused(reply);
  }
  return replies;
}

/// A connection that was idle may have been cut without a sign: that alone is worth a second attempt.
Result<std::vector<Reply>> RedisClient::Send(const RequestContext& context, const std::vector<Command>& commands,
                                             Repeat repeat) {
  Place place(*this);
  if (auto waited = place.Wait(context); !waited) return std::move(waited).error();
  const bool was_open = place.connection != nullptr;
  auto replies = SendOnce(context, commands, place);
  if (replies || replies.error().code != ErrorCode::kUnavailable) return replies;
  const bool harmless = repeat == Repeat::kOnce || (was_open && replies.error().unsent);
  const bool was_refused = !was_open && replies.error().unsent;
  if (!harmless || was_refused) return replies;
  auto again = SendOnce(context, commands, place);
  if (!again && !replies.error().unsent) again.error().unsent = false;
  return again;
}

Result<std::vector<Reply>> RedisClient::SendOnce(const RequestContext& context, const std::vector<Command>& commands,
                                                 Place& place) {
  if (!place.connection) {
    auto opened = RedisConnection::Open(context, options_, endpoint_);
    if (!opened) return std::move(opened).error();
    place.connection = *std::move(opened);
  }
  auto replies = place.connection->Send(context, commands);
  if (!replies) place.connection.reset();
  return replies;
}

Error RedisClient::Refused(const Reply& reply) const {
  return RedisRefusal(endpoint_.Name(), std::string_view(reply->str, reply->len));
}

}  // namespace chimera::ingest
