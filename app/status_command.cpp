#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "app/backend.h"
#include "app/commands.h"
#include "app/status.h"
#include "app/status_steps.h"

namespace chimera::app {

bool StatusReport::Fine() const {
  return std::none_of(steps.begin(), steps.end(), [](const Step& step) { return step.state == StepState::kBroken; });
}

size_t StatusReport::Down() const {
  return static_cast<size_t>(
      std::count_if(steps.begin(), steps.end(), [](const Step& step) { return step.state == StepState::kDown; }));
}

namespace {

// To look at a folder that is not there would be to make it.
std::optional<Error> MissingFolder(const config::Config& config) {
  std::error_code error;
  if (!config.embedded || std::filesystem::is_directory(config.engine.data_dir, error)) return std::nullopt;
  return MakeError(ErrorCode::kUnavailable, "there is no data folder " + config.engine.data_dir + " yet",
                   "chimera-mcp serve makes it and its tables, and so does chimera-mcp schema apply");
}

// Of the terminal; 0 when it is none: what reads a pipe wants whole lines.
size_t Columns() {
  constexpr size_t kUsual = 80;
  if (isatty(STDOUT_FILENO) == 0) return 0;
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? std::max<size_t>(size.ws_col, kUsual) : kUsual;
}

}  // namespace

Result<StatusReport> LookAtEverything(const config::Config& config, std::stop_token stop) {
  StatusReport report;
  report.embedded = config.embedded;
  report.address = DescribeDatabase(config);
  report.database = config.clickhouse.database;
  if (auto missing = MissingFolder(config)) {
    report.steps.push_back({.name = "engine", .state = StepState::kBroken, .error = std::move(missing)});
    return report;
  }
  auto backend = Backend::Create(config);
  if (!backend.ok()) return backend.error();
  StatusSteps steps(config, **backend, std::move(stop), report);
  const bool reached = config.embedded ? steps.Engine() : steps.Hosts();
  const bool logged_in = steps.If(reached, "login", &StatusSteps::LogIn);
  const bool there = steps.If(logged_in, "database", &StatusSteps::Databases);
  steps.If(there, "schema", &StatusSteps::Schemas);
  const bool listed = steps.If(there, "tables", &StatusSteps::Tables);
  steps.If(listed, "access", &StatusSteps::Access);
  if (!config.embedded) steps.If(logged_in, "reader", &StatusSteps::Reader);
  steps.If(logged_in, "round trip", &StatusSteps::RoundTrip);
  steps.If(logged_in, "pool", &StatusSteps::Pool);
  steps.Offered();
  steps.AuditLog();
  return report;
}

int ShowStatus(const config::Config& config, bool json, std::stop_token stop) {
  const auto report = LookAtEverything(config, std::move(stop));
  if (!report.ok()) return Report(report.error());
  const std::string text = json ? StatusJson(*report).dump(2, ' ', false, Json::error_handler_t::replace) + "\n"
                                : StatusText(*report, Columns());
  std::fputs(text.c_str(), stdout);
  return report->Fine() ? kDone : kFailed;
}

}  // namespace chimera::app
