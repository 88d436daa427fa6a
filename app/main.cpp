// The command line: reads arguments and configuration, wires the parts, owns signals and lifetime.

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <optional>

#include "app/cancellation.h"
#include "app/commands.h"
#include "app/hidden_arguments.h"
#include "app/misuse.h"
#include "app/version.h"
#include "base/log.h"

namespace chimera::app {
namespace {

constexpr char kExamples[] = R"(Examples:
  chimera-mcp serve                                MCP over stdio, on the embedded ClickHouse
  chimera-mcp serve --http 127.0.0.1:8080 --demo   MCP at http://127.0.0.1:8080/mcp, with sample data
  CH_HOST=db.example CH_PASSWORD=… chimera-mcp serve
                                                   the same tools over a ClickHouse of yours, by TLS
  chimera-mcp call query sql='SELECT count() FROM bench_runs'
  chimera-mcp call get.correlation_data days=7
  chimera-mcp import llm_events calls.csv.gz       store the rows of files; run again, it goes on
  chimera-mcp tools --json                         what agents see
  chimera-mcp status                               is everything well between here and the data
  chimera-mcp client-config claude-desktop         what to tell a client of this server
  chimera-mcp check 'SELECT 1; DROP TABLE t'       would an agent's SQL pass, and why not

Without CH_HOST the data lives in CHIMERA_DATA_DIR (default: your XDG data folder).)";

constexpr char kEngineExamples[] = R"(Examples:
  chimera-mcp engine --data ./data --listen 127.0.0.1:8123
      then: curl http://127.0.0.1:8123/ -d 'SELECT version()'
      or:   CH_HOST=127.0.0.1 CH_PORT=8123 CH_SECURE=false chimera-mcp schema apply
  chimera-mcp engine --data ./data --listen 0.0.0.0:8443 --tls-cert cert.pem --tls-key key.pem --users-file users
      where `users` has a line for each account, such as agent:PASSWORD or viewer:PASSWORD:readonly
  chimera-mcp engine --data ./data --socket ./engine.sock --idle-exit 300
      then: curl --unix-socket ./engine.sock http://localhost/ -d 'SELECT version()'

`serve` and the other commands start an engine of their own where CH_HOST is unset: this command is for other clients.)";

// What --http and --listen take.
CLI::Validator Address() {
  return {[](std::string& text) {
            const auto address = config::ParseHostPort(text);
            return address.ok() ? std::string() : address.error().message + "; " + address.error().hint;
          },
          "HOST:PORT"};
}

using Command = std::function<int(const config::Config&, std::stop_token)>;

// What was parsed, and what to run with it.
struct Invocation {
  config::SettingMap flags;
  std::string settings_file;
  std::optional<config::SettingValues> values;
  ServeOptions serve;
  TokenCommand token;
  EngineCommand engine;
  CallCommand call;
  ImportCommand import;
  ExportCommand to_file;
  ClientConfigCommand client;
  CheckCommand check;
  DatasetCheckCommand dataset_check;
  DatasetNewCommand dataset_new;
  BackupCommand backup;
  bool if_empty = false;
  bool tools_json = false;
  bool settings_json = false;
  bool status_json = false;
  bool print_schema = false;
  bool apply_retention = false;
  bool diff_json = false;
  bool verify_json = false;
  bool ingest_json = false;
  int flush_seconds = 60;
  DeadLetterCommand dead_letters;
  MirrorCommand mirror;
  Command command;
  std::function<int()> without_settings;  // instead of `command`: whatever the configuration, it must work
};

void AddServe(CLI::App& app, Invocation& invocation) {
  auto* serve = app.add_subcommand("serve", "serve MCP over stdio, or over HTTP");
  serve->add_option("--http", invocation.serve.http, "HOST:PORT to serve http://HOST:PORT/mcp on")->check(Address());
  serve->add_flag("--demo", invocation.serve.demo, "fill empty tables with sample data first");
  serve->add_flag("--hints", invocation.serve.hints, "print how to connect");
  serve->add_flag("--insecure", invocation.serve.insecure,
                  "over HTTP, let whoever reaches the address call, without tokens or client certificates");
  serve->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) { return Serve(config, invocation.serve, stop); };
  });
}

