// What differs between the protocol's versions, as data. The methods are written once; they, and the edges that read
// and write messages, ask the Era of a request instead of comparing version numbers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mcp/message.h"

namespace chimera::mcp {

struct Era {
  std::string_view version;
  bool stateless = false;          ///< no initialize and no session: every request names its version in `_meta`
  bool batches = false;            ///< JSON-RPC batches (2025-03-26 alone)
  bool annotations = false;        ///< tool annotations (from 2025-03-26)
  bool structured_output = false;  ///< title, outputSchema and structuredContent (from 2025-06-18)
  bool elicits = false;            ///< elicitation/create may be sent to a session (from 2025-06-18)
  bool icons = false;              ///< icons (from 2025-11-25)
  bool resumes = false;            ///< streams that were cut can be continued, and tell how (2025-11-25)
};

/// The rules of `version`, or nullptr when this server does not speak it.
const Era* FindEra(std::string_view version);
/// What an unknown version is answered with by `initialize`.
const Era& NewestSessionEra();
/// Every version, newest first.
std::vector<std::string> SupportedVersions();

/// The version that `message` names for itself in `_meta`, as stateless requests do; empty when it names none.
std::string RequestedVersion(const Message& message);
/// True when every request of `version` is to name it in `_meta`.
bool IsStateless(std::string_view version);
/// The JSON to add to a request's params that makes it stateless; for messages that teach.
std::string_view StatelessMetaExample();

}  // namespace chimera::mcp
