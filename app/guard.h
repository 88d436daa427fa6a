// The tools as callers reach them: within their limits, counted, and with a line in the audit log, as far as the
// configuration says so.
#pragma once

#include <memory>
#include <string>

#include "access/limited_catalog.h"
#include "audit/audited_catalog.h"
#include "config/config.h"
#include "mcp/tool.h"

namespace chimera::app {

class Telemetry;

class Guard {
 public:
  /// `tools` and `telemetry` must outlive the guard; without `telemetry`, nothing is counted. `limited`: callers are
  /// held to their limits. `transport` stands for the address of those without one. kIoError when there is an audit log
  /// to write and it cannot be.
  static Result<std::unique_ptr<Guard>> Create(const config::Config& config, mcp::ToolCatalog& tools,
                                               Telemetry* telemetry, bool limited, std::string transport);

  mcp::ToolCatalog& Tools() { return *outermost_; }

 private:
  explicit Guard(mcp::ToolCatalog& tools) : outermost_(&tools) {}

  mcp::ToolCatalog* outermost_;
  std::unique_ptr<access::LimitedCatalog> limited_;
  std::unique_ptr<audit::LogFile> log_;
  std::unique_ptr<audit::AuditedCatalog> audited_;
};

}  // namespace chimera::app
