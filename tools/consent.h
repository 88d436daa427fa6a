// The user's consent to a call that would read more than the budget: the question, and what earlier rounds answered to
// it. Pure; knows neither eras nor transports.
#pragma once

#include <string_view>

#include "base/result.h"
#include "mcp/call_context.h"

namespace chimera::tools {

enum class Consent { kUnasked, kGiven, kRefused };

/// What the answers of earlier rounds say about the call of `tool` with `arguments_json`. An answer counts only beside
/// the state of the question for the same tool and arguments.
Consent ConsentIn(const mcp::Inputs& inputs, std::string_view tool, std::string_view arguments_json);

/// Asks by a form with the single field `proceed`. `over_budget` is the refusal that it is about.
mcp::InputNeed AskConsent(const Error& over_budget, std::string_view tool, std::string_view arguments_json);

/// kDeclined: the user said no, or dismissed the question.
Error DeclinedError();

}  // namespace chimera::tools
