#include "app/guard.h"

#include <algorithm>
#include <utility>

#include "app/telemetry.h"
#include "base/text.h"

namespace chimera::app {
namespace {

audit::Redactor Masking(const std::vector<std::string>& names) {
  if (names.empty()) return {};
  return [names](std::string_view name) {
    return std::any_of(names.begin(), names.end(),
                       [&](const auto& masked) { return ToLower(masked) == ToLower(name); });
  };
}

}  // namespace

Result<std::unique_ptr<Guard>> Guard::Create(const config::Config& config, mcp::ToolCatalog& tools,
                                             Telemetry* telemetry, bool limited, std::string transport) {
  std::unique_ptr<Guard> guard(new Guard(tools));
  if (limited && config.limits.Any()) {
    guard->limited_ = std::make_unique<access::LimitedCatalog>(tools, config.limits);
    guard->outermost_ = guard->limited_.get();
  }
  if (telemetry != nullptr) guard->outermost_ = &telemetry->Watch(*guard->outermost_);
  if (!config.audit.On()) return guard;
  auto log = audit::LogFile::Open(config.audit.file);
  if (!log.ok()) {
    log.error().hint += (log.error().hint.empty() ? "" : "; ") + std::string("CHIMERA_AUDIT_LOG names it");
    return std::move(log).error();
  }
  guard->log_ = *std::move(log);
  audit::AuditOptions options{.required = config.audit.required,
                              .hashes_statements = config.audit.hashes_statements,
                              .redact = Masking(config.audit.masked),
                              .transport = std::move(transport)};
  guard->audited_ = std::make_unique<audit::AuditedCatalog>(*guard->outermost_, *guard->log_, std::move(options));
  guard->outermost_ = guard->audited_.get();
  return guard;
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): it loses sight of what a std::function holds

}  // namespace chimera::app
