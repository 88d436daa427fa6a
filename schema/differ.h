// Where a live database is not what its migrations make of it.
#pragma once

#include <string>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "schema/cluster.h"
#include "schema/dataset.h"

namespace chimera::schema {

struct Difference {
  std::string table;
  std::string part;      ///< "column ts", "index by_model", "projection daily"; empty: the table as a whole
  std::string property;  ///< "type", "codec", "order by", …; empty: the part is on one side only
  std::string declared;  ///< empty with an empty property: nothing declares it
  std::string live;      ///< empty with an empty property: it is missing
};

/// "bench_runs, column ts: type is DateTime, declared DateTime64(3, 'UTC')".
std::string Describe(const Difference& difference);

struct Comparison {
  std::vector<Difference> differences;  ///< by table and part
  std::vector<std::string> others;      ///< live tables that no migration declares; they are nobody's business here
};

/// Applies the migrations in a fresh database of the same server (its name begins with chimera_diff_), compares how
/// ClickHouse describes both, and drops it: what ClickHouse prints in its own way is never a difference. Compared are
/// engines (but not whether they are replicated), keys, partitions, TTLs, settings, the queries of views, types,
/// defaults, codecs, comments, indices and projections. Needs an account that may create a database. Blocks.
/// `layout` is that of the live tables.
Result<Comparison> CompareSchema(const RequestContext& context, clickhouse::Client& client, const Dataset& dataset,
                                 const Layout& layout = {});

}  // namespace chimera::schema
