// The command line of ingest ….
#include "app/invocation.h"

namespace chimera::app {
namespace {

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

}  // namespace

void AddIngestCommands(CLI::App& app, Invocation& invocation) {
  AddIngest(app, invocation);
  AddDeadLetters(app, invocation);
  AddMirror(app, invocation);
}

}  // namespace chimera::app
