// Brings a database to the version that a dataset declares. Applied versions are recorded, with their checksum, in the
// table `schema_migrations` of the dataset's database. An edited or missing applied migration is refused.
#pragma once

#include <string>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "schema/cluster.h"
#include "schema/dataset.h"

namespace chimera::schema {

struct MigrationState {
  int version = 0;
  std::string name;
  bool applied = false;
  std::string applied_at;  ///< UTC, ISO 8601; empty when pending
};

/// Every declared migration with its state. kConflict when history was edited. Blocks on the database.
Result<std::vector<MigrationState>> MigrationStatus(const RequestContext& context, clickhouse::Client& client,
                                                    const Dataset& dataset);

/// Creates the database if need be and applies what is pending, in order; returns the versions applied now. Safe to run
/// from several processes at once: statements are idempotent (IF NOT EXISTS), a version is recorded after its last one.
/// An error's `position` is the place in the text of the migration that failed.
Result<std::vector<int>> ApplyMigrations(const RequestContext& context, clickhouse::Client& client,
                                         const Dataset& dataset, const Layout& layout = {});

/// Every statement that ApplyMigrations runs on an empty server, in order.
Result<std::vector<std::string>> MigrationStatements(const Dataset& dataset, const Layout& layout);

/// Fills the dataset's sample data. kConflict when its tables already hold rows, kBusy when they hold a part of it: a
/// load is going on or was cut off, the hint has the statements that make room. kInvalidArgument when it has none.
Status LoadDemo(const RequestContext& context, clickhouse::Client& client, const Dataset& dataset);

}  // namespace chimera::schema
