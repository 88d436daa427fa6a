// The tools of another catalogue, within what each caller is allowed: who has used it up gets an error that says when
// to come back.
#pragma once

#include <string>

#include "access/allowance.h"
#include "mcp/catalog_layer.h"

namespace chimera::access {

class LimitedCatalog : public mcp::CatalogLayer {
 public:
  /// `inner` must outlive this. `now` is a parameter for tests.
  LimitedCatalog(mcp::ToolCatalog& inner, Limits limits, std::function<Clock::time_point()> now = Clock::now);

  /// As the inner catalogue; is_error with the code `rate_limited` or `quota_exceeded` instead of a call too many. Rows
  /// are charged after the call, as far as the database told: a call is let in while anything is left.
  mcp::ToolResult Call(const mcp::CallContext& context, std::string_view name,
                       std::string_view arguments_json) override;

 private:
  const bool counts_rows_;
  Allowance allowance_;
};

}  // namespace chimera::access
