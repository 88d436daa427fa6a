// Backups of datasets' databases by ClickHouse's own BACKUP and RESTORE: the database does the work and keeps what it
// makes. Here is how such a statement is written, started, and followed to its end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "schema/cluster.h"

namespace chimera::schema {

/// Where a backup lies, as SQL, of what people write: "file:NAME" (below the server's backups.allowed_path),
/// "disk:DISK/PATH", "s3:COLLECTION/PATH" (a named collection of the server, which holds address and keys), or
/// "s3:https://…" (with what the server itself may do there). kInvalidArgument for everything else, an address with
/// credentials included: statements are logged. Pure.
Result<std::string> BackupPlace(std::string_view text);

struct BackupPlan {
  bool restore = false;
  std::vector<std::string> databases;
  std::vector<std::string> except;  ///< tables to leave as they are; only for the restore of one database
  std::string place;                ///< of BackupPlace
  std::string base;                 ///< of BackupPlace, the backup that this one continues; empty: none
  std::string id;                   ///< as system.backups will have it
};

/// The statement of `plan`. Pure.
std::string BackupSql(const BackupPlan& plan, const Layout& layout);

struct BackupState {
  bool ended = false;
  uint64_t files = 0;    ///< of everything that the backup stands for, its base included
  uint64_t bytes = 0;    ///< the same
  uint64_t written = 0;  ///< bytes of this backup alone
  uint64_t read = 0;     ///< files read so far by a restore
  std::optional<Error> error = {};
};

/// Starts what `plan` says; it goes on in the database. Blocks until it is started. An error means that nothing was.
Status StartBackup(const RequestContext& context, clickhouse::Client& client, const BackupPlan& plan,
                   const Layout& layout);

/// How far the backup or restore `id` is, by system.backups. kConflict when the server does not know it, as after a
/// restart, which ends whatever was going on. Blocks.
Result<BackupState> ReadBackupState(const RequestContext& context, clickhouse::Client& client, const std::string& id);

/// What lies in `database` before a restore.
struct Occupied {
  std::vector<std::string> tables;  ///< that hold rows, but for the migrations' own
  bool has_history = false;         ///< migrations are recorded
};
Result<Occupied> ReadOccupied(const RequestContext& context, clickhouse::Client& client, const std::string& database);

}  // namespace chimera::schema
