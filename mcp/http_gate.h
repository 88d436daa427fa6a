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
};

struct GateOptions {
  std::string bound_host;  ///< as given by the operator; "0.0.0.0" and "::" mean every address
  std::string path = "/mcp";
  std::vector<std::string> allowed_hosts;    ///< names, or name:port
  std::vector<std::string> allowed_origins;  ///< whole origins, such as https://app.example
};

struct Refusal {
  int status = 0;
  std::string message;  ///< says what to send instead
};

class HttpGate {
 public:
  explicit HttpGate(GateOptions options);
  /// Why `head` goes no further, or nothing.
  std::optional<Refusal> Check(const RequestHead& head) const;

 private:
  bool HostAllowed(std::string_view host) const;
  bool OriginAllowed(std::string_view origin) const;

  const GateOptions options_;
  const bool bound_to_all_;
};

/// The host of "host:port", "[v6]:port" or either alone, without brackets.
std::string_view HostOf(std::string_view authority);
/// True for localhost, 127.0.0.0/8 and ::1.
bool IsLoopback(std::string_view host);

}  // namespace chimera::mcp
