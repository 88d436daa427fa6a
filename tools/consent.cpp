#include "tools/consent.h"

#include "base/text.h"

namespace chimera::tools {
namespace {

constexpr const char* kKey = "proceed";
constexpr const char* kState = "over_budget";

/// Independent of the order in which a client writes members.
std::string Digest(std::string_view tool, std::string_view arguments_json) {
  const auto arguments = nlohmann::json::parse(arguments_json, nullptr, false);
  return Sha256Hex(std::string(tool) + "\n" + arguments.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Json Form() {
  return {{"type", "object"},
          {"properties",
           {{kKey,
             {{"type", "boolean"},
              {"title", "Run it nevertheless"},
              {"description", "Read more than the budget, this once"},
              {"default", false}}}}},
          {"required", {kKey}}};
}

}  // namespace

Consent ConsentIn(const mcp::Inputs& inputs, std::string_view tool, std::string_view arguments_json) {
  if (!inputs.state.is_object() || inputs.state.value(kState, Json()) != Digest(tool, arguments_json)) {
    return Consent::kUnasked;
  }
  const Json answer = inputs.responses.value(kKey, Json());
  if (!answer.is_object()) return Consent::kUnasked;
  const Json content = answer.value("content", Json());
  const bool agrees =
      answer.value("action", Json()) == "accept" && content.is_object() && content.value(kKey, Json()) == true;
  return agrees ? Consent::kGiven : Consent::kRefused;
}

mcp::InputNeed AskConsent(const Error& over_budget, std::string_view tool, std::string_view arguments_json) {
  mcp::InputNeed need;
  const std::string message =
      std::string(tool) + ": " + over_budget.message + ". Run it nevertheless? To read less: " + over_budget.hint;
  need.requests.push_back({kKey, "elicitation/create", {{"message", message}, {"requestedSchema", Form()}}});
  need.state = {{kState, Digest(tool, arguments_json)}};
  return need;
}

Error DeclinedError() {
  return MakeError(ErrorCode::kDeclined,
                   "the user was asked whether this may read more than the read budget, and did not agree",
                   "do not send the same call again; make it read less, or ask the user what to leave out");
}

}  // namespace chimera::tools
