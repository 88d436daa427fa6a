// `chimera-mcp schema backup` and `schema restore`: started in the database, followed here.
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>

#include "app/backend.h"
#include "app/commands.h"
#include "app/progress_line.h"
#include "app/text_table.h"
#include "base/text.h"
#include "schema/backup.h"
#include "schema/own_tables.h"

namespace chimera::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes kStatementTime{5};  // one statement; a backup takes as long as it takes
constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::milliseconds kLongestPause{2000};

/// One statement and what became of it.
struct Run {
  schema::BackupPlan plan;
  schema::BackupState state = {};
  double seconds = 0;
  std::optional<Error> error = {};
};

struct Where {
  std::string place, base;  ///< as SQL; `base` may be empty
  std::string folder;       ///< of the embedded engine's backup; empty: elsewhere
};

Error Misplaced(const config::Config& config) {
  return MakeError(
      ErrorCode::kInvalidArgument, "the embedded engine reaches nothing but its own data folder, and no network",
      "write file:NAME, then copy " + config.engine.data_dir + "/clickhouse/backups/NAME to where it shall be kept");
}

Result<Where> WhereOf(const config::Config& config, const BackupCommand& command) {
  auto place = schema::BackupPlace(command.place);
  if (!place) return place.error();
  Where where{*place, "", ""};
  if (!command.base.empty()) {
    auto base = schema::BackupPlace(command.base);
    if (!base) return base.error();
    where.base = *base;
  }
  if (!config.embedded) return where;
  const auto is_file = [](const std::string& text) { return text.empty() || text.starts_with("file:"); };
  if (!is_file(command.place) || !is_file(command.base)) return Misplaced(config);
  where.folder = config.engine.data_dir + "/clickhouse/backups/" + command.place.substr(command.place.find(':') + 1);
  return where;
}

Result<std::vector<std::string>> DatabasesOf(const std::vector<schema::Dataset>& datasets, const std::string& name) {
  std::vector<std::string> databases, names;
  for (const auto& dataset : datasets) {
    names.push_back(dataset.name);
    if (name.empty() || dataset.name == name) databases.push_back(dataset.database);
  }
  if (!databases.empty()) return databases;
  const std::string near = DidYouMean(name, names);
  return MakeError(ErrorCode::kInvalidArgument, "no dataset " + name + " is switched on",
                   near.empty() ? "there are " + Join(names, ", ") : near);
}

/// One backup of all databases; a restore of each, as tables to leave out can only be named for one.
std::vector<Run> RunsOf(const Where& where, const std::vector<std::string>& databases, bool restore) {
  const auto plan = [&](std::vector<std::string> names) {
    return Run{.plan = {.restore = restore,
                        .databases = std::move(names),
                        .except = {},
                        .place = where.place,
                        .base = where.base,
                        .id = (restore ? "chimera_restore_" : "chimera_backup_") + RandomHex(8)}};
  };
  if (!restore) return {plan(databases)};
  std::vector<Run> runs;
  for (const auto& database : databases) runs.push_back(plan({database}));
  return runs;
}

/// A restore goes into nothing, or into tables without rows; what migrations recorded there may stay.
Status MakeRoom(const RequestContext& context, clickhouse::Client& client, schema::BackupPlan& plan) {
  if (!plan.restore) return Ok();
  const std::string& database = plan.databases.front();
  const auto occupied = schema::ReadOccupied(context, client, database);
  if (!occupied) return occupied.error();
  if (!occupied->tables.empty()) {
    return MakeError(ErrorCode::kConflict,
                     "database " + database + " holds rows already (" + Join(occupied->tables, ", ") +
                         "), and a restore never writes over or beside them",
                     "restore into an empty server, or, if these rows may go: DROP DATABASE " + database);
  }
  if (occupied->has_history) plan.except = {std::string(schema::kHistoryTable)};
  return Ok();
}

void Pause(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
}

std::string Figures(const Run& run) {
  const schema::BackupState& state = run.state;
  std::string text;
  if (run.plan.restore && !state.ended) text += Count(state.read) + " of ";
  text += Count(state.files) + " files, " + Bytes(state.bytes);
  if (!run.plan.base.empty()) text += " with its base, " + Bytes(state.written) + " without";
  return text;
}

