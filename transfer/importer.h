// Brings a file into a table: batches are read in order, checked and stored in parallel. Each row is stored once,
// however often an import is broken off and run again: a batch is named by its content, its number in the file, the
// table and the way in which columns are mapped; that name is the token of its inserts and its entry in the ledger.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "transfer/batch_reader.h"
#include "transfer/target.h"

namespace chimera::transfer {

/// `ImportOptions::jobs` may not be more: so many batches a run that was broken off may have left in doubt.
inline constexpr unsigned kMostJobs = 16;

struct ImportOptions {
  std::optional<FileFormat> format = {};  ///< unset: by the file's name
  Mapping mapping = {};
  BatchLimits limits = {};  ///< a file that was begun with others is continued with those
  unsigned jobs = 2;        ///< batches that are checked and stored at the same time
  bool dry_run = false;     ///< check everything, store nothing
  uint32_t days = 0;        ///< only rows whose time is within so many days of now; 0: all
  uint64_t max_errors = 0;  ///< records that may be refused, in all files together
  std::string again = {};   ///< a name under which everything is stored once more
  tools::Instant now = {};
  std::chrono::milliseconds statement_time{};  ///< how long each statement may take
  /// Hears of refused records, in the order of the file; an error of it ends the import.
  std::function<Status(const std::string& file, const std::vector<BadRow>& bad)> on_bad = {};
};

/// How far an import has come; read by any thread.
struct ImportProgress {
  std::atomic<uint64_t> stored{0};    ///< rows; of a dry run: that could be
  std::atomic<uint64_t> earlier{0};   ///< records of batches that an earlier run has stored
  std::atomic<uint64_t> skipped{0};   ///< too old
  std::atomic<uint64_t> rejected{0};  ///< refused
  std::atomic<uint64_t> assumed_utc{0};
  std::atomic<uint64_t> cut{0};
  std::atomic<uint64_t> protected_values{0};  ///< that privacy replaced
  std::atomic<uint64_t> past_retention{0};    ///< rows of this run that are older than what the table keeps
  std::atomic<uint64_t> batches{0};           ///< stored by this run
  std::atomic<uint64_t> bytes{0};             ///< of the files, packed as they are
};

/// Imports one file; `progress` adds up over several. Blocks. `stop` ends it after the batches in flight, with
/// kCancelled. Errors: those of the file, the mapping and the database;
/// kInvalidArgument naming file, line and column for the refused record that is one too many: nothing of its batch and
/// of those behind it is stored then. kConflict when an earlier import of the file took other days, or when the ledger
/// says that rows are stored and the table is empty.
Status ImportFile(std::stop_token stop, clickhouse::Client& client, const Target& target, const std::string& path,
                  const ImportOptions& options, ImportProgress& progress);

/// The context of one statement of an import. Not bound to its `stop`: what is in flight is finished.
RequestContext StatementContext(const ImportOptions& options);

}  // namespace chimera::transfer
