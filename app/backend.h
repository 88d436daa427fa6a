// The database side of the program, put together from its configuration: datasets, client, tools.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

#include "clickhouse/client.h"
#include "config/config.h"
#include "freshness/fresh_catalog.h"
#include "metrics/observed_client.h"
#include "schema/dataset.h"
#include "tools/privacy.h"
#include "tools/registry.h"

namespace chimera::app {

class Buffer;
class EmbeddedClient;

/// Where the data lives, for people: "https://db.example:8443 as reader", or "the embedded engine in /var/lib/chimera".
std::string DescribeDatabase(const config::Config& config);

/// The datasets that are on: those of CHIMERA_DATASETS and the folders of CHIMERA_DATASET_DIRS.
Result<std::vector<schema::Dataset>> LoadDatasets(const config::Config& config);

/// kInvalidArgument while there is a mirror: `command` writes past the buffer, into one database alone.
Status CheckNoMirror(const config::Config& config, const std::string& command);

/// What a command wants of its backend.
struct BackendUses {
  /// The embedded database is brought up to date before its first use; a remote one never is: that is its operator's
  /// to do.
  bool migrate = false;
  bool buffer = false;  ///< writes may wait, where the configuration says so
  /// Is given the client, and names who hears of every statement that the tools make of it.
  std::function<metrics::Observers(clickhouse::Client&)> observe = {};
};

class Backend {
 public:
  /// Loads the datasets, prepares the client and opens the buffer; touches no database.
  static Result<std::unique_ptr<Backend>> Create(const config::Config& config, const BackendUses& uses = {});

  /// Beside what comes next: starts the embedded engine, so that the first call finds it warm; of a remote one it asks
  /// what the account that reads may do, and logs a warning when that is more than reading. From here on, what waits in
  /// the buffer is brought into the database.
  void WarmUp();

  ~Backend();

  /// For the program's own statements, which nobody observes.
  clickhouse::Client& Client() { return *client_; }
  const std::vector<schema::Dataset>& Datasets() const { return datasets_; }
  tools::Registry& Tools() { return *tools_; }
  /// The tools as callers see them: with a buffer, their reads say how fresh they are.
  mcp::ToolCatalog& Catalog();
  /// What takes buffered writes; null when there is no buffer.
  app::Buffer* Buffer() { return buffer_.get(); }
  /// The protected columns; null when there are none.
  const tools::Privacy* Privacy() const { return privacy_.get(); }

 private:
  Backend() = default;

  void WarnOfReader(const std::string& account);

  std::vector<schema::Dataset> datasets_;
  std::string account_;  ///< that reads from a remote database
  std::unique_ptr<clickhouse::Client> client_;
  EmbeddedClient* embedded_ = nullptr;                 ///< client_, when the database is embedded
  std::unique_ptr<metrics::ObservedClient> observed_;  ///< over client_, when somebody observes
  std::shared_ptr<const tools::Privacy> privacy_;
  std::unique_ptr<app::Buffer> buffer_;
  std::unique_ptr<tools::Registry> tools_;
  std::unique_ptr<freshness::FreshCatalog> fresh_;  ///< over tools_, when there is a buffer
  std::stop_source quit_;
  std::jthread warm_up_;  ///< last: joined before what it uses goes
};

}  // namespace chimera::app
