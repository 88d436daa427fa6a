// What the command line can do, one function a command. Each returns the process's exit code: 0 done, 1 failed (the
// reason is on stderr), 2 used wrongly.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "config/config.h"
#include "engine/engine.h"

namespace chimera::app {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kMisused = 2;

struct ServeOptions {
  std::string http;       ///< HOST:PORT; empty: stdio
  bool demo = false;      ///< fill empty tables with the sample data
  bool hints = false;     ///< print how to connect
  bool insecure = false;  ///< over HTTP: whoever reaches the address may call
};
int Serve(const config::Config& config, const ServeOptions& options, std::stop_token stop);

struct EngineCommand {
  std::string data;
  std::string socket;
  std::string listen;  ///< HOST:PORT
  http::TlsFiles tls;
  std::vector<std::string> users;  ///< NAME:PASSWORD[:readonly]
  std::string users_file;
  int idle_exit_seconds = 0;
  bool unconfined = false;
  std::string library;
};
int RunEngine(const EngineCommand& command, std::stop_token stop);

/// With `print`, writes the statements for an empty server to stdout instead of running any.
int SchemaApply(const config::Config& config, bool print, std::stop_token stop);
int SchemaStatus(const config::Config& config, std::stop_token stop);
/// How long rows stay; with `apply`, makes the tables do what is declared. kFailed when they do not.
int SchemaRetention(const config::Config& config, bool apply, std::stop_token stop);
/// Where the live tables are not what their migrations make of them. kFailed when there is a difference.
int SchemaDiff(const config::Config& config, bool json, std::stop_token stop);

struct BackupCommand {
  bool restore = false;  ///< the other way
  std::string place;     ///< as schema::BackupPlace reads it
  std::string base;      ///< a backup that this one continues; empty: none
  std::string dataset;   ///< empty: all that are on
  bool json = false;
};
/// Saves the datasets' databases, or restores them where they are not or hold no rows. kFailed when that did not end
/// well.
int Backup(const config::Config& config, const BackupCommand& command, std::stop_token stop);

/// Looks at every row of every declared table, and at the schema. kFailed when something is not as it should be.
int Verify(const config::Config& config, bool json, std::stop_token stop);

/// With `if_empty`, tables that already hold rows are left alone and that is no failure.
int DemoLoad(const config::Config& config, bool if_empty, std::stop_token stop);

struct ImportCommand {
  std::string table;
  std::vector<std::string> files;
  std::string format;             ///< empty: by each file's name
  std::vector<std::string> map;   ///< FILE_COLUMN=TABLE_COLUMN
  std::vector<std::string> skip;  ///< columns of the file
  bool dry_run = false;
  uint32_t days = 0;
  uint64_t max_errors = 0;
  std::string reject;  ///< file for refused records; empty: none
  uint64_t batch_rows = 50'000;
  unsigned jobs = 2;
  std::string again;
  bool without_deduplication = false;
  bool json = false;
};
/// Stores the files' rows; the summary goes to stdout, progress to stderr. kFailed when it ended before all files were
/// read, or when a dry run found more than `max_errors` bad records.
int Import(const config::Config& config, const ImportCommand& command, std::stop_token stop);

/// What waits in the buffer. kFailed when something has waited for more than a minute, or is a dead letter.
int IngestStatus(const config::Config& config, bool json, std::stop_token stop);
/// Has what waits for `table` (empty: all) stored, within `seconds`.
int IngestFlush(const config::Config& config, const std::string& table, int seconds, std::stop_token stop);

struct DeadLetterCommand {
  std::string table;          ///< empty: all
  std::vector<uint64_t> ids;  ///< empty: all of them
  bool mirror = false;        ///< those of the second database
  bool discard = false;
  bool json = false;
};
/// Prints the rows that could not be stored, and why; or drops them.
int ShowDeadLetters(const config::Config& config, const DeadLetterCommand& command, std::stop_token stop);
/// Lets them wait again.
int ReplayDeadLetters(const config::Config& config, const DeadLetterCommand& command, std::stop_token stop);

struct MirrorCommand {
  std::string table;  ///< empty: all
  int seconds = 60;   ///< that storing what waits may take
  bool json = false;
};
/// What waits for each of the two databases of a mirror, and whether writes are frozen.
int MirrorStatus(const config::Config& config, bool json, std::stop_token stop);
/// Prints where the two differ. kFailed when they do.
int MirrorCompare(const config::Config& config, const MirrorCommand& command, std::stop_token stop);
/// Has all servers that share the buffer refuse new writes, or take them again.
int MirrorFreeze(const config::Config& config, bool frozen, std::stop_token stop);
/// Freezes, compares, and prints what to change; where they differ, kFailed, and writes are taken again.
int MirrorSwitch(const config::Config& config, const MirrorCommand& command, std::stop_token stop);

struct ExportCommand {
  std::string table;
  std::string to = "-";  ///< "-": standard output
  std::string format;    ///< empty: by the file's name; csv on standard output
  std::string since;     ///< included
  std::string until;     ///< not included, but a day without a time is
  uint32_t days = 0;
  std::vector<std::string> columns;  ///< empty: all
};
/// Writes the table's rows as Import reads them.
int Export(const config::Config& config, const ExportCommand& command, std::stop_token stop);
struct DatasetCheckCommand {
  std::vector<std::string> folders;
  bool json = false;
  bool database = false;  ///< then `CheckDatasets` needs a configuration
};
/// Prints every mistake in the folders with file and line. With `config`, those without any are then tried on its
/// database. kFailed when something is wrong.
int CheckDatasets(const config::Config* config, const DatasetCheckCommand& command, const std::stop_token& stop);

struct DatasetNewCommand {
  std::string name;
  std::string table;         ///< "db.table"
  std::string folder = ".";  ///< where the folder `name` is made
};
/// Writes a dataset folder for a live table. kFailed when the folder is there already: nothing is overwritten.
int NewDataset(const config::Config& config, const DatasetNewCommand& command, const std::stop_token& stop);

struct TokenCommand {
  std::string name;
  std::string scopes = "read";  ///< separated by commas
};
/// Prints a fresh token on stdout, and on stderr the line of the token file that belongs to it.
int NewToken(const TokenCommand& command);

int ListTools(const config::Config& config, bool json);

struct CallCommand {
  std::string tool;
  std::vector<std::string> pairs;  ///< key=value
  std::string json;                ///< the arguments as one JSON object; excludes pairs
};
int CallTool(const config::Config& config, const CallCommand& command, std::stop_token stop);

/// Looks at everything between here and the data and prints what it finds; with `json`, as one object. kFailed when
/// something is wrong.
int ShowStatus(const config::Config& config, bool json, std::stop_token stop);

/// Flags over environment over `file` (a path; empty: the first that exists of the usual ones, or none).
Result<config::SettingValues> CollectSettings(const config::SettingMap& flags, const std::string& file);

/// The settings in force by source, as a settings file without its passwords; or as one JSON object.
int PrintSettings(const config::Config& config, const config::SettingValues& values, bool json);

struct ClientConfigCommand {
  std::string name;                ///< of a ClientHost; empty: list them
  std::optional<std::string> url;  ///< of a running server; without it, the host starts one
};
/// Prints a host's configuration on stdout, and on stderr where it belongs. kMisused for an unknown name or a URL that
/// is none.
int ShowClientConfig(const config::Config& config, const ClientConfigCommand& command);

struct CheckCommand {
  std::string sql;
  bool jsonl = false;                     ///< read {"sql": …} lines from stdin instead
  std::vector<std::string> functions;     ///< see sql::ReadPolicy
  std::vector<std::string> dictionaries;  ///< the same
};
/// Prints what the read gate says of the statement, where and what to write instead; kFailed when it refuses. With
/// `jsonl`, an object a line, until stdin ends, whatever a line holds; then always kDone. Needs no configuration.
int CheckSql(const CheckCommand& command);

/// "chimera-mcp: message" and the hint on stderr; returns kFailed.
int Report(const Error& error);

}  // namespace chimera::app
