#include "ingest/redis_connection.h"

#include <hiredis/hiredis.h>

#include <array>
#include <utility>

#include "clickhouse/channel.h"
#include "clickhouse/dialer.h"
#include "clickhouse/endpoint.h"
#include "ingest/redis_errors.h"
#include "ingest/redis_store.h"

namespace chimera::ingest {
namespace {

using clickhouse::Exchange;
using clickhouse::Failure;
using clickhouse::Outcome;

constexpr size_t kReadAtOnce = 64 * 1024;

/// As the protocol wants it.
Result<std::string> Encoded(const std::vector<Command>& commands) {
  std::string bytes;
  for (const Command& command : commands) {
    std::vector<const char*> texts;
    std::vector<size_t> sizes;
    for (const std::string_view part : command) {
      texts.push_back(part.data());
      sizes.push_back(part.size());
    }
    char* encoded = nullptr;
    const int size = redisFormatCommandArgv(&encoded, static_cast<int>(texts.size()), texts.data(), sizes.data());
    if (size < 0) return MakeError(ErrorCode::kInternal, "a command for Redis could not be written");
    bytes.append(encoded, static_cast<size_t>(size));
    redisFreeCommand(encoded);
  }
  return bytes;
}

std::string WhyUnreachable(const Exchange& exchange) {
  switch (exchange.failure) {
    case Failure::kNameUnknown:
      return "its host name has no address";
    case Failure::kNameTimeout:
      return "the name service did not tell its address";
    case Failure::kConnectTimeout:
      return "it did not answer the attempt to connect";
    case Failure::kBacklogFull:
      return "it takes no more connections";
    case Failure::kRefused:
    case Failure::kTlsFiles:
      return exchange.detail;
    case Failure::kTlsNotSpoken:
    case Failure::kTlsSilent:
      return "it does not speak TLS on this port";
    case Failure::kTlsClientCertificate:
      return "it does not accept our client certificate, or wants one";
    case Failure::kTlsExpired:
      return "its TLS certificate has expired";
    case Failure::kTlsSelfSigned:
    case Failure::kTlsUnknownAuthority:
      return "its TLS certificate is signed by `" + exchange.detail + "`, which is not trusted";
    case Failure::kTlsWrongName:
      return "its TLS certificate is for `" + exchange.detail + "`";
    default:
      return exchange.detail.empty() ? "no connection" : "no TLS connection: " + exchange.detail;
  }
}

Error NotReached(const std::string& name, const Exchange& exchange) {
  Error error = exchange.outcome == Outcome::kExpired
                    ? MakeError(ErrorCode::kTimeout, name + " was not reached in time")
                : exchange.outcome == Outcome::kCancelled ? MakeError(ErrorCode::kCancelled, "cancelled")
                                                          : RedisUnreachable(name, WhyUnreachable(exchange));
  error.unsent = true;
  return error;
}

}  // namespace

void FreeReply::operator()(redisReply* reply) const {
  freeReplyObject(reply);
}

void RedisConnection::FreeReader::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

RedisConnection::RedisConnection(std::unique_ptr<clickhouse::Channel> channel, std::string name)
    : channel_(std::move(channel)), name_(std::move(name)), reader_(redisReaderCreate()) {}

RedisConnection::~RedisConnection() = default;

Result<std::unique_ptr<RedisConnection>> RedisConnection::Open(const RequestContext& context,
                                                               const RedisOptions& options,
                                                               const clickhouse::Endpoint& endpoint) {
  RequestContext hurried = context;
  hurried.deadline = context.deadline.Earlier(Deadline::After(options.connect_timeout));
  const clickhouse::Patience patience(context);
  auto dialed = endpoint.dialer->Dial(endpoint, patience, hurried.deadline);
  if (auto* ended = std::get_if<Exchange>(&dialed)) return NotReached(endpoint.Name(), *ended);
  std::unique_ptr<RedisConnection> connection(new RedisConnection(std::get<0>(std::move(dialed)), endpoint.Name()));
  if (auto introduced = connection->Introduce(hurried, options); !introduced) {
    Error error = std::move(introduced).error();
    if (error.code == ErrorCode::kTimeout && !context.deadline.Expired()) {
      error = RedisUnreachable(endpoint.Name(), "it took the connection but did not answer");
    }
    error.unsent = true;  // the caller's own command
    return error;
  }
  return connection;
}

/// An error of AUTH may show its arguments, where the command was renamed.
Status RedisConnection::Introduce(const RequestContext& context, const RedisOptions& options) {
  const std::string database = std::to_string(options.database);
  std::vector<Command> commands;
  if (!options.username.empty()) {
    commands.push_back({"AUTH", options.username, options.password});
  } else if (!options.password.empty()) {
    commands.push_back({"AUTH", options.password});
  }
  commands.push_back({"SELECT", database});
  auto replies = Send(context, commands);
  if (!replies) return std::move(replies).error();
  for (const Reply& reply : *replies) {
    if (reply->type != REDIS_REPLY_ERROR) continue;
    std::string text(reply->str, reply->len);
    if (!options.password.empty() && text.find(options.password) != std::string::npos) text = "ERR AUTH was refused";
    return RedisRefusal(name_, text);
  }
  return Ok();
}

Result<std::vector<Reply>> RedisConnection::Send(const RequestContext& context, const std::vector<Command>& commands) {
  auto bytes = Encoded(commands);
  if (!bytes) return std::move(bytes).error();
  const clickhouse::Patience patience(context);
  const uint64_t before = channel_->BytesOut();
  if (!channel_->Write(*bytes, patience)) return Ended(channel_->Stopped(), channel_->BytesOut() == before);
  std::vector<Reply> replies;
  while (replies.size() < commands.size()) {
    auto reply = Receive(patience);
    if (!reply) return std::move(reply).error();
    replies.push_back(*std::move(reply));
  }
  return replies;
}

Result<Reply> RedisConnection::Receive(const clickhouse::Patience& patience) {
  std::array<char, kReadAtOnce> bytes;
  while (true) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
      return RedisUnreachable(name_, std::string("it does not answer like Redis: ") + reader_->errstr);
    }
    if (reply != nullptr) return Reply(static_cast<redisReply*>(reply));
    const auto size = channel_->Read(bytes.data(), bytes.size(), patience);
    if (!size) return Ended(channel_->Stopped(), false);
    if (*size == 0) return RedisUnreachable(name_, "it closed the connection before it had answered");
    redisReaderFeed(reader_.get(), bytes.data(), *size);
  }
}

bool RedisConnection::IsQuiet() const {
  return channel_->IsQuiet();
}

Error RedisConnection::Ended(const Exchange& exchange, bool unsent) const {
  Error error;
  switch (exchange.outcome) {
    case Outcome::kExpired:
      error = MakeError(ErrorCode::kTimeout, name_ + " did not answer in time");
      break;
    case Outcome::kCancelled:
      error = MakeError(ErrorCode::kCancelled, "cancelled");
      break;
    default:
      error = RedisUnreachable(
          name_, "the connection broke" + (exchange.detail.empty() ? std::string() : ": " + exchange.detail));
  }
  error.unsent = unsent;
  return error;
}

}  // namespace chimera::ingest
