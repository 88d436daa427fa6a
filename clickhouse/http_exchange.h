// One HTTP/1.1 request and its reply over a channel. Knows no endpoints and keeps no connection.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "clickhouse/channel.h"
#include "clickhouse/endpoint.h"
#include "clickhouse/exchange.h"

namespace chimera::clickhouse {

/// The request line and headers, with Host and the endpoint's path prefix; Content-Length for a POST.
std::string RequestHead(std::string_view method, const Endpoint& endpoint, const Post& post);

struct HttpExchange {
  Exchange exchange;
  bool reusable = false;                           ///< the channel can carry another request
  bool unanswered = false;                         ///< the peer closed before it said a word
  std::optional<std::chrono::seconds> idle_limit;  ///< how long the peer keeps it when it is idle, when it said so
};

/// Sends `head` and `body`, and hands the reply to `receiver`. Sends them once: a request that failed is for the caller
/// to judge. Blocks as long as `patience` lasts.
HttpExchange RunExchange(Channel& channel, std::string head, std::string_view body, const Patience& patience,
                         Receiver& receiver);

}  // namespace chimera::clickhouse
