#include "clickhouse/http_exchange.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "clickhouse/errors.h"
#include "clickhouse/http_reply.h"

namespace chimera::clickhouse {
namespace {

// What may be left of a reply that nobody needs before it is cheaper to connect again.
constexpr size_t kDrainBytes = 256 * 1024;
constexpr std::chrono::milliseconds kDrainTime{50};

constexpr size_t kReadBytes = 64 * 1024;

// A body up to this size travels with the head: one system call, one packet, one TLS record.
constexpr size_t kSmallBody = 16 * 1024;

constexpr size_t kOpeningShown = 40;

/// What the peer said instead of HTTP.
Exchange NotHttp(std::string_view opening) {
  if (opening.substr(0, 2) == "\x15\x03") return Failed(Failure::kTlsExpected);  // a TLS alert
  if (opening.substr(0, 1) == "\x02") return Failed(Failure::kNativeProtocol);   // its packet Exception
  std::string shown = Shorten(ReplaceInvalidUtf8(opening.substr(0, kOpeningShown)), kOpeningShown);
  for (char& c : shown) c = static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  return Failed(Failure::kNotHttp, shown);
}

Exchange Ended(const HttpReply& reply) {
  switch (reply.Now()) {
    case HttpReply::State::kComplete:
      return {};
    case HttpReply::State::kMalformed:
      return reply.Status() == 0 ? NotHttp(reply.Opening()) : Failed(Failure::kBroken, "the reply is damaged");
    default:
      return Failed(Failure::kBroken);
  }
}

bool IsUnderWay(const HttpReply& reply) {
  return reply.Now() == HttpReply::State::kHead || reply.Now() == HttpReply::State::kBody;
}

/// Reads what is left behind the part that the receiver wanted, if that is little and comes soon.
Exchange Drain(Channel& channel, HttpReply& reply, const Patience& patience, char* buffer) {
  const auto until = Deadline::After(kDrainTime);
  for (size_t drained = 0; IsUnderWay(reply) && drained <= kDrainBytes;) {
    auto count = channel.Read(buffer, kReadBytes, patience, until);
    if (!count || *count == 0) break;
    drained += *count;
    reply.Feed({buffer, *count});
  }
  bool whole = reply.Now() == HttpReply::State::kComplete;
  return {.outcome = whole ? Outcome::kComplete : Outcome::kCut};
}

Exchange ReadReply(Channel& channel, HttpReply& reply, const Patience& patience) {
  std::array<char, kReadBytes> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by reading
  while (IsUnderWay(reply)) {
    if (reply.HadEnough()) return Drain(channel, reply, patience, buffer.data());
    auto count = channel.Read(buffer.data(), buffer.size(), patience);
    if (!count) return channel.Stopped();
    if (*count == 0) {
      reply.End();
      break;
    }
    reply.Feed({buffer.data(), *count});
  }
  return Ended(reply);
}

/// After a request that could not be sent whole: a peer that refused it has often said why before it closed.
Exchange AfterFailedWrite(Channel& channel, HttpReply& reply, const Patience& patience) {
  Exchange unsent = channel.Stopped();
  if (unsent.outcome != Outcome::kFailed) return unsent;
  Exchange read = ReadReply(channel, reply, patience);
  bool refused = read.outcome == Outcome::kComplete && reply.Status() >= 400;
  bool explains = read.outcome == Outcome::kFailed && read.failure != Failure::kBroken;
  return refused || explains ? read : unsent;
}

}  // namespace

std::string RequestHead(std::string_view method, const Endpoint& endpoint, const Post& post) {
  std::string head(method);
  head.append(" ").append(endpoint.path_prefix).append(post.target).append(" HTTP/1.1\r\nHost: ");
  head += endpoint.unix_socket.empty() ? endpoint.Name() : "localhost";
  head += "\r\n";
  for (const auto& [name, value] : post.headers) head.append(name).append(": ").append(value).append("\r\n");
  if (method == "POST") head.append("Content-Length: ").append(std::to_string(post.body.size())).append("\r\n");
  return head += "\r\n";
}

HttpExchange RunExchange(Channel& channel, std::string head, std::string_view body, const Patience& patience,
                         Receiver& receiver) {
  const uint64_t before = channel.BytesOut();
  if (body.size() <= kSmallBody) {
    head += body;
    body = {};
  }
  HttpReply reply(receiver);
  bool written = channel.Write(head, patience) && channel.Write(body, patience);
  HttpExchange result;
  result.exchange = written ? ReadReply(channel, reply, patience) : AfterFailedWrite(channel, reply, patience);
  result.exchange.sent = channel.BytesOut() != before;
  result.reusable = written && result.exchange.outcome == Outcome::kComplete && reply.KeepsAlive();
  result.unanswered = result.exchange.failure == Failure::kBroken && reply.Opening().empty();
  result.idle_limit = reply.IdleLimit();
  return result;
}

}  // namespace chimera::clickhouse
