// The command line of schema, demo, verify, import, export.
#include "app/invocation.h"
#include "transfer/importer.h"

namespace chimera::app {
namespace {

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
      ->check(CLI::Range(1u, transfer::kMostJobs));
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

}  // namespace

void AddDataCommands(CLI::App& app, Invocation& invocation) {
  AddData(app, invocation);
  AddBackup(app, invocation);
  AddImport(app, invocation);
  AddExport(app, invocation);
}

}  // namespace chimera::app
