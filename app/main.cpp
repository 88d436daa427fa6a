// The command line: reads arguments and configuration, wires the parts, owns signals and lifetime.

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "app/cancellation.h"
#include "app/commands.h"
#include "app/hidden_arguments.h"
#include "app/invocation.h"
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
  AddServing(app, invocation);
  AddDataCommands(app, invocation);
  AddIngestCommands(app, invocation);
  AddDatasetCommands(app, invocation);
  AddCallerCommands(app, invocation);
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
