// The tools of another catalogue, within what each caller is allowed: who has used it up gets an error that says when
// to come back.
#pragma once

#include <map>
#include <string>

#include "access/allowance.h"
#include "mcp/tool.h"

namespace chimera::access {

class LimitedCatalog : public mcp::ToolCatalog {
 public:
  /// `inner` must outlive this. `now` is a parameter for tests.
  LimitedCatalog(mcp::ToolCatalog& inner, Limits limits, std::function<Clock::time_point()> now = Clock::now);

  const std::vector<mcp::ToolDefinition>& Definitions() const override { return inner_.Definitions(); }
  bool Has(std::string_view name) const override { return inner_.Has(name); }
  /// As the inner catalogue; is_error with the code `rate_limited` or `quota_exceeded` instead of a call too many. Rows
  /// are charged after the call, as far as the database told: a call is let in while anything is left.
  mcp::ToolResult Call(const mcp::CallContext& context, std::string_view name,
                       std::string_view arguments_json) override;
  void OnRefused(const mcp::CallContext& context, std::string_view name, std::string_view arguments_json,
                 std::string_view code) override {
    inner_.OnRefused(context, name, arguments_json, code);
  }
  bool MayAsk(std::string_view name) const override { return inner_.MayAsk(name); }
  std::string Suggestion(std::string_view name) const override { return inner_.Suggestion(name); }

 private:
  std::string_view Listed(std::string_view name) const;

  mcp::ToolCatalog& inner_;
  const bool counts_rows_;
  Allowance allowance_;
  std::map<std::string, std::string, std::less<>> listed_;  ///< a name with underscores → the one in tools/list
};

}  // namespace chimera::access
