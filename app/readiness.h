// Whether the server can do its work: the database answers and its schema is the one that this binary knows.
#pragma once

#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/deadline.h"
#include "clickhouse/client.h"
#include "mcp/http_transport.h"
#include "schema/dataset.h"

namespace chimera::app {

class Readiness {
 public:
  /// All must outlive this.
  Readiness(clickhouse::Client& client, const std::vector<schema::Dataset>& datasets, std::stop_token stop)
      : client_(client), datasets_(datasets), stop_(std::move(stop)) {}

  /// 200 {"ready":true}, or 503 with the first reason. However often it is asked, the database is looked at once a
  /// second at most, by one caller at a time, for two seconds at most; meanwhile others get the answer of before, or
  /// wait when there is none. Thread-safe.
  mcp::HttpPage Page();

 private:
  std::optional<mcp::HttpPage> Known(bool fresh_only);
  mcp::HttpPage Look() const;

  clickhouse::Client& client_;
  const std::vector<schema::Dataset>& datasets_;
  const std::stop_token stop_;
  std::mutex looking_;  ///< held while the database is looked at
  std::mutex mutex_;    ///< of the rest
  std::optional<mcp::HttpPage> answer_;
  Deadline fresh_until_;
};

}  // namespace chimera::app
