#include "app/buffer.h"

#include <algorithm>

#include "base/log.h"
#include "clickhouse/http_client.h"
#include "ingest/redis_store.h"
#include "ingest/sqlite_store.h"

namespace chimera::app {
namespace {

// A flush is one insert a table at a time; more connections would be idle.
constexpr size_t kConnections = 4;
constexpr std::chrono::seconds kAskTime{5};
constexpr std::chrono::seconds kLookTime{1};

ingest::RedisOptions RedisOf(const config::Buffer& buffer) {
  ingest::RedisOptions options;
  options.host = buffer.host;
  options.port = buffer.port;
  options.socket = buffer.path;
  options.username = buffer.username;
  options.password = buffer.password;
  options.database = buffer.database;
  options.limits = buffer.limits;
  return options;
}

Result<std::unique_ptr<ingest::Store>> OpenStore(const config::Buffer& buffer) {
  if (buffer.kind == config::Buffer::Kind::kRedis) return ingest::CreateRedisStore(RedisOf(buffer));
  return ingest::OpenSqliteStore(RequestContext::For("open the buffer", kAskTime, {}),
                                 {.path = buffer.path, .limits = buffer.limits, .fsync = buffer.fsync});
}

/// Everything that a flush does is done by the account that writes, as it would have been without a buffer.
Result<std::unique_ptr<clickhouse::Client>> WritersClient(const config::Config& config) {
  clickhouse::HttpOptions options = config.clickhouse;
  options.account = options.write_account.value_or(options.account);
  options.write_account.reset();
  options.pool_size = std::min(options.pool_size, kConnections);
  return clickhouse::CreateHttpClient(std::move(options));
}

void Tell(const metrics::Observers& observers, const ingest::Destination& to,
          const Result<std::optional<ingest::Flushed>>& flushed, std::chrono::nanoseconds took) {
  const std::string table = to.database + "." + to.table;
  metrics::BufferFlush flush{.table = table, .took = took};
  if (!flushed.ok()) flush.outcome = flushed.error().code;
  if (flushed.ok() && *flushed) {
    flush.rows = (*flushed)->rows;
    flush.dead = (*flushed)->dead;
  }
  for (metrics::Observer* observer : observers) observer->OnFlush(flush);
}

ingest::OrchestratorOptions FlushOptions(const config::Config& config, metrics::Observers observers) {
  ingest::OrchestratorOptions options;
  options.flush.batch = config.buffer.batch;
  options.flush.evolves = [growing = config.buffer.growing](const ingest::Destination& to) {
    return growing.contains(to.dataset);
  };
  timestore::LetTablesBeMade(options.flush, config.timestore);
  options.max_wait = config.buffer.max_wait;
  options.flushes_per_dataset = config.buffer.flushes;
  options.on_flush = [observers = std::move(observers)](const ingest::Destination& to, const auto& flushed,
                                                        std::chrono::nanoseconds took) {
    Tell(observers, to, flushed, took);
  };
  return options;
}

}  // namespace

Result<std::unique_ptr<Buffer>> Buffer::Open(const config::Config& config, clickhouse::Client* embedded,
                                             metrics::Observers observers) {
  std::unique_ptr<Buffer> buffer(new Buffer);
  auto store = OpenStore(config.buffer);
  if (!store.ok()) return store.error();
  buffer->store_ = std::move(*store);
  clickhouse::Client* client = embedded;
  if (client == nullptr) {
    auto own = WritersClient(config);
    if (!own.ok()) return own.error();
    buffer->own_client_ = std::move(*own);
    client = buffer->own_client_.get();
  }
  buffer->writes_ =
      std::make_unique<ingest::Orchestrator>(*buffer->store_, *client, FlushOptions(config, std::move(observers)));
  return buffer;
}

std::vector<metrics::BufferedTable> Buffer::Figures() {
  const auto backlogs = store_->Backlogs(RequestContext::For("metrics", kLookTime, {}));
  if (!backlogs.ok()) return {};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  std::vector<metrics::BufferedTable> tables;
  for (const auto& backlog : *backlogs) {
    const std::chrono::duration<double, std::milli> age = now - std::chrono::microseconds(backlog.oldest);
    tables.push_back({backlog.to.database + "." + backlog.to.table, backlog.rows, backlog.bytes, backlog.dead,
                      backlog.oldest == 0 ? 0 : std::max(age.count(), 0.0)});
  }
  return tables;
}

void Buffer::Warn(const std::stop_token& stop) {
  for (const std::string& warning : store_->Warnings(RequestContext::For("buffer check", kAskTime, stop))) {
    log::Warning(store_->Name() + ": " + warning);
  }
}

}  // namespace chimera::app
