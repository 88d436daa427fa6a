// The first version of a dataset folder, guessed from a live table. What is guessed is said in the files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "schema/mistakes.h"

namespace chimera::schema {

struct Draft {
  Files files;
  std::vector<std::string> notes;  ///< what was left out and why, a sentence each
};

/// Files for the table `table` of `database`, which load and pass `dataset check` as they are: its migration, a tool
/// that inserts, one that counts, and its comments as a glossary. Reads a million rows of each column at most, for
/// bounds and examples. kInvalidArgument for a table that is no MergeTree or has a name that a dataset cannot write.
/// Blocks.
Result<Draft> DraftDataset(const RequestContext& context, clickhouse::Client& client, const std::string& database,
                           const std::string& table);

/// The CREATE statement of a live table as a migration: IF NOT EXISTS, without database, UUID, storage policy and
/// replication, with a deduplication window. kInvalidArgument for a statement that is not understood. Pure.
Result<std::string> MigrationOf(std::string_view create_statement, std::string_view table);

}  // namespace chimera::schema
