// What can be wrong with a Redis server, in words for an operator. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace chimera::ingest {

/// kUnavailable: `name` ("host:port") cannot be talked to.
Error RedisUnreachable(const std::string& name, const std::string& why);
/// The server `name` refused a command; `text` is its error reply, "OOM command not allowed …". kBusy with
/// `retry_after` when its memory is full, else kUnavailable.
Error RedisRefusal(const std::string& name, std::string_view text);

}  // namespace chimera::ingest
