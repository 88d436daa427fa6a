// Which HTTP requests reach the protocol at all: path, method, media types, and the checks of Host and Origin that keep
// web pages of other sites from talking to a local server (DNS rebinding). Pure; knows no HTTP library.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chimera::mcp {

/// What the gate looks at; absent headers are empty.
struct RequestHead {
  std::string method;
  std::string path;
  std::string host;
  std::string origin;
  std::string content_type;
  std::string accept;
  std::string version = {};  ///< MCP-Protocol-Version
};

struct GateOptions {
  std::string bound_host;  ///< as given by the operator; "0.0.0.0" and "::" mean every address
  std::string path = "/mcp";
  std::string sse_path = "/sse";             ///< event stream of HTTP+SSE (2024-11-05)
  std::string messages_path = "/messages";   ///< and where its messages go
  std::vector<std::string> allowed_hosts;    ///< names, or name:port
  std::vector<std::string> allowed_origins;  ///< whole origins, such as https://app.example
};

struct Refusal {
  int status = 0;
  std::string message;     ///< says what to send instead
  std::string allow = {};  ///< of 405: the methods that are there, as the header Allow has them
};

class HttpGate {
 public:
  explicit HttpGate(GateOptions options);
  /// Why `head` goes no further, or nothing.
  std::optional<Refusal> Check(const RequestHead& head) const;
  /// The same for a page beside the protocol, which is read by GET or HEAD and changes nothing. Probes call it by any
  /// address of this machine, so every address will do for a Host; with `any_host`, for pages that tell nothing, so
  /// does every name.
  std::optional<Refusal> CheckPage(const RequestHead& head, bool any_host) const;

 private:
  std::optional<Refusal> CheckCaller(const RequestHead& head, bool host_allowed) const;
  bool HostAllowed(std::string_view host) const;
  bool OriginAllowed(std::string_view origin) const;

  const GateOptions options_;
  const bool bound_to_all_;
};

/// True when an Accept header names text/event-stream.
bool TakesEvents(std::string_view accept);
/// The host of "host:port", "[v6]:port" or either alone, without brackets; nothing for anything else, such as
/// "user@host" or a port that is not 1 to 5 digits.
std::optional<std::string_view> HostOf(std::string_view authority);
/// True for localhost, 127.0.0.0/8 and ::1.
bool IsLoopback(std::string_view host);

}  // namespace chimera::mcp
