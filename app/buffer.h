// The buffer of this process, put together from its configuration: where writes wait, and who brings them into the
// database.
#pragma once

#include <memory>
#include <string>

#include "clickhouse/client.h"
#include "config/config.h"
#include "ingest/orchestrator.h"
#include "metrics/observer.h"
#include "metrics/prometheus_metrics.h"

namespace chimera::app {

class Buffer {
 public:
  /// Requires config.buffer.On(). `embedded` is the client of the embedded engine, or null: then the buffer has
  /// connections of its own, of the account that writes. `observers` hear of every flush. Both must outlive this.
  /// Errors: those of opening a file.
  static Result<std::unique_ptr<Buffer>> Open(const config::Config& config, clickhouse::Client* embedded,
                                              metrics::Observers observers);

  ingest::Orchestrator& Writes() { return *writes_; }
  ingest::Store& Store() { return *store_; }
  /// What waits, by table; empty when the buffer does not answer soon.
  std::vector<metrics::BufferedTable> Figures();
  /// Logs what an operator should know of how safe the buffer is. Blocks on it for a moment.
  void Warn(const std::stop_token& stop);

 private:
  Buffer() = default;

  std::unique_ptr<ingest::Store> store_;
  std::unique_ptr<clickhouse::Client> own_client_;
  std::unique_ptr<ingest::Orchestrator> writes_;  ///< last: it uses the others
};

}  // namespace chimera::app