void AddEngine(CLI::App& app, Invocation& invocation) {
  auto* engine = app.add_subcommand("engine", "serve ClickHouse's HTTP interface over the embedded engine");
  engine->add_option("--data", invocation.engine.data, "data folder; made if missing")->required();
  auto* where = engine->add_option_group("address")->require_option(1);
  where->add_option("--socket", invocation.engine.socket, "Unix socket to listen on");
  where->add_option("--listen", invocation.engine.listen, "HOST:PORT to listen on; port 0 takes a free one")
      ->check(Address());
  auto* certificate = engine->add_option("--tls-cert", invocation.engine.tls.certificate,
                                         "serve HTTPS with this certificate and chain (PEM)");
  auto* key = engine->add_option("--tls-key", invocation.engine.tls.key, "the certificate's private key (PEM)");
  certificate->needs(key)->excludes("--socket");
  key->needs(certificate);
  engine
      ->add_option("--tls-client-ca", invocation.engine.tls.client_ca,
                   "let clients in only with a certificate that one of these signed (PEM)")
      ->needs(certificate);
  engine
      ->add_option("--user", invocation.engine.users,
                   "NAME:PASSWORD[:readonly]; may be repeated; others on this machine can read it")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  engine->add_option("--users-file", invocation.engine.users_file, "file of such lines, which others cannot read");
  engine->add_option("--idle-exit", invocation.engine.idle_exit_seconds, "leave after so many idle seconds; 0: never")
      ->check(CLI::NonNegativeNumber);
  engine->add_option("--library", invocation.engine.library, "path of libchdb.so");
  engine->add_flag(
      "--unconfined", invocation.engine.unconfined,
      "let statements reach every file and address that this user may, as for an import by file() or url()");
  engine->footer(kEngineExamples);
  engine->callback([&invocation] {
    invocation.command = [&](const config::Config& config, auto stop) {
      if (invocation.engine.library.empty()) invocation.engine.library = config.engine.library;
      return RunEngine(invocation.engine, stop);
    };
  });
}

void AddData(CLI::App& app, Invocation& invocation) {
  auto* schema = app.add_subcommand("schema", "the datasets' migrations");
  schema->require_subcommand(1);
  auto* apply = schema->add_subcommand("apply", "create the databases and apply what is pending");
  apply->add_flag("--print", invocation.print_schema, "print the statements for an empty server, and run none");
  apply->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) {
      return SchemaApply(config, invocation.print_schema, stop);
    };
  });
  schema->add_subcommand("status", "list the migrations; exit code 1 when some are pending")->callback([&invocation] {
    invocation.command = SchemaStatus;
  });
  auto* retention = schema->add_subcommand("retention", "how long rows stay; exit code 1 when tables do otherwise");
  retention->add_flag("--apply", invocation.apply_retention, "make the tables do what is declared");
  retention->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) {
      return SchemaRetention(config, invocation.apply_retention, stop);
    };
  });
  auto* diff = schema->add_subcommand("diff", "compare the tables with their migrations; exit code 1 when they differ");
  diff->add_flag("--json", invocation.diff_json, "as JSON");
  diff->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) { return SchemaDiff(config, invocation.diff_json, stop); };
  });
  auto* verify = app.add_subcommand("verify", "check every row and the schema against what the datasets declare");
  verify->add_flag("--json", invocation.verify_json, "as one JSON object");
  verify->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) { return Verify(config, invocation.verify_json, stop); };
  });
  auto* demo = app.add_subcommand("demo", "sample data");
  demo->require_subcommand(1);
  auto* load = demo->add_subcommand("load", "fill the tables with sample data dated relative to now");
  load->add_flag("--if-empty", invocation.if_empty, "leave tables that hold rows alone, without an error");
  load->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) { return DemoLoad(config, invocation.if_empty, stop); };
  });
}

