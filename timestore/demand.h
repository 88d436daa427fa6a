// How fresh a read has to be, and how fresh it was.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"
#include "freshness/freshness.h"
#include "ingest/write_buffer.h"
#include "tools/table_query.h"

namespace chimera::timestore {

/// What a caller asks for: `require_fresh`, `min_watermark`, `strict`.
struct Demand {
  bool fresh = false;
  std::optional<ingest::Position> watermark;
  bool strict = false;

  bool Any() const { return fresh || watermark; }
};

/// The properties of an input schema, and of `freshness` in an output schema.
Json DemandProperties();
Json FreshnessSchema();

/// Adds to `problems` a min_watermark that is no position, and `strict` without anything to be strict about.
Demand ReadDemand(const Json& arguments, tools::Problems& problems);

using freshness::Freshness;

/// What the buffer says of one table.
struct Look {
  ingest::Backlog table;        ///< empty when it never saw a write for it
  ingest::Position newest = 0;  ///< of all tables: no later position was ever given out
};

/// Errors as WriteBuffer::Backlogs.
Result<Look> LookAt(const RequestContext& context, ingest::WriteBuffer& buffer, const ingest::Destination& to);

/// Has what waits for the table stored, as far as `demand` asks for it or, with `always`, in any case; waits for it
/// `wait` at most. The result is what the database then lacks. What is stale nevertheless is a note, or with `strict`
/// kTimeout, kUnavailable, or kConflict for a min_watermark that no write ever had.
Result<Freshness> MakeFresh(const RequestContext& context, ingest::WriteBuffer& buffer, const ingest::Destination& to,
                            const Demand& demand, bool always, std::chrono::milliseconds wait);

/// Of an answer that has everything that `look` knows of. As above for a min_watermark beyond that.
Result<Freshness> OfMerged(const Look& look, const Demand& demand);

}  // namespace chimera::timestore
