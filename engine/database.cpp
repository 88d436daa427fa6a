#include "engine/database.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <vector>

#include "engine/connection_state.h"
#include "engine/exception.h"
#include "sql/lexer.h"

namespace chimera::engine {
namespace {

const Pairs kNoParameters;

Error SystemError(const std::string& what) {
  return MakeError(ErrorCode::kIoError, what + ": " + std::strerror(errno));
}

/// Runs an internal statement and gives its rows as fields, escaped as in TSV.
Result<std::vector<std::vector<std::string>>> ReadTable(chdb::Connection& connection, std::string_view sql) {
  chdb::Block block = connection.Query({sql, "TSV", kNoParameters});
  if (!block.Exception().empty()) return ParseException(block.Exception());
  std::vector<std::vector<std::string>> rows;
  std::string_view rest = block.Bytes();
  while (!rest.empty()) {
    auto& row = rows.emplace_back(1);
    for (; !rest.empty() && rest.front() != '\n'; rest.remove_prefix(1)) {
      if (rest.front() == '\t')
        row.emplace_back();
      else
        row.back() += rest.front();
    }
    if (!rest.empty()) rest.remove_prefix(1);
  }
  return rows;
}

// Table engines that are files, other servers or programs; SOURCES are the table functions of that kind.
constexpr const char* kOutsideEngines[] = {
    "File",    "FileLog",  "URL",   "S3",         "S3Queue",       "AzureBlobStorage", "HDFS",
    "MongoDB", "MySQL",    "Redis", "PostgreSQL", "Kafka",         "SQLite",           "ODBC",
    "JDBC",    "RabbitMQ", "NATS",  "Executable", "ExecutablePool"};

/// What everybody may do inside: accounts are the front's. The scalar function file() knows no grants.
std::string Users() {
  std::string grants = "<query>GRANT ALL ON *.* WITH GRANT OPTION</query><query>REVOKE SOURCES ON *.*</query>";
  for (const std::string engine : kOutsideEngines) grants += "\n<query>REVOKE TABLE ENGINE ON " + engine + "</query>";
  return "<clickhouse><profiles><default/></profiles><quotas><default/></quotas><users><default>\n"
         "<password></password><profile>default</profile><quota>default</quota><networks><ip>::/0</ip></networks>\n"
         "<grants>" +
         grants + "</grants>\n</default></users></clickhouse>\n";
}

Status WriteText(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  return file ? Ok() : Status(SystemError("cannot write " + path));
}

/// The configuration of the library, which would otherwise take ./config.xml of the working directory.
Result<std::string> WriteConfiguration(const std::string& folder, const DatabaseOptions& options) {
  const std::string path = folder + "/engine.xml", users = folder + "/users.xml";
  std::string text = "<clickhouse>\n";
  text += "  <backups><allowed_path>" + folder + "/backups/</allowed_path></backups>\n";
  if (options.max_memory_bytes > 0)
    text += "  <max_server_memory_usage>" + std::to_string(options.max_memory_bytes) + "</max_server_memory_usage>\n";
  if (!options.reaches_outside) {
    text += "  <users_config>" + users + "</users_config>\n";
    text +=
        "  <access_control_improvements><table_engines_require_grant>true</table_engines_require_grant>"
        "</access_control_improvements>\n";
  }
  if (Status written = WriteText(users, Users()); !written) return written.error();
  if (Status written = WriteText(path, text + "</clickhouse>\n"); !written) return written.error();
  return path;
}

}  // namespace

Status DetachStandardStreams() {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return SystemError("cannot open /dev/null");
  const bool moved = dup2(null, STDIN_FILENO) >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0;
  if (null > STDERR_FILENO) close(null);
  return moved ? Ok() : Status(SystemError("cannot move stdin and stdout away"));
}

Database::Database(std::unique_ptr<chdb::Library> library, std::string path_argument, chdb::Connection root)
    : library_(std::move(library)), path_argument_(std::move(path_argument)), root_(std::move(root)) {}

Result<std::unique_ptr<Database>> Database::Open(std::unique_ptr<chdb::Library> library, const std::string& folder,
                                                 const DatabaseOptions& options) {
  auto configuration = WriteConfiguration(folder, options);
  if (!configuration) return configuration.error();
  setenv("TZ", "UTC", 1);  // the library has no other way to be told the server's time zone
  const std::string path_argument = "--path=" + folder;
  auto root = library->Connect({path_argument, "--config-file=" + *configuration});
  if (!root) {
    return MakeError(ErrorCode::kIoError,
                     "the data in " + folder + " cannot be opened; the reason is in the lines above",
                     "check that the folder was written by this version and that the disk is not full");
  }
  std::unique_ptr<Database> database(new Database(std::move(library), path_argument, std::move(root).value()));
  if (Status learnt = database->Learn(); !learnt) return learnt.error();
  return database;
}

Status Database::Learn() {
  auto facts = ReadTable(root_, "SELECT version(), timezone(), hostName()");
  if (!facts) return facts.error();
  version_ = (*facts)[0][0];
  timezone_ = (*facts)[0][1];
  display_name_ = (*facts)[0][2];
  auto settings = ReadTable(root_, "SELECT name, value FROM system.settings");
  if (!settings) return settings.error();
  for (const auto& row : *settings) settings_[row[0]] = row.at(1);
  auto formats = ReadTable(root_, "SELECT name, content_type FROM system.formats WHERE is_output");
  if (!formats) return formats.error();
  for (const auto& row : *formats) content_types_[row[0]] = row.at(1);
  return Ok();
}

std::string Database::ContentType(const std::string& format) const {
  const auto found = content_types_.find(format);
  return found == content_types_.end() ? "text/plain; charset=UTF-8" : found->second;
}

Result<chdb::Connection> Database::Connect(const QueryRequest& request) const {
  // Without implicit_select=0, `garbage foo` would be taken for SELECT garbage AS foo.
  std::vector<std::string> arguments = {path_argument_, "--implicit_select=0"};
  arguments.push_back("--" + std::string(kQueryIdSetting) + "=" + request.query_id);
  // For a read-only account the settings come last: each must be what is in force anyway.
  if (request.account.readonly) arguments.push_back("--readonly=1");
  const Pairs settings = request.account.readonly ? Pairs() : request.settings;
  for (const auto& [name, value] : settings) arguments.push_back("--" + name + "=" + value);
  auto connection = library_->Connect(arguments);
  if (!connection) return ExplainRefusal(settings);
  if (request.account.readonly) {
    if (Status set = SetSettings(*connection, request.settings); !set) return set.error();
  }
  if (request.database.empty() || request.database == "default") return connection;
  // The library ignores --database; USE works under readonly=1 too.
  if (Status used = UseDatabase(*connection, request.database); !used) return used.error();
  return connection;
}

/// Finds the setting that a connection was refused for, to answer what a server would: the library prints it only.
Error Database::ExplainRefusal(const Pairs& settings) const {
  auto connection = library_->Connect({path_argument_});
  if (!connection) return connection.error();
  if (Status set = SetSettings(*connection, settings); !set) return set.error();
  return ParseException("the engine refused the connection's settings");
}

void Database::Kill(const std::string& query_id) const {
  auto connection = library_->Connect({path_argument_});
  if (!connection) return;
  // Never SYNC: it can wait for ever on a query that waits for its client.
  const std::string sql =
      "KILL QUERY WHERE Settings['" + std::string(kQueryIdSetting) + "'] = " + sql::QuoteString(query_id) + " ASYNC";
  connection->Query({sql, "Null", kNoParameters});
}

}  // namespace chimera::engine
