// The tools of another catalogue, each call of which leaves a line in the audit log, also one that is refused.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "audit/arguments_summary.h"
#include "audit/log_file.h"
#include "mcp/tool.h"

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
class AuditedCatalog : public mcp::ToolCatalog {
 public:
  /// `inner` and `log` must outlive this.
  AuditedCatalog(mcp::ToolCatalog& inner, LogFile& log, AuditOptions options);

  const std::vector<mcp::ToolDefinition>& Definitions() const override { return inner_.Definitions(); }
  bool Has(std::string_view name) const override { return inner_.Has(name); }
  /// As the inner catalogue; is_error with the code `unavailable` for a call that needs a log that cannot be written.
  /// Every statement of the call carries {"call": id, …} as its log_comment, where the account may set that.
  mcp::ToolResult Call(const mcp::CallContext& context, std::string_view name,
                       std::string_view arguments_json) override;
  void OnRefused(const mcp::CallContext& context, std::string_view name, std::string_view arguments_json,
                 std::string_view code) override;
  bool MayAsk(std::string_view name) const override { return inner_.MayAsk(name); }
  std::string Suggestion(std::string_view name) const override { return inner_.Suggestion(name); }

 private:
  class Recording;
  struct Known {
    std::string listed;
    bool writes;
  };

  const Known* Find(std::string_view name) const;
  std::optional<Error> Unready(bool writes);

  mcp::ToolCatalog& inner_;
  LogFile& log_;
  const AuditOptions options_;
  std::map<std::string, Known, std::less<>> known_;  ///< by the name with underscores
};

}  // namespace chimera::audit