/// What a progress line shows; written by the one thread, read by the other.
class Shown {
 public:
  void Set(std::string text) {
    const std::lock_guard lock(mutex_);
    text_ = std::move(text);
  }
  std::string Get() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

Status Follow(const std::stop_token& stop, clickhouse::Client& client, Run& run, Clock::time_point start,
              Shown& shown) {
  for (auto pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    auto state = schema::ReadBackupState(RequestContext::For("backup", kStatementTime, stop), client, run.plan.id);
    if (!state) return state.error();
    run.state = *state;
    run.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (state->error) return *state->error;
    if (state->ended) return Ok();
    shown.Set(Figures(run) + ", " + Age(static_cast<int64_t>(run.seconds)));
    Pause(stop, pause);
  }
}

Status Carry(const std::stop_token& stop, clickhouse::Client& client, Run& run, const schema::Layout& layout) {
  const auto context = RequestContext::For("backup", kStatementTime, stop);
  if (Status room = MakeRoom(context, client, run.plan); !room) return room;
  const auto start = Clock::now();
  if (Status started = schema::StartBackup(context, client, run.plan, layout); !started) return started;
  Shown shown;
  shown.Set("started as " + run.plan.id);
  const ProgressLine line([&] { return shown.Get(); });
  Status done = Follow(stop, client, run, start, shown);
  if (!done && done.error().code == ErrorCode::kCancelled && stop.stop_requested()) {
    done.error().hint =
        "it goes on in the database: SELECT status, error FROM system.backups WHERE id = '" + run.plan.id + "'";
  }
  return done;
}

Json ToJson(const Run& run, const BackupCommand& command, const Where& where) {
  Json error;
  if (run.error) {
    error = {{"code", Name(run.error->code)}, {"message", run.error->message}, {"hint", run.error->hint}};
  }
  return {{"id", run.plan.id},
          {"databases", run.plan.databases},
          {"place", command.place},
          {"base", command.base.empty() ? Json() : Json(command.base)},
          {"folder", where.folder.empty() ? Json() : Json(where.folder)},
          {"files", run.state.files},
          {"bytes", run.state.bytes},
          {"bytes_written", run.state.written},
          {"seconds", run.seconds},
          {"complete", run.state.ended && !run.error},
          {"error", error}};
}

void PrintText(const std::vector<Run>& runs, const BackupCommand& command, const Where& where) {
  bool complete = true;
  for (const Run& run : runs) {
    complete = complete && run.state.ended && !run.error;
    if (run.error || !run.state.ended) continue;
    std::printf("%s: %s %s, %s, in %.1f s\n", Join(run.plan.databases, ", ").c_str(),
                command.restore ? "restored from" : "saved to", command.place.c_str(), Figures(run).c_str(),
                run.seconds);
  }
  if (!complete) return;
  if (command.restore) std::puts("Look whether everything is there: chimera-mcp verify");
  if (!command.restore && !where.folder.empty()) std::printf("Keep a copy elsewhere: %s\n", where.folder.c_str());
}

}  // namespace

int Backup(const config::Config& config, const BackupCommand& command, std::stop_token stop) {
  const auto where = WhereOf(config, command);
  if (!where) return Report(where.error()), kMisused;
  if (Status one = CheckNoMirror(config, "schema restore"); command.restore && !one.ok()) return Report(one.error());
  config::Config alone = config;
  alone.clickhouse.write_account.reset();  // what backs up also reads how far it is
  auto backend = Backend::Create(alone);
  if (!backend) return Report(backend.error());
  const auto databases = DatabasesOf((*backend)->Datasets(), command.dataset);
  if (!databases) return Report(databases.error()), kMisused;
  std::vector<Run> runs = RunsOf(*where, *databases, command.restore);
  Json report = Json::array();
  std::optional<Error> error;
  for (Run& run : runs) {
    if (Status done = Carry(stop, (*backend)->Client(), run, config.layout); !done) error = run.error = done.error();
    report.push_back(ToJson(run, command, *where));
    if (error) break;
  }
  if (command.json) std::puts(ToText(report).c_str());
  if (!command.json) PrintText(runs, command, *where);
  return error ? Report(*error) : kDone;
}

}  // namespace chimera::app
