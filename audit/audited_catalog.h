// The tools of another catalogue, each call of which leaves a line in the audit log, also one that is refused.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "audit/arguments_summary.h"
#include "audit/log_file.h"
#include "mcp/catalog_layer.h"

namespace chimera::audit {

/// The calls that are refused while the log cannot be written: CHIMERA_AUDIT_REQUIRED.
enum class Required { kNone, kWrites, kAll };

struct AuditOptions {
  Required required = Required::kWrites;
  bool hashes_statements = false;  ///< CHIMERA_AUDIT_STATEMENTS: texts only as hashes
  Redactor redact = {};            ///< columns and arguments whose values are masked, besides the names of secrets
  std::string transport = {};      ///< what stands for the address of callers without one: "stdio", "command line"
};

/// The log may be written after the answer is known, by the thread of the call: an answer waits for its line.
class AuditedCatalog : public mcp::CatalogLayer {
 public:
  /// `inner` and `log` must outlive this.
  AuditedCatalog(mcp::ToolCatalog& inner, LogFile& log, AuditOptions options);

  /// As the inner catalogue; is_error with the code `unavailable` for a call that needs a log that cannot be written.
  /// Every statement of the call carries {"call": id, …} as its log_comment, where the account may set that.
  mcp::ToolResult Call(const mcp::CallContext& context, std::string_view name,
                       std::string_view arguments_json) override;
  void OnRefused(const mcp::CallContext& context, std::string_view name, std::string_view arguments_json,
                 std::string_view code) override;

 private:
  class Recording;
  std::optional<Error> Unready(bool writes);

  LogFile& log_;
  const AuditOptions options_;
};

}  // namespace chimera::audit
