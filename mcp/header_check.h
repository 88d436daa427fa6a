// The headers by which a stateless request over HTTP repeats what its body says, so that proxies can route it
// (2026-07-28, basic/transports/streamable-http, "Request Metadata" and "Custom Headers from Tool Parameters"). Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/message.h"

namespace chimera::mcp {

/// The value of a header, or nothing when it was not sent.
using HeaderValue = std::function<std::optional<std::string>(const char* name)>;

/// What is wrong with the headers of `message`: missing, unreadable or unlike the body (-32020); nothing when they fit.
std::optional<ProtocolError> CheckHeaders(const Message& message, const HeaderValue& header);

/// A tool's argument that a header Mcp-Param-… repeats.
struct MirroredArgument {
  std::string header;
  std::vector<std::string> path;  ///< the members that lead to it
};

/// Those that `input_schema` marks with x-mcp-header.
std::vector<MirroredArgument> MirroredArguments(const Json& input_schema);

/// As CheckHeaders, for the headers of a tool's arguments.
std::optional<ProtocolError> CheckArgumentHeaders(const std::vector<MirroredArgument>& mirrored,
                                                  std::string_view arguments_json, const HeaderValue& header);

/// A header's value, taken out of `=?base64?…?=` if it is in it; nothing when that is broken or the value has
/// characters that no header may have.
std::optional<std::string> DecodeHeader(const std::string& value);

}  // namespace chimera::mcp