void AddBackup(CLI::App& app, Invocation& invocation) {
  BackupCommand& command = invocation.backup;
  constexpr char kPlace[] = "file:NAME, disk:DISK/PATH, s3:COLLECTION/PATH or s3:https://HOST/BUCKET/PATH";
  auto* schema = app.get_subcommand("schema");
  auto* backup = schema->add_subcommand("backup", "save the datasets' databases by ClickHouse's BACKUP");
  backup->add_option("--to", command.place, kPlace)->required();
  backup->add_option("--base", command.base, "an earlier backup: only what is new since then is saved");
  auto* restore = schema->add_subcommand("restore", "bring back what is not there; rows are never written over");
  restore->add_option("--from", command.place, kPlace)->required();
  for (auto* either : {backup, restore}) {
    either->add_option("--dataset", command.dataset, "this one alone");
    either->add_flag("--json", command.json, "the outcome as JSON");
    either->callback([&invocation, is_restore = either == restore] {
      invocation.backup.restore = is_restore;
      invocation.command = [&](const auto& config, auto stop) { return Backup(config, invocation.backup, stop); };
    });
  }
}

void AddImport(CLI::App& app, Invocation& invocation) {
  ImportCommand& command = invocation.import;
  auto* import =
      app.add_subcommand("import", "store the rows of files; run again, it continues and stores nothing twice");
  import->add_option("table", command.table, "table, or database.table")->required();
  import->add_option("files", command.files, "CSV, TSV, JSON lines or Parquet, also .gz and .zst; - is stdin")
      ->required();
  import->add_option("--format", command.format, "csv, tsv, jsonl or parquet; otherwise by the name's ending");
  import->add_option("--map", command.map, "FILE_COLUMN=TABLE_COLUMN; may be repeated")->allow_extra_args(false);
  import->add_option("--skip", command.skip, "column of the file to leave out; may be repeated")
      ->allow_extra_args(false);
  import->add_flag("--dry-run", command.dry_run, "check every row, store nothing");
  import->add_option("--days", command.days, "only rows of the last so many days");
  import->add_option("--max-errors", command.max_errors, "how many bad records are left out before it stops")
      ->capture_default_str();
  import->add_option("--reject", command.reject, "append bad records with line and reason to this file (JSON lines)");
  import->add_option("--batch-rows", command.batch_rows, "records of a batch")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  import->add_option("--jobs", command.jobs, "batches checked and stored at the same time")
      ->capture_default_str()
      ->check(CLI::Range(1, 16));
  import->add_option("--again", command.again, "store files that were imported before once more, under this name");
  import->add_flag("--without-deduplication", command.without_deduplication,
                   "import into a table that cannot recognise a batch that comes twice");
  import->add_flag("--json", command.json, "summary as one JSON object");
  import->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) { return Import(config, invocation.import, stop); };
  });
}

void AddExport(CLI::App& app, Invocation& invocation) {
  ExportCommand& command = invocation.to_file;
  auto* to_file = app.add_subcommand("export", "write a table's rows as import reads them");
  to_file->add_option("table", command.table, "table, or database.table")->required();
  to_file->add_option("--to", command.to, "file, packed where it ends in .gz or .zst; otherwise stdout");
  to_file->add_option("--format", command.format, "csv, tsv, jsonl or parquet; otherwise by the name's ending");
  auto* since = to_file->add_option("--since", command.since, "rows from this time on");
  auto* until = to_file->add_option("--until", command.until, "rows before this time, or to the end of this day");
  to_file->add_option("--days", command.days, "rows of the last so many days")->excludes(since)->excludes(until);
  to_file->add_option("--columns", command.columns, "columns, separated by commas")->delimiter(',');
  to_file->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) { return Export(config, invocation.to_file, stop); };
  });
}

