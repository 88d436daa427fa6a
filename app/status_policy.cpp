#include "app/status_steps.h"
#include "audit/log_file.h"

namespace chimera::app {

void StatusSteps::Offered() {
  const tools::Registry& tools = backend_.Tools();
  const size_t off = tools.SwitchedOff().size();
  if (off == 0 && !config_.rules.read_only) return;
  Step step{.name = "tools",
            .text = std::to_string(tools.Definitions().size()) + " offered, " + std::to_string(off) + " switched off"};
  if (config_.rules.read_only) step.text += "; read-only";
  step.facts = {{"read_only", config_.rules.read_only}, {"switched_off", Json::object()}};
  for (const auto& [name, why] : tools.SwitchedOff()) step.facts["switched_off"][name] = why;
  Add(std::move(step));
}

void StatusSteps::AuditLog() {
  if (!config_.audit.On()) return;
  const std::string& path = config_.audit.file.path;
  Step step{.name = "audit", .text = path + " can be written", .facts = {{"path", path}}};
  audit::LogFileOptions options = config_.audit.file;
  options.fsync = audit::Fsync::kOff;
  auto log = audit::LogFile::Open(options);
  const Status ready = log.ok() ? (*log)->Ready() : Status(log.error());
  if (!ready.ok()) {
    step.state = StepState::kBroken;
    step.error = ready.error();
  }
  Add(std::move(step));
}

}  // namespace chimera::app
