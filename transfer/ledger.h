// Which batches of which files were stored: the table `import_batches` beside the rows, so that it is kept, restored
// and lost together with them. With the batches' deduplication tokens an import is exactly once: what the ledger has is
// not sent again; what was stored just before a crash, and is not in it, is sent once more and dropped by its token, or
// found missing and sent under another one (clickhouse/stored_rows.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "tools/time_window.h"
#include "transfer/record_cutter.h"

namespace chimera::transfer {

/// One line of the ledger.
struct LedgerEntry {
  uint64_t batch = 0;  ///< from 1; 0 says how a file that begins with `head` is cut
  std::string id;      ///< of the content
  std::string head;    ///< of the first record
  uint64_t records = 0;
  uint64_t stored = 0;
  uint64_t skipped = 0;
  uint64_t rejected = 0;
  BatchLimits limits = {};
  uint32_t days = 0;                         ///< of --days; 0: all rows
  std::optional<tools::Instant> since = {};  ///< rows before were left out
  std::string file = {};                     ///< for people
};

class Ledger {
 public:
  /// Reads what is known of `import`: the table with the way in which files are read into it. Makes the table where it
  /// is missing. Blocks on the database. Errors: its own; where the account may not make the table, the hint says how.
  static Result<Ledger> Open(const RequestContext& context, clickhouse::Client& client, std::string database,
                             std::string table, std::string import);

  /// How a file that begins with the record `head` was cut before; null when none was.
  const LedgerEntry* BegunWith(const std::string& head) const;
  /// Batches with this number and this first record, those with most records first.
  std::vector<const LedgerEntry*> Candidates(uint64_t batch, const std::string& head) const;
  bool Empty() const { return entries_.empty(); }

  /// Records an entry; it is stored when this returns. `in_doubt`: an earlier run may have sent it. Blocks on the
  /// database. Thread-safe.
  Status Add(const RequestContext& context, const LedgerEntry& entry, bool in_doubt) const;

 private:
  Ledger(clickhouse::Client& client, std::string database, std::string table, std::string import)
      : client_(&client), database_(std::move(database)), table_(std::move(table)), import_(std::move(import)) {}
  Result<clickhouse::Rows> ReadEntries(const RequestContext& context) const;

  clickhouse::Client* client_;
  std::string database_;
  std::string table_;
  std::string import_;
  std::multimap<std::pair<uint64_t, std::string>, LedgerEntry> entries_;  // by batch and head
};

}  // namespace chimera::transfer