void AddIngest(CLI::App& app, Invocation& invocation) {
  auto* ingest = app.add_subcommand("ingest", "buffered writes: what waits, and what could not be stored");
  ingest->require_subcommand(1);
  auto* status = ingest->add_subcommand(
      "status", "what waits, by table; exit code 1 when something waits for more than a minute or is a dead letter");
  status->add_flag("--json", invocation.ingest_json, "as one JSON object");
  status->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) {
      return IngestStatus(config, invocation.ingest_json, stop);
    };
  });
  auto* flush = ingest->add_subcommand("flush", "store what waits now");
  flush->add_option("table", invocation.dead_letters.table, "table, or database.table; otherwise all");
  flush->add_option("--timeout", invocation.flush_seconds, "seconds that it may take")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  flush->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) {
      return IngestFlush(config, invocation.dead_letters.table, invocation.flush_seconds, stop);
    };
  });
}

void AddDeadLetters(CLI::App& app, Invocation& invocation) {
  DeadLetterCommand& command = invocation.dead_letters;
  auto* ingest = app.get_subcommand("ingest");
  auto* letters = ingest->add_subcommand("dead-letter", "the rows that could not be stored, and why");
  auto* replay = ingest->add_subcommand("replay", "let such rows wait again, when what kept them out is mended");
  for (auto* subcommand : {letters, replay}) {
    subcommand->add_option("table", command.table, "table, or database.table; otherwise all");
    subcommand->add_option("--id", command.ids, "these alone; repeatable")->allow_extra_args(false);
    subcommand->add_flag("--mirror", command.mirror, "those of the second database (CHIMERA_MIRROR)");
  }
  letters->add_flag("--discard", command.discard, "drop them for good");
  letters->add_flag("--json", command.json, "each as a line of JSON");
  letters->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) {
      return ShowDeadLetters(config, invocation.dead_letters, stop);
    };
  });
  replay->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) {
      return ReplayDeadLetters(config, invocation.dead_letters, stop);
    };
  });
}

void AddMirror(CLI::App& app, Invocation& invocation) {
  MirrorCommand& command = invocation.mirror;
  auto* mirror = app.get_subcommand("ingest")->add_subcommand("mirror", "two databases at once (CHIMERA_MIRROR)");
  mirror->require_subcommand(1);
  auto* status = mirror->add_subcommand("status", "what waits for each of the two");
  auto* compare = mirror->add_subcommand("compare", "where their rows differ; exit code 1 when they do");
  auto* change = mirror->add_subcommand("switch", "freeze writes, compare, and say what to change");
  compare->add_option("table", command.table, "table, or database.table; otherwise all");
  for (auto* subcommand : {status, compare, change}) {
    subcommand->add_flag("--json", command.json, "as one JSON object");
    if (subcommand == status) continue;
    subcommand->add_option("--timeout", command.seconds, "seconds that storing what waits may take")
        ->check(CLI::Range(1, 86'400))
        ->capture_default_str();
  }
  status->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) {
      return MirrorStatus(config, invocation.mirror.json, stop);
    };
  });
  compare->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) { return MirrorCompare(config, invocation.mirror, stop); };
  });
  change->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) { return MirrorSwitch(config, invocation.mirror, stop); };
  });
  mirror->add_subcommand("freeze", "refuse new writes in all servers that share the buffer")->callback([&invocation] {
    invocation.command = [](const auto& config, auto stop) { return MirrorFreeze(config, true, stop); };
  });
  mirror->add_subcommand("thaw", "take them again")->callback([&invocation] {
    invocation.command = [](const auto& config, auto stop) { return MirrorFreeze(config, false, stop); };
  });
}

