// A command line that was parsed, and the parts of the parser, a file for each kind of command.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>

#include "app/commands.h"

namespace chimera::app {

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

/// serve, engine: what is parsed goes into `invocation`, which must outlive `app`.
void AddServing(CLI::App& app, Invocation& invocation);
/// schema, demo, verify, import, export: what is parsed goes into `invocation`, which must outlive `app`.
void AddDataCommands(CLI::App& app, Invocation& invocation);
/// ingest …: what is parsed goes into `invocation`, which must outlive `app`.
void AddIngestCommands(CLI::App& app, Invocation& invocation);
/// dataset …: what is parsed goes into `invocation`, which must outlive `app`.
void AddDatasetCommands(CLI::App& app, Invocation& invocation);
/// status, tools, call, token, client-config, check: what is parsed goes into `invocation`, which must outlive `app`.
void AddCallerCommands(CLI::App& app, Invocation& invocation);

}  // namespace chimera::app
