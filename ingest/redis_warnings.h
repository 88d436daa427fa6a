// What an operator should know of how safe a buffer in Redis is.
#pragma once

#include <string>
#include <vector>

#include "ingest/redis_client.h"

namespace chimera::ingest {

/// As Store::Warnings. Asks the server for its settings; that it does not tell them is a warning, too. Blocks.
std::vector<std::string> RedisWarnings(RedisClient& client, const RequestContext& context);

}  // namespace chimera::ingest