void AddDataset(CLI::App& app, Invocation& invocation) {
  auto* dataset = app.add_subcommand("dataset", "dataset folders of your own");
  dataset->require_subcommand(1);
  auto* check =
      dataset->add_subcommand("check", "list every mistake in dataset folders; exit code 1 when there is one");
  check->add_option("folders", invocation.dataset_check.folders, "DIR …")->required();
  check->add_flag("--json", invocation.dataset_check.json, "as one JSON object");
  check->add_flag("--database", invocation.dataset_check.database,
                  "then run migrations and analyses in a database of their own, which is dropped");
  check->callback([&invocation] {
    if (!invocation.dataset_check.database) {
      invocation.without_settings = [&] { return CheckDatasets(nullptr, invocation.dataset_check, {}); };
    }
    invocation.command = [&](const auto& config, auto stop) {
      return CheckDatasets(&config, invocation.dataset_check, stop);
    };
  });
}

void AddDatasetNew(CLI::App& app, Invocation& invocation) {
  auto* fresh =
      app.get_subcommand("dataset")->add_subcommand("new", "write a dataset folder for a table that is there");
  fresh->add_option("name", invocation.dataset_new.name, "the dataset's and the folder's name")->required();
  fresh->add_option("--from-table", invocation.dataset_new.table, "DATABASE.TABLE")->required();
  fresh->add_option("--to", invocation.dataset_new.folder, "where the folder is made")->capture_default_str();
  fresh->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) {
      return NewDataset(config, invocation.dataset_new, stop);
    };
  });
}

void AddStatus(CLI::App& app, Invocation& invocation) {
  auto* status = app.add_subcommand("status", "check the way to the database, the schema, and how fresh the data is");
  status->add_flag("--json", invocation.status_json, "as one JSON object");
  status->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) {
      return ShowStatus(config, invocation.status_json, stop);
    };
  });
}

void AddTools(CLI::App& app, Invocation& invocation) {
  auto* tools = app.add_subcommand("tools", "list the tools that agents see");
  tools->add_flag("--json", invocation.tools_json, "with schemas, as JSON");
  tools->callback([&invocation] {
    invocation.command = [&](const auto& config, auto) { return ListTools(config, invocation.tools_json); };
  });
  auto* call = app.add_subcommand("call", "call one tool and print its answer");
  call->add_option("tool", invocation.call.tool, "name, such as query.trend")->required();
  auto* pairs = call->add_option("arguments", invocation.call.pairs, "key=value …");
  call->add_option("--json", invocation.call.json, "all arguments as one JSON object")->excludes(pairs);
  call->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) { return CallTool(config, invocation.call, stop); };
  });
}

void AddToken(CLI::App& app, Invocation& invocation) {
  auto* token = app.add_subcommand("token", "tokens for callers over HTTP");
  token->require_subcommand(1);
  auto* fresh = token->add_subcommand("new", "print a fresh token, and its line for the file of CHIMERA_TOKENS_FILE");
  fresh->add_option("name", invocation.token.name, "who will use it, for logs")->required();
  fresh->add_option("--scopes", invocation.token.scopes, "of read, write and admin, separated by commas")
      ->capture_default_str();
  fresh->callback(
      [&invocation] { invocation.command = [&](const auto&, auto) { return NewToken(invocation.token); }; });
}

void AddClients(CLI::App& app, Invocation& invocation) {
  auto* clients = app.add_subcommand("client-config", "print how a client is told of this server");
  clients->add_option("name", invocation.client.name, "claude-desktop, cursor, …; without one they are listed");
  clients->add_option("--http", invocation.client.url, "URL of a running server; otherwise the client starts one");
  clients->callback([&invocation] {
    invocation.command = [&](const auto& config, auto) { return ShowClientConfig(config, invocation.client); };
  });
}

