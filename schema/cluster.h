// Migrations for a cluster: the same statements, run on all its servers, with replicated and, if asked, distributed
// tables.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "schema/dataset.h"

namespace chimera::schema {

/// How a dataset's tables are laid out over servers.
struct Layout {
  std::string cluster;   ///< as in system.clusters; empty: one server, statements run as they are written
  bool sharded = false;  ///< rows are spread over the shards: TABLE_local holds them, TABLE reads and writes all
};

/// What TABLE_local has behind the declared name.
inline constexpr std::string_view kLocalSuffix = "_local";
/// " ON CLUSTER …" for a statement that is to run on all servers; empty on one server.
std::string OnCluster(const Layout& layout);

/// The names of the tables and views that the migrations of `dataset` create.
std::set<std::string> CreatedNames(const Dataset& dataset);

/// What runs instead of `statement` under `layout`, in order.
///
/// CREATE and ALTER get ON CLUSTER, MergeTree engines become replicated with the server's default path (which needs the
/// macros {shard} and {replica}), and their deduplication window the replicated one. Sharded: tables and materialized
/// views of `created` get `_local`, views read from local tables, and a Distributed table has the declared name; it
/// spreads rows by a hash of their sorting key, so that a repeated batch goes where the first one went.
/// kInvalidArgument for a statement that has no such form.
Result<std::vector<std::string>> ForLayout(std::string_view statement, const Layout& layout,
                                           const std::set<std::string>& created);

}  // namespace chimera::schema
