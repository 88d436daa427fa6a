#include "clickhouse/connection.h"

#include <algorithm>
#include <utility>

#include "clickhouse/channel.h"
#include "clickhouse/dialer.h"
#include "clickhouse/http_exchange.h"
#include "clickhouse/patience.h"

namespace chimera::clickhouse {
namespace {

/// Until when to use a connection that the peer keeps for `limit` once it is idle: not up to the last moment, when its
/// closing and our next request could cross on the way.
Deadline KeepUntil(std::optional<std::chrono::seconds> limit) {
  if (!limit) return {};
  std::chrono::milliseconds all = *limit;
  return Deadline::After(all - std::min<std::chrono::milliseconds>(all / 2, std::chrono::seconds(1)));
}

}  // namespace

Connection::Connection(const Endpoint& endpoint) : endpoint_(endpoint) {}
Connection::~Connection() = default;

Exchange Connection::Send(const Post& post, const RequestContext& context, Receiver& receiver) {
  Patience patience(context);
  if (auto why = patience.Over()) return {.outcome = *why};
  Exchange exchange = Run(post, patience, receiver);
  if (exchange.outcome != Outcome::kComplete) channel_.reset();
  return exchange;
}

Exchange Connection::Run(const Post& post, const Patience& patience, Receiver& receiver) {
  const bool is_new = !channel_;
  if (is_new) {
    auto connect_by = Deadline::After(endpoint_.connect_timeout);
    auto dialed = endpoint_.dialer->Dial(endpoint_, patience, connect_by);
    if (auto* ended = std::get_if<Exchange>(&dialed)) return std::move(*ended);
    channel_ = std::get<0>(std::move(dialed));
  }
  receiver.OnConnected();
  auto result = RunExchange(*channel_, RequestHead("POST", endpoint_, post), post.body, patience, receiver);
  keep_until_ = clickhouse::KeepUntil(result.idle_limit);
  if (!result.reusable) channel_.reset();
  if (result.exchange.outcome == Outcome::kComplete) endpoint_.dialer->NoteAnswer();
  if (is_new && result.unanswered) {
    if (auto why = endpoint_.dialer->ExplainSilence(endpoint_, patience)) result.exchange.failure = why->failure;
  }
  return std::move(result.exchange);
}

Deadline Connection::UsableUntil() const {
  return channel_ ? keep_until_ : Deadline(Deadline::Clock::time_point());
}

bool Connection::IsStale() const {
  return !channel_ || keep_until_.Expired() || !channel_->IsQuiet();
}

}  // namespace chimera::clickhouse
