#include "ingest/redis_warnings.h"

#include <hiredis/hiredis.h>

#include "ingest/redis_records.h"

namespace chimera::ingest {
namespace {

Result<std::string> Setting(RedisClient& client, const RequestContext& context, std::string_view name) {
  auto replies = client.Ask(context, {{"CONFIG", "GET", name}});
  if (!replies) return std::move(replies).error();
  const redisReply& pair = *replies->front();
  if (!IsArray(pair, 2)) return MakeError(ErrorCode::kUnavailable, "it does not know " + std::string(name));
  return std::string(TextOf(*pair.element[1]));
}

/// Empty: nothing to warn of.
std::string OfDisk(const std::string& appendonly, const std::string& appendfsync) {
  constexpr const char* kAdvice = "; set appendonly yes and appendfsync always";
  if (appendonly != "yes") {
    return std::string(
               "acknowledged writes survive the end of this server, but not that of Redis, which keeps them in "
               "memory (appendonly ") +
           appendonly + ")" + kAdvice;
  }
  if (appendfsync == "always") return {};
  const std::string lost = appendfsync == "everysec" ? "the last second" : "the last half minute or so";
  return "acknowledged writes of " + lost + " are lost when the host of Redis fails (appendfsync " + appendfsync + ")" +
         kAdvice;
}

std::string OfMemory(const std::string& policy) {
  if (policy == "noeviction") return {};
  const std::string loss = policy.starts_with("allkeys")
                               ? "drops acknowledged writes"
                               : "forgets idempotency keys, so that repeats are stored twice,";
  return "Redis " + loss + " when its memory is full (maxmemory-policy " + policy + "); set it to noeviction";
}

}  // namespace

std::vector<std::string> RedisWarnings(RedisClient& client, const RequestContext& context) {
  const auto appendonly = Setting(client, context, "appendonly");
  const auto appendfsync = appendonly ? Setting(client, context, "appendfsync") : appendonly;
  const auto policy = appendfsync ? Setting(client, context, "maxmemory-policy") : appendfsync;
  if (!policy) {
    return {"whether acknowledged writes survive a failure of Redis is unknown, as it does not tell its settings: " +
            policy.error().message};
  }
  std::vector<std::string> warnings;
  for (std::string& warning : std::vector{OfDisk(*appendonly, *appendfsync), OfMemory(*policy)}) {
    if (!warning.empty()) warnings.push_back(std::move(warning));
  }
  return warnings;
}

}  // namespace chimera::ingest
