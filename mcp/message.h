// JSON-RPC 2.0 as MCP uses it: reading one text from a client, writing replies. Pure functions over text.
//
// Where an object repeats a member, the last one counts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/principal.h"

namespace chimera::mcp {

/// JSON-RPC's and MCP's error numbers (JSON-RPC 2.0 section 5.1; MCP 2025-11-25 and 2026-07-28).
inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternalError = -32603;
inline constexpr int kServerBusy = -32000;  ///< ours: too many requests are waiting
inline constexpr int kResourceNotFound = -32002;
inline constexpr int kInsufficientScope = -32003;  ///< ours: the token's scopes do not allow this
inline constexpr int kHeaderMismatch = -32020;
inline constexpr int kMissingCapability = -32021;
inline constexpr int kUnsupportedVersion = -32022;

struct ProtocolError {
  int code = kInternalError;
  std::string message;
  Json data = {};                   ///< null: left out
  int http_status = 0;              ///< 0: as the code says
  std::string missing_scopes = {};  ///< what the caller's token lacks, separated by spaces; empty: nothing
};

enum class MessageKind { kRequest, kNotification, kResponse };

/// One message. For tools/call `params` leaves `arguments` out; `arguments` holds them as raw JSON text, so that a bulk
/// insert is never turned into a tree of values.
struct Message {
  MessageKind kind = MessageKind::kRequest;
  Json id;  ///< string or integer; null for notifications
  std::string method;
  Json params = Json::object();                  ///< empty when absent
  std::string arguments;                         ///< raw text of params.arguments, empty when absent
  Json result_or_error;                          ///< kResponse only
  bool is_error = false;                         ///< kResponse only
  std::shared_ptr<const Principal> sender = {};  ///< who sent it, as the transport found out: RequestContext::principal
  std::string peer = {};                         ///< from where: RequestContext::peer
};

/// A message or what is wrong with it; `message.id` is filled as far as it could be read, so that the error can be
/// answered.
struct ParsedMessage {
  Message message;
  std::optional<ProtocolError> error;
};

/// Reads one JSON-RPC object. Malformed JSON (also: invalid UTF-8, nesting beyond 200 levels) is kParseError; JSON that
/// is no valid message is kInvalidRequest. Params without `arguments` are limited to kMaxParamsBytes.
ParsedMessage ParseMessage(std::string_view text);

inline constexpr size_t kMaxParamsBytes = 64u << 10;
inline constexpr size_t kMaxBatch = 100;

/// One text from a client: a message, or a JSON-RPC batch of them.
struct Incoming {
  bool batch = false;
  std::vector<ParsedMessage> messages;  ///< exactly one unless `batch`
};

/// As ParseMessage, but takes batches of 1 to kMaxBatch messages apart. A malformed, empty or too large batch comes
/// back as one message with an error.
Incoming ParseIncoming(std::string_view text);

/// `{"jsonrpc":"2.0","id":…,"result":<result_json>}` on one line, however result_json is laid out.
std::string ResultReply(const Json& id, std::string result_json);
std::string ErrorReply(const Json& id, const ProtocolError& error);
std::string NotificationText(std::string_view method, const Json& params);
std::string RequestText(const Json& id, std::string_view method, const Json& params);

}  // namespace chimera::mcp
