// A request as those see it who do its work: until when, who asks, what the client can do, and what it may be told and
// asked meanwhile.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/request_context.h"

namespace chimera::mcp {

/// Severities of RFC 5424, as MCP spells them.
enum class LogLevel { kDebug, kInfo, kNotice, kWarning, kError, kCritical, kAlert, kEmergency };

/// What a client declared that it can be asked.
struct ClientAbilities {
  bool elicitation = false;      ///< forms
  bool elicitation_url = false;  ///< addresses to visit
  bool sampling = false;
  bool roots = false;
  bool tasks = false;  ///< the extension io.modelcontextprotocol/tasks
};

/// Something to ask the client for: `method` is elicitation/create, sampling/createMessage or roots/list.
struct InputRequest {
  std::string key;  ///< unique within the request; the answer comes back under it
  std::string method;
  Json params = Json::object();
};

/// Why there is no result yet. The work is begun anew with the answers, so it must not have had effects.
struct InputNeed {
  std::vector<InputRequest> requests;
  Json state;  ///< given back with the answers, unaltered by the client; null: none

  bool Empty() const { return requests.empty() && state.is_null(); }
};

/// The answers of earlier rounds.
struct Inputs {
  Json responses = Json::object();  ///< result objects by key; a client's words, to be checked
  Json state;                       ///< as it was in the InputNeed
};

struct CallContext : RequestContext {
  ClientAbilities abilities = {};
  Inputs inputs = {};
  /// Tells the client, when it wants to know; empty otherwise.
  std::function<void(LogLevel level, std::string_view logger, const Json& data)> log = {};
  /// Ends the client's connection; it comes back for the result. Empty where that is not possible.
  std::function<void()> disconnect = {};
};

}  // namespace chimera::mcp