void AddCheck(CLI::App& app, Invocation& invocation) {
  auto* check =
      app.add_subcommand("check", "say whether the read gate lets a statement pass, and why not; exit code 1");
  auto* sql = check->add_option("sql", invocation.check.sql, "the statement");
  auto* lines = check->add_flag("--jsonl", invocation.check.jsonl, "read {\"sql\": …} lines from stdin, answer each");
  lines->excludes(sql);
  check->add_option("--function", invocation.check.functions, "a user-defined function that is open; repeatable")
      ->allow_extra_args(false);
  check->add_option("--dictionary", invocation.check.dictionaries, "a dictionary that is open; repeatable")
      ->allow_extra_args(false);
  check->callback([&invocation, sql] {
    if (!invocation.check.jsonl && sql->count() == 0) throw CLI::RequiredError("sql or --jsonl");
    invocation.without_settings = [&] { return CheckSql(invocation.check); };
  });
}

// Every setting as a flag; subcommands hand what they do not know up to here.
void AddSettings(CLI::App& app, Invocation& invocation) {
  app.fallthrough();
  app.add_option("--config", invocation.settings_file,
                 "file of NAME=value lines; the environment and flags win over it [chimera-mcp/chimera-mcp.conf in "
                 "the XDG configuration folder, or /etc/chimera-mcp.conf]");
  for (const auto& setting : config::Settings()) {
    if (setting.secret) continue;  // everybody can read the arguments of a process
    app.add_option(config::FlagName(setting.name), invocation.flags[std::string(setting.name)],
                   std::string(setting.meaning) + " [" + std::string(setting.fallback) + "]")
        ->group("Settings, also as environment variables and in a file (CH_HOST is --ch-host; passwords only there)");
  }
  auto* print = app.add_subcommand("config", "print the settings in force and where they come from");
  print->add_flag("--json", invocation.settings_json, "as JSON");
  print->callback([&invocation] {
    invocation.command = [&](const config::Config& config, auto) {
      return PrintSettings(config, *invocation.values, invocation.settings_json);
    };
  });
}

int Run(Invocation& invocation) {
  if (invocation.without_settings) return invocation.without_settings();
  SignalStop signals;
  auto values = CollectSettings(invocation.flags, invocation.settings_file);
  if (!values.ok()) return Report(values.error());
  invocation.values = std::move(*values);
  auto config = config::Load(*invocation.values);
  if (!config.ok()) return Report(config.error());
  log::SetLevel(config->log_level);
  for (const auto& notice : config->notices) log::Warning(notice);
  return invocation.command(*config, signals.Token());
}

// A descriptor that the parent closed would be taken by the next file or socket that is opened, and then written to as
// if it were the log, or read as if it were the client.
void OpenStandardStreams() {
  int opened = 0;
  do {
    opened = ::open("/dev/null", O_RDWR);
  } while (opened >= 0 && opened <= STDERR_FILENO);
  if (opened > STDERR_FILENO) ::close(opened);
}

int ParseAndRun(int argc, char** argv) {
  CLI::App app{"A Model Context Protocol server for ClickHouse", "chimera-mcp"};
  app.set_version_flag("--version", std::string("chimera-mcp ") + kVersion);
  app.require_subcommand(1);
  app.footer(kExamples);
  Invocation invocation;
  AddSettings(app, invocation);
  AddServe(app, invocation);
  AddEngine(app, invocation);
  AddData(app, invocation);
  AddBackup(app, invocation);
  AddImport(app, invocation);
  AddExport(app, invocation);
  AddIngest(app, invocation);
  AddDeadLetters(app, invocation);
  AddMirror(app, invocation);
  AddDataset(app, invocation);
  AddDatasetNew(app, invocation);
  AddStatus(app, invocation);
  AddTools(app, invocation);
  AddToken(app, invocation);
  AddClients(app, invocation);
  AddCheck(app, invocation);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ReportMisuse(app, error);
  }
  HideArguments(argc, argv);
  return Run(invocation);
}

int Main(int argc, char** argv) {
  OpenStandardStreams();
  const int code = ParseAndRun(argc, argv);
  // A full disk or a closed stdout: what was asked for has not arrived.
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 ? code : kFailed;
}

}  // namespace
}  // namespace chimera::app

int main(int argc, char** argv) {
  return chimera::app::Main(argc, argv);
}
