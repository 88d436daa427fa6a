// A Client over the embedded engine: starts or finds the engine when it is needed, applies the datasets' migrations
// once, and comes back when the engine died or left because it was idle.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "clickhouse/client.h"
#include "engine/supervisor.h"
#include "schema/dataset.h"

namespace chimera::app {

/// Every call first makes sure that the engine answers and, unless `migrate` is false, that the schema is current,
/// within the call's own deadline. A call that finds the engine gone starts it and is sent again, three times in all:
/// reads change nothing, writes that may have arrived are sent only to
/// tables that recognise them, DDL is idempotent. Thread-safe.
class EmbeddedClient : public clickhouse::Client {
 public:
  /// `datasets` must outlive this.
  EmbeddedClient(std::unique_ptr<engine::Supervisor> supervisor, std::unique_ptr<clickhouse::Client> client,
                 const std::vector<schema::Dataset>& datasets, bool migrate);

  /// What every call does first; call it at start to warm up.
  Status EnsureReady(const RequestContext& context);

  Result<clickhouse::Rows> Read(const RequestContext& context, const clickhouse::Query& query) override;
  Result<uint64_t> ReadBytes(const RequestContext& context, const clickhouse::Query& query,
                             const clickhouse::TakeBytes& take) override;
  Result<clickhouse::Written> Write(const RequestContext& context, const clickhouse::Insert& insert) override;
  Status Execute(const RequestContext& context, std::string_view statement, std::string_view database) override;
  const std::string& DefaultDatabase() const override { return client_->DefaultDatabase(); }
  clickhouse::ClientState State() const override { return client_->State(); }

 private:
  template <typename Call>
  auto WithEngine(const RequestContext& context, Call call) -> decltype(call());
  Status EnsureMigrated(const RequestContext& context);
  Status Migrate(const RequestContext& context);

  const std::unique_ptr<engine::Supervisor> supervisor_;
  const std::unique_ptr<clickhouse::Client> client_;
  const std::vector<schema::Dataset>& datasets_;
  std::atomic<bool> migrated_;
  std::timed_mutex migrating_;  ///< held while migrations run
};

}  // namespace chimera::app
