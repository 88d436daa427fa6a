// What an insert tool says after a call: the answer, and the errors that must tell what is stored and what is not.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "ingest/store.h"
#include "tools/insert_batch.h"
#include "tools/tool.h"

namespace chimera::tools {

/// One call. Refers to what outlives it.
struct InsertReport {
  const InsertRules& rules;
  std::string table;  ///< "database.table"
  const Batch& batch;
  std::string batch_token;
  Instant now;                                    ///< what "now" stands for
  Instant called_at;                              ///< differs from `now` when the rows were first sent before midnight
  bool looked_back = true;                        ///< false: the account may not see whether they were
  bool through_buffer = false;                    ///< calls of either mode go through the buffer
  std::optional<ingest::Accepted> buffered = {};  ///< of rows that went there: safe, and with mode sync in the table

  /// The partition of `group`; empty for a table without partitions.
  std::optional<int64_t> DayOf(const RowGroup& group) const;
};

Answer MakeInsertAnswer(const InsertReport& report);

/// `error`, which ended the call after the first `done` groups were stored.
Error StoredInPart(Error error, const InsertReport& report, size_t done);

/// kConflict: the idempotency key of this call has been used for other rows.
Error KeyConflict(const InsertReport& report, const RowGroup& group);

}  // namespace chimera::tools
