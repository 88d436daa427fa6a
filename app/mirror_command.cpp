// `chimera-mcp ingest mirror …`: two databases at once, until one takes the place of the other.
#include <cstdio>

#include "app/backlog_text.h"
#include "app/commands.h"
#include "app/mirror_check.h"

namespace chimera::app {
namespace {

constexpr std::chrono::seconds kAskTime{30};

Result<std::unique_ptr<Backend>> Open(const config::Config& config) {
  if (!config.buffer.On()) {
    return MakeError(ErrorCode::kInvalidArgument, "there is no buffer: CHIMERA_BUFFER is off",
                     "set it as the server has it, such as CHIMERA_BUFFER=sqlite:/var/lib/chimera-mcp/buffer.sqlite");
  }
  return Backend::Create(config, {.migrate = true, .buffer = true});
}

Result<std::unique_ptr<Backend>> OpenBoth(const config::Config& config) {
  if (config.buffer.On() && !config.mirror) {
    return MakeError(ErrorCode::kInvalidArgument, "there is no mirror: CHIMERA_MIRROR is unset",
                     "set it as the server has it: the path of a file with the CH_* settings of the second database");
  }
  return Open(config);
}

/// The mirror's side first and thawed last: a write that one side refuses is not on its way into the other.
Status SetFrozen(Buffer& buffer, bool frozen, const std::stop_token& stop) {
  const auto context = RequestContext::For("freeze", kAskTime, stop);
  Status done = Ok();
  if (frozen && buffer.Mirror() != nullptr) done = buffer.Mirror()->store->Freeze(context, true);
  if (done.ok()) done = buffer.Store().Freeze(context, frozen);
  if (done.ok() && !frozen && buffer.Mirror() != nullptr) done = buffer.Mirror()->store->Freeze(context, false);
  return done;
}

/// As SetFrozen, with time for writes between the two sides to arrive.
Status FreezeSettled(Buffer& buffer, std::chrono::seconds time, const std::stop_token& stop) {
  Status frozen = buffer.Mirror()->store->Freeze(RequestContext::For("freeze", kAskTime, stop), true);
  if (frozen.ok()) frozen = FlushBoth(time, stop, buffer);
  if (frozen.ok()) frozen = SetFrozen(buffer, true, stop);
  return frozen;
}

struct SideStatus {
  std::string where;
  bool frozen = false;
  std::vector<ingest::Backlog> backlogs;
};

Result<SideStatus> Look(const RequestContext& context, ingest::Store& store) {
  auto frozen = store.IsFrozen(context);
  if (!frozen.ok()) return frozen.error();
  auto backlogs = store.Backlogs(context);
  if (!backlogs.ok()) return backlogs.error();
  return SideStatus{store.Name(), *frozen, *std::move(backlogs)};
}

Json SideJson(const SideStatus& side) {
  Json tables = Json::array();
  for (const auto& backlog : side.backlogs) tables.push_back(BacklogJson(backlog));
  return {{"buffer", side.where}, {"frozen", side.frozen}, {"tables", std::move(tables)}};
}

std::string SideText(const SideStatus& side, const std::string& name) {
  return StatusText(side.backlogs, name + ": " + side.where + (side.frozen ? ", frozen" : ""));
}

void PrintReport(const MirrorReport& report, bool json) {
  std::fputs((json ? ToText(ReportJson(report)) + "\n" : ReportText(report)).c_str(), stdout);
}

constexpr char kNext[] =
    "Writes are frozen. What to do now:\n"
    "  1. put the CH_* settings of %s in the place of the server's own, and take CHIMERA_MIRROR out;\n"
    "     CHIMERA_BUFFER stays as it is\n"
    "  2. start all servers that share the buffer again\n"
    "  3. with the new settings: chimera-mcp ingest mirror thaw\n"
    "To stay with the old database instead: chimera-mcp ingest mirror thaw\n";

}  // namespace

int MirrorStatus(const config::Config& config, bool json, std::stop_token stop) {
  auto backend = OpenBoth(config);
  if (!backend.ok()) return Report(backend.error());
  Buffer& buffer = *(*backend)->Buffer();
  const auto context = RequestContext::For("mirror status", kAskTime, stop);
  auto main = Look(context, buffer.Store());
  if (!main.ok()) return Report(main.error());
  auto mirror = Look(context, *buffer.Mirror()->store);
  if (!mirror.ok()) return Report(mirror.error());
  if (json) {
    std::printf("%s\n", ToText(Json{{"main", SideJson(*main)}, {"mirror", SideJson(*mirror)}}).c_str());
  } else {
    std::fputs((SideText(*main, "main") + "\n" + SideText(*mirror, "mirror")).c_str(), stdout);
  }
  return kDone;
}

int MirrorCompare(const config::Config& config, const MirrorCommand& command, std::stop_token stop) {
  auto backend = OpenBoth(config);
  if (!backend.ok()) return Report(backend.error());
  auto report = CompareMirror(config, **backend, command.table, std::chrono::seconds(command.seconds), stop);
  if (!report.ok()) return Report(report.error());
  PrintReport(*report, command.json);
  return report->Equal() ? kDone : kFailed;
}

int MirrorFreeze(const config::Config& config, bool frozen, std::stop_token stop) {
  auto backend = Open(config);
  if (!backend.ok()) return Report(backend.error());
  if (Status done = SetFrozen(*(*backend)->Buffer(), frozen, stop); !done.ok()) return Report(done.error());
  std::puts(frozen ? "writes are refused until `chimera-mcp ingest mirror thaw`" : "writes are taken again");
  return kDone;
}

int MirrorSwitch(const config::Config& config, const MirrorCommand& command, std::stop_token stop) {
  auto backend = OpenBoth(config);
  if (!backend.ok()) return Report(backend.error());
  Buffer& buffer = *(*backend)->Buffer();
  const std::chrono::seconds time(command.seconds);
  const auto was_frozen = buffer.Store().IsFrozen(RequestContext::For("freeze", kAskTime, stop));
  if (!was_frozen.ok()) return Report(was_frozen.error());
  const auto give_up = [&] {
    // Also when this command was interrupted: writes must not stay frozen by accident.
    Status thawed = *was_frozen ? Ok() : SetFrozen(buffer, false, {});
    if (!thawed.ok()) Report(thawed.error());
    std::fputs(*was_frozen || !thawed.ok() ? "writes stay frozen\n" : "writes are taken again\n", stderr);
    return kFailed;
  };
  if (Status frozen = FreezeSettled(buffer, time, stop); !frozen.ok()) {
    Report(frozen.error());
    return give_up();
  }
  auto report = CompareMirror(config, **backend, "", time, stop);
  if (!report.ok()) {
    Report(report.error());
    return give_up();
  }
  PrintReport(*report, command.json);
  if (!report->Equal()) return give_up();
  std::fprintf(command.json ? stderr : stdout, kNext, config.mirror->file.c_str());
  return kDone;
}

}  // namespace chimera::app
