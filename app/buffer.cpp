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

constexpr char kMirrorLabel[] = "mirror:";
constexpr char kMirrorSuffix[] = ".mirror";  // of the file, or of the prefix of the keys

ingest::RedisOptions RedisOf(const config::Buffer& buffer) {
  ingest::RedisOptions options;
  options.host = buffer.host;
  options.port = buffer.port;
  options.secure = buffer.secure;
  options.tls = buffer.tls;
  options.socket = buffer.path;
  options.username = buffer.username;
  options.password = buffer.password;
  options.database = buffer.database;
  options.limits = buffer.limits;
  return options;
}

Result<std::unique_ptr<ingest::Store>> OpenStore(const config::Buffer& buffer, const std::string& suffix) {
  if (buffer.kind == config::Buffer::Kind::kRedis) {
    ingest::RedisOptions options = RedisOf(buffer);
    options.prefix += suffix;
    if (Status usable = options.secure ? clickhouse::CheckTls(options.tls) : Ok(); !usable.ok()) return usable.error();
    return ingest::CreateRedisStore(std::move(options));
  }
  return ingest::OpenSqliteStore(RequestContext::For("open the buffer", kAskTime, {}),
                                 {.path = buffer.path + suffix, .limits = buffer.limits, .fsync = buffer.fsync});
}

/// Everything that a flush does is done by the account that writes, as it would have been without a buffer.
Result<std::unique_ptr<clickhouse::Client>> WritersClient(clickhouse::HttpOptions options) {
  options.account = options.write_account.value_or(options.account);
  options.write_account.reset();
  options.pool_size = std::min(options.pool_size, kConnections);
  return clickhouse::CreateHttpClient(std::move(options));
}

void Tell(const metrics::Observers& observers, const ingest::Destination& to,
          const Result<std::optional<ingest::Flushed>>& flushed, std::chrono::nanoseconds took) {
  const std::string table = to.FullName();
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

/// What waits there, as figures of `label`.
void AddFigures(ingest::Store& store, const std::string& label, std::vector<metrics::BufferedTable>& tables) {
  const auto backlogs = store.Backlogs(RequestContext::For("metrics", kLookTime, {}));
  if (!backlogs.ok()) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  for (const auto& backlog : *backlogs) {
    const std::chrono::duration<double, std::milli> age = now - std::chrono::microseconds(backlog.oldest);
    tables.push_back({label + backlog.to.FullName(), backlog.rows, backlog.bytes, backlog.dead,
                      backlog.oldest == 0 ? 0 : std::max(age.count(), 0.0)});
  }
}

/// `client` is borrowed; null: one of its own, to `options`.
Result<Buffer::Side> OpenSide(const config::Config& config, const clickhouse::HttpOptions& options,
                              clickhouse::Client* client, const metrics::Observers& observers, bool is_mirror) {
  auto store = OpenStore(config.buffer, is_mirror ? kMirrorSuffix : "");
  if (!store.ok()) return store.error();
  Buffer::Side side{*std::move(store), nullptr, nullptr};
  if (client == nullptr) {
    auto own = WritersClient(options);
    if (!own.ok()) return own.error();
    side.own_client = *std::move(own);
    client = side.own_client.get();
  }
  side.writes = std::make_unique<ingest::Orchestrator>(
      *side.store, *client, FlushOptions(config, is_mirror ? metrics::Observers() : observers));
  return side;
}

}  // namespace

Result<std::unique_ptr<Buffer>> Buffer::Open(const config::Config& config, clickhouse::Client* embedded,
                                             const metrics::Observers& observers) {
  std::unique_ptr<Buffer> buffer(new Buffer);
  auto main = OpenSide(config, config.clickhouse, embedded, observers, false);
  if (!main.ok()) return main.error();
  buffer->main_ = *std::move(main);
  if (!config.mirror) return buffer;
  auto mirror = OpenSide(config, config.mirror->clickhouse, nullptr, observers, true);
  if (!mirror.ok()) return mirror.error();
  buffer->mirror_ = *std::move(mirror);
  buffer->both_.emplace(ingest::MirroredBuffer::Side{*buffer->main_.store, *buffer->main_.writes},
                        ingest::MirroredBuffer::Side{*buffer->mirror_->store, *buffer->mirror_->writes});
  return buffer;
}

void Buffer::Start() {
  main_.writes->Start();
  if (mirror_) mirror_->writes->Start();
}

void Buffer::Drain(std::chrono::milliseconds time) {
  const auto context = RequestContext::For("last flush", time, {});
  for (Side* side : {&main_, Mirror()}) {
    if (side == nullptr) continue;
    const auto backlogs = side->store->Backlogs(context);
    if (!backlogs.ok()) continue;
    std::vector<ingest::Destination> tables;
    ingest::Position newest = 0;
    for (const auto& backlog : *backlogs) {
      if (backlog.oldest > 0) tables.push_back(backlog.to);
      newest = std::max(newest, backlog.newest);
    }
    if (tables.empty()) continue;
    if (Status done = side->writes->Flush(context, tables, newest); !done.ok()) {
      log::Warning(side->store->Name() + ": rows wait for the next server: " + done.error().message);
    }
  }
}

ingest::WriteBuffer& Buffer::Writes() {
  if (both_) return *both_;
  return *main_.writes;
}

std::vector<metrics::BufferedTable> Buffer::Figures() {
  std::vector<metrics::BufferedTable> tables;
  AddFigures(*main_.store, "", tables);
  if (mirror_) AddFigures(*mirror_->store, kMirrorLabel, tables);
  return tables;
}

void Buffer::Warn(const std::stop_token& stop) {
  for (Side* side : {&main_, Mirror()}) {
    if (side == nullptr) continue;
    for (const std::string& warning : side->store->Warnings(RequestContext::For("buffer check", kAskTime, stop))) {
      log::Warning(side->store->Name() + ": " + warning);
    }
  }
}

}  // namespace chimera::app
