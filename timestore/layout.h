// Where dynamic tables live: names given by callers to physical tables of the database `timestore`, and the statements
// that make one. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/flusher.h"
#include "ingest/row_shape.h"
#include "ingest/store.h"
#include "schema/cluster.h"
#include "schema/dataset.h"

namespace chimera::timestore {

inline constexpr std::string_view kDatabase = "timestore";

// The columns that every dynamic table has, in their order; its fields stand behind them.
inline constexpr std::string_view kDatasetColumn = "dataset_slug";
inline constexpr std::string_view kTableColumn = "table_name";
inline constexpr std::string_view kKeyColumn = "partition_key";
inline constexpr std::string_view kTimeColumn = "timestamp";
inline constexpr std::string_view kPositionColumn = ingest::kPositionColumn;

inline constexpr std::string_view kTimeType = "DateTime64(3, 'UTC')";

/// How dynamic tables are made. What is made already keeps what it has.
struct LayoutOptions {
  schema::Layout cluster = {};       ///< replicated tables on that cluster; never sharded
  schema::Retention retention = {};  ///< by `timestamp`; by default rows stay for ever, where they were written
  std::string storage_policy = {};   ///< empty: the server's default
};

/// A table as callers name it.
struct Name {
  std::string dataset;
  std::string table;
  auto operator<=>(const Name&) const = default;
};

/// A lower-case letter, then letters, digits and single underscores, none at the end; 48 characters at most.
bool IsName(std::string_view text);
/// What IsName takes, for error messages.
inline constexpr std::string_view kNameRule =
    "up to 48 lower-case letters, digits and single underscores, the first a letter, the last no underscore";

/// timestore.`dataset__table`. Requires that both are names.
ingest::Destination DestinationOf(const Name& name);
/// The name behind a table of the database `timestore`; nothing for tables that are not of this kind.
std::optional<Name> NameOf(const ingest::Destination& destination);
std::optional<Name> NameOf(std::string_view physical_table);

bool IsDynamic(const ingest::Destination& destination);

/// The columns of a table that has just been made.
ingest::LiveColumns BaseColumns();

/// For FlusherOptions::creates: the database, then the table; empty for a destination that is not dynamic.
std::vector<std::string> CreateStatements(const ingest::Destination& destination, const LayoutOptions& options);

/// Has flushes make dynamic tables, and columns for their fields; of other tables they do what they did.
void LetTablesBeMade(ingest::FlusherOptions& flush, const LayoutOptions& options);

}  // namespace chimera::timestore
