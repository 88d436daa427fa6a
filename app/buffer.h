// The buffer of this process, put together from its configuration: where writes wait, and who brings them into the
// database; with a mirror, the same once more for the second database.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "clickhouse/client.h"
#include "config/config.h"
#include "ingest/mirrored_buffer.h"
#include "ingest/orchestrator.h"
#include "metrics/observer.h"
#include "metrics/prometheus_metrics.h"

namespace chimera::app {

class Buffer {
 public:
  /// Requires config.buffer.On(). `embedded` is the client of the embedded engine, or null: then the buffer has
  /// connections of its own, of the account that writes. `observers` hear of every flush into the main database. Both
  /// must outlive this. Errors: those of opening a file.
  static Result<std::unique_ptr<Buffer>> Open(const config::Config& config, clickhouse::Client* embedded,
                                              const metrics::Observers& observers);

  /// One database's part.
  struct Side {
    std::unique_ptr<ingest::Store> store;
    std::unique_ptr<clickhouse::Client> own_client;
    std::unique_ptr<ingest::Orchestrator> writes;  ///< last: it uses the others
  };

  /// From here on, what waits is flushed by this process.
  void Start();
  /// Stores what waits, as far as that goes within `time`: the last process of a host may not be followed by another
  /// soon.
  void Drain(std::chrono::milliseconds time);
  /// Where writes go: into both sides, where there is a mirror.
  ingest::WriteBuffer& Writes();
  ingest::Store& Store() { return *main_.store; }
  Side& Main() { return main_; }
  Side* Mirror() { return mirror_ ? &*mirror_ : nullptr; }
  /// What waits, by table, those of the mirror as "mirror:…"; empty when the buffer does not answer soon.
  std::vector<metrics::BufferedTable> Figures();
  /// Logs what an operator should know of how safe the buffer is. Blocks on it for a moment.
  void Warn(const std::stop_token& stop);

 private:
  Buffer() = default;

  Side main_;
  std::optional<Side> mirror_;
  std::optional<ingest::MirroredBuffer> both_;
};

}  // namespace chimera::app
