// A look at everything between this program and its data, step by step: what `chimera-mcp status` prints. A step that
// failed says why; those that need it are skipped.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "config/config.h"

namespace chimera::app {

enum class StepState {
  kOk,
  kNote,
  kDown,  ///< failed, and another host does its work
  kBroken,
  kSkipped,
};

struct Step {
  std::string name;  ///< "dns", "tcp", "tls", "http", "engine", "login", "database", …
  StepState state = StepState::kOk;
  std::string text = {};            ///< what was found, for people
  std::optional<double> ms = {};    ///< how long it took
  std::optional<Error> error = {};  ///< of kBroken and kDown
  Json facts = Json::object();      ///< what was found, for programs
};

struct TableFacts {
  std::string database;
  std::string name;
  std::optional<uint64_t> rows;   ///< absent: the server does not know, or does not tell this account
  std::optional<uint64_t> bytes;  ///< stored, compressed
  std::optional<uint64_t> parts;
  std::string time_column = {};  ///< that tells how fresh it is; empty: none is declared
  std::string newest = {};       ///< its greatest value, ISO 8601 in UTC; empty: no rows, or not readable
  std::optional<int64_t> age_seconds = {};
};

struct StatusReport {
  bool embedded = false;
  std::string address;  ///< where the data lives, for people
  std::string database;
  size_t hosts = 0;  ///< that the configuration names
  std::vector<Step> steps;
  std::vector<TableFacts> tables;

  bool Fine() const;    ///< nothing failed that has to work
  size_t Down() const;  ///< hosts that do not answer while others do
};

/// Blocks, ten seconds at most a step. Starts an embedded engine that is not running, if there is a data folder. Writes
/// no row. An error is one of the configuration.
Result<StatusReport> LookAtEverything(const config::Config& config, std::stop_token stop);

/// In lines of `columns` characters where they can be broken; 0: whole lines, for other programs.
std::string StatusText(const StatusReport& report, size_t columns);
/// One object; docs/operations.md describes it.
Json StatusJson(const StatusReport& report);

}  // namespace chimera::app
