// What every store promises, of the one in Redis.
#include <atomic>

#include "tests/unit/ingest/redis_process.h"
#include "tests/unit/ingest/store_contract.h"

namespace chimera::ingest {
namespace {

/// One server for all cases; each has keys of its own.
OpenStore FreshRedis() {
  static const std::shared_ptr<RedisProcess> server = RedisProcess::Start();
  static std::atomic<int> buffers = 0;
  if (!server) return {};
  const std::string prefix = "buffer" + std::to_string(++buffers);
  return [prefix](const StoreLimits& limits, WallClock now) {
    RedisOptions options = server->Options(prefix);
    options.limits = limits;
    options.now = std::move(now);
    return CreateRedisStore(std::move(options));
  };
}

INSTANTIATE_TEST_SUITE_P(Redis, StoreContract, testing::Values(StoreKind{"Redis", FreshRedis}), StoreKindName);

}  // namespace
}  // namespace chimera::ingest
