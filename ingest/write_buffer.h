// What writers and readers see of the buffer.
#pragma once

#include <map>
#include <vector>

#include "ingest/store.h"

namespace chimera::ingest {

/// All calls are thread-safe and block on the store.
class WriteBuffer {
 public:
  virtual ~WriteBuffer() = default;

  /// Takes a write, which is safe when this returns, and will be in the database soon. Errors as Store::Append.
  virtual Result<Accepted> Accept(const RequestContext& context, const Write& write) = 0;

  /// Has what was accepted for `tables` up to and with `until` flushed now, and returns when it is in the database (or
  /// a dead letter). Errors: that of the first flush of these tables that fails meanwhile, or kTimeout at the context's
  /// deadline; the flush goes on.
  virtual Status Flush(const RequestContext& context, const std::vector<Destination>& tables, Position until) = 0;

  /// Whether rows must not go past the buffer, also those of callers who wait for the table: they call AcceptAndFlush.
  virtual bool TakesAll() const { return false; }
  /// Requires TakesAll. Accept, and waits until the rows are in the table. Errors: those of Accept; those of Flush,
  /// whose messages say that the rows are safe and come later; kInvalidArgument where they became dead letters.
  virtual Result<Accepted> AcceptAndFlush(const RequestContext&, const Write&) {
    return MakeError(ErrorCode::kInternal, "this buffer does not take all rows");
  }

  /// As Store::Backlogs.
  virtual Result<std::vector<Backlog>> Backlogs(const RequestContext& context) = 0;
  /// What waits for a table, as Store::Read. Rows of a sealed batch may be in the database already.
  virtual Result<std::vector<Entry>> Waiting(const RequestContext& context, const Destination& to,
                                             const BatchLimits& limits) = 0;
  /// Why the latest flush of a table failed, as far as this process tried; tables that are well are not in it.
  virtual std::map<Destination, Error> Troubles() const { return {}; }
};

}  // namespace chimera::ingest
