#include "schema/backup.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"
#include "clickhouse/errors.h"
#include "schema/own_tables.h"
#include "schema/read_all.h"
#include "sql/lexer.h"

namespace chimera::schema {
namespace {

constexpr char kState[] =
    "SELECT toString(status), error, toFloat64(num_files), toFloat64(total_size), toFloat64(compressed_size), "
    "toFloat64(files_read) FROM system.backups WHERE id = {id:String} ORDER BY start_time DESC LIMIT 1";
constexpr char kFilled[] =
    "SELECT name FROM system.tables WHERE database = {database:String} AND total_rows > 0 "
    "AND NOT startsWith(name, '.inner') ORDER BY name";

struct Advice {
  int code;  ///< ClickHouse's number (src/Common/ErrorCodes.cpp)
  std::string_view hint;
};
constexpr std::array kAdvice = {
    Advice{36, "file: and disk: take names below the folder that the server's configuration allows for backups"},
    Advice{318,
           "the server's configuration says where backups may lie: backups.allowed_path for file:, "
           "backups.allowed_disk for disk:"},
    Advice{344, "this server packs nothing: leave out the ending, such as .zip"},
    Advice{598, "name another place: a backup is never written over"},
    Advice{599, "check the place; a backup that was cut off cannot be restored"},
    Advice{608, "drop the database and restore it whole"},
};

Error NoPlace(std::string_view text) {
  return MakeError(ErrorCode::kInvalidArgument, "\"" + std::string(text) + "\" is no place for a backup",
                   "write file:NAME, disk:DISK/PATH, s3:COLLECTION/PATH (CREATE NAMED COLLECTION makes one, with the "
                   "address and the keys) or s3:https://HOST/BUCKET/PATH");
}

bool HasControls(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

/// "NAME/PATH" in two; empty parts when there is no such form.
std::pair<std::string_view, std::string_view> NameAndPath(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return {};
  return {text.substr(0, slash), text.substr(slash + 1)};
}

Result<std::string> AddressPlace(std::string_view address) {
  if (address.find_first_of("@?#") == std::string_view::npos) return "S3(" + sql::QuoteString(address) + ")";
  return MakeError(ErrorCode::kInvalidArgument, "the address of a backup holds no credentials: statements are logged",
                   "keep keys in the server (CREATE NAMED COLLECTION) and write s3:COLLECTION/PATH");
}

/// What the database says against a backup, without the addresses in its own binary.
Error ErrorOf(std::string_view text) {
  const auto exception = clickhouse::FindException(text.substr(0, text.find(", Stack trace")), {}, 0);
  if (!exception) return MakeError(ErrorCode::kDatabaseError, "the database gave no reason");
  return clickhouse::ToError(*exception);
}

Error WithAdvice(Error error) {
  for (const auto& [code, hint] : kAdvice) {
    if (error.database_code == code) error.hint = hint;
  }
  return error;
}

uint64_t Number(const Json& value) {
  return static_cast<uint64_t>(value.get<double>());
}

}  // namespace

Result<std::string> BackupPlace(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || HasControls(text)) return NoPlace(text);
  const std::string_view kind = text.substr(0, colon), rest = text.substr(colon + 1);
  if (kind == "file" && !rest.empty()) return "File(" + sql::QuoteString(rest) + ")";
  if (kind == "s3" && (rest.starts_with("https://") || rest.starts_with("http://"))) return AddressPlace(rest);
  const auto [name, path] = NameAndPath(rest);
  if (name.empty() || path.empty() || name.ends_with(':')) return NoPlace(text);
  if (kind == "disk") return "Disk(" + sql::QuoteString(name) + ", " + sql::QuoteString(path) + ")";
  if (kind == "s3") return "S3(" + sql::QuoteIdentifier(name) + ", " + sql::QuoteString(path) + ")";
  return NoPlace(text);
}

std::string BackupSql(const BackupPlan& plan, const Layout& layout) {
  std::vector<std::string> databases, except;
  for (const auto& name : plan.databases) databases.push_back("DATABASE " + sql::QuoteIdentifier(name));
  for (const auto& table : plan.except) {
    except.push_back(sql::QuoteIdentifier(plan.databases.front()) + "." + sql::QuoteIdentifier(table));
  }
  return (plan.restore ? "RESTORE " : "BACKUP ") + Join(databases, ", ") +
         (except.empty() ? "" : " EXCEPT TABLES " + Join(except, ", ")) + OnCluster(layout) +
         (plan.restore ? " FROM " : " TO ") + plan.place + " SETTINGS id = " + sql::QuoteString(plan.id) +
         (plan.base.empty() ? "" : ", base_backup = " + plan.base) + " ASYNC";
}

Status StartBackup(const RequestContext& context, clickhouse::Client& client, const BackupPlan& plan,
                   const Layout& layout) {
  Status started = client.Execute(context, BackupSql(plan, layout), "system");
  if (started || started.error().unsent) return started;
  // A statement whose answer was lost, and which was sent again, is refused for its id.
  if (ReadBackupState(context, client, plan.id)) return Ok();
  return WithAdvice(std::move(started).error());
}

Result<BackupState> ReadBackupState(const RequestContext& context, clickhouse::Client& client, const std::string& id) {
  const Result<Json> rows = ReadAll(context, client, {.sql = kState, .parameters = {{"id", id}}, .database = "system"});
  if (!rows) return rows.error();
  if (rows->empty()) {
    return MakeError(ErrorCode::kConflict, "the database does not know " + id + ": it was restarted meanwhile",
                     "what was going on is not complete; run the command again, a backup with another name");
  }
  const Json& row = rows->front();
  const std::string status = row.at(0).get<std::string>();
  BackupState state;
  state.ended = status != "CREATING_BACKUP" && status != "RESTORING";
  state.files = Number(row.at(2));
  state.bytes = Number(row.at(3));
  state.written = Number(row.at(4));
  state.read = Number(row.at(5));
  const bool good = status == "BACKUP_CREATED" || status == "RESTORED";
  if (state.ended && !good) state.error = WithAdvice(ErrorOf(row.at(1).get<std::string>()));
  return state;
}

Result<Occupied> ReadOccupied(const RequestContext& context, clickhouse::Client& client, const std::string& database) {
  const Result<Json> rows =
      ReadAll(context, client, {.sql = kFilled, .parameters = {{"database", database}}, .database = "system"});
  if (!rows) return rows.error();
  Occupied occupied;
  for (const Json& row : *rows) {
    std::string name = row.at(0).get<std::string>();
    if (name == kHistoryTable) {
      occupied.has_history = true;
    } else {
      occupied.tables.push_back(std::move(name));
    }
  }
  return occupied;
}

}  // namespace chimera::schema
