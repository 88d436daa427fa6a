// Counts what happens and prints it in Prometheus' text format. docs/operations.md says what each figure means.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "clickhouse/client.h"
#include "metrics/observer.h"
#include "metrics/process_figures.h"

namespace chimera::metrics {

/// What waits for one table.
struct BufferedTable {
  std::string table;  ///< "database.table"
  uint64_t rows = 0;
  uint64_t bytes = 0;
  uint64_t dead = 0;  ///< letters
  double age_ms = 0;  ///< of the oldest one that waits; 0: none does
};

/// What is looked at when the page is asked for.
struct Figures {
  clickhouse::ClientState database;
  size_t pool_size = 0;
  size_t sessions = 0;
  size_t calls_in_flight = 0;
  ProcessFigures process;
  std::vector<BufferedTable> buffered = {};  ///< empty without a buffer
};

class PrometheusMetrics : public Observer {
 public:
  static constexpr char kContentType[] = "text/plain; version=0.0.4; charset=utf-8";

  explicit PrometheusMetrics(std::string version);
  ~PrometheusMetrics() override;

  /// Well under a microsecond. Every name that a call has becomes a label: callers see to it that they are few.
  void OnToolCall(const ToolCall& call) override;
  void OnStatement(const Statement& statement) override;
  void OnFlush(const BufferFlush& flush) override;

  /// The page. Thread-safe.
  std::string Text(const Figures& figures) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chimera::metrics
