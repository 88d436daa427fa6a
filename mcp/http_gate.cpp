#include "mcp/http_gate.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "mcp/era.h"

namespace chimera::mcp {
namespace {

constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kEventsType = "text/event-stream";

constexpr size_t kPortDigits = 5;

bool IsAddress6(const std::string& host) {
  in6_addr parsed;
  return inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

bool IsAddress(const std::string& host) {
  in_addr parsed;
  return inet_pton(AF_INET, host.c_str(), &parsed) == 1 || IsAddress6(host);
}

/// A DNS name or an IPv4 address by its characters, which leaves no room for what a URL has around a host.
bool IsName(std::string_view host) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '-' || c == '_'; };
  return !host.empty() && std::all_of(host.begin(), host.end(), fits);
}

/// What follows a host: nothing, or a colon and digits.
bool IsPort(std::string_view text) {
  if (text.empty()) return true;
  const auto is_digit = [](unsigned char c) { return std::isdigit(c); };
  return text.front() == ':' && text.size() > 1 && text.size() <= 1 + kPortDigits &&
         std::all_of(text.begin() + 1, text.end(), is_digit);
}

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  const auto same = [&](const std::string& other) { return ToLower(other) == ToLower(name); };
  return std::any_of(names.begin(), names.end(), same);
}

std::string MediaType(std::string_view value) {
  return ToLower(Trim(value.substr(0, value.find(';'))));
}

bool Accepts(std::string_view accept, std::string_view wanted) {
  if (Trim(accept).empty()) return true;
  const std::string any = std::string(wanted.substr(0, wanted.find('/'))) + "/*";
  while (!accept.empty()) {
    const size_t comma = std::min(accept.find(','), accept.size());
    const std::string type = MediaType(accept.substr(0, comma));
    if (type == wanted || type == any || type == "*/*") return true;
    accept.remove_prefix(std::min(comma + 1, accept.size()));
  }
  return false;
}

std::optional<Refusal> CheckGet(const RequestHead& head) {
  if (Accepts(head.accept, kEventsType)) return std::nullopt;
  return Refusal{406, "the answer is a stream of events: send Accept: text/event-stream"};
}

/// `by_stream`: the answer comes by another way.
std::optional<Refusal> CheckPost(const RequestHead& head, bool by_stream) {
  if (MediaType(head.content_type) != kJsonType) {
    return Refusal{415, "the body must be JSON: send the header Content-Type: application/json"};
  }
  if (!by_stream && !Accepts(head.accept, kJsonType)) {
    return Refusal{406, "the answer is JSON: send Accept: application/json, text/event-stream"};
  }
  return std::nullopt;
}

}  // namespace

bool TakesEvents(std::string_view accept) {
  return ToLower(accept).find(kEventsType) != std::string::npos;
}

std::optional<std::string_view> HostOf(std::string_view authority) {
  const bool in_brackets = authority.starts_with('[');
  const size_t host_end = in_brackets ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (host_end == std::string_view::npos) return std::nullopt;
  const std::string_view host = authority.substr(in_brackets, host_end - in_brackets);
  const std::string_view port = authority.substr(host_end + in_brackets);
  if (!IsPort(port)) return std::nullopt;
  const bool good = in_brackets ? IsAddress6(std::string(host)) : IsName(host);
  return good ? std::optional(host) : std::nullopt;
}

bool IsLoopback(std::string_view host) {
  const std::string name = ToLower(host);
  return name == "localhost" || name == "::1" || (name.starts_with("127.") && IsAddress(name));
}

HttpGate::HttpGate(GateOptions options)
    : options_(std::move(options)),
      bound_to_all_(options_.bound_host == "0.0.0.0" || options_.bound_host == "::" || options_.bound_host.empty()) {}

std::optional<Refusal> HttpGate::Check(const RequestHead& head) const {
  if (auto refusal = CheckCaller(head, HostAllowed(head.host))) return refusal;
  const bool is_sse = head.path == options_.sse_path;
  const bool is_messages = head.path == options_.messages_path;
  if (head.path != options_.path && !is_sse && !is_messages) {
    return Refusal{404, "there is nothing here; MCP is served at " + options_.path};
  }
  if (head.method == "POST" && !is_sse) return CheckPost(head, is_messages);
  if (head.method == "GET" && !is_messages) return CheckGet(head);
  if (head.method == "DELETE" && !is_sse && !is_messages) return std::nullopt;
  if (is_sse) return Refusal{405, "the event stream of HTTP+SSE is read by GET", "GET"};
  if (is_messages || IsStateless(head.version)) return Refusal{405, "send JSON-RPC messages by POST", "POST"};
  return Refusal{405, "send JSON-RPC messages by POST, read event streams by GET, end a session by DELETE",
                 "POST, GET, DELETE"};
}

std::optional<Refusal> HttpGate::CheckPage(const RequestHead& head, bool any_host) const {
  const std::string name(HostOf(head.host).value_or(""));
  if (auto refusal = CheckCaller(head, any_host || HostAllowed(head.host) || IsAddress(name))) return refusal;
  if (head.method == "GET" || head.method == "HEAD") return std::nullopt;
  return Refusal{405, "this page is read by GET", "GET, HEAD"};
}

std::optional<Refusal> HttpGate::CheckCaller(const RequestHead& head, bool host_allowed) const {
  if (!host_allowed) {
    return Refusal{403,
                   "the Host header names no host of this server; call it by the address it was started with, or "
                   "start it with that name in CHIMERA_ALLOWED_HOSTS"};
  }
  if (head.origin.empty() || OriginAllowed(head.origin)) return std::nullopt;
  return Refusal{403, "web pages of this Origin may not use this server"};
}

// A page that rebinds its own name to this machine still sends that name. An address cannot be rebound, so a server
// that listens on every address takes any address for its own.
bool HttpGate::HostAllowed(std::string_view host) const {
  const std::string name = ToLower(HostOf(host).value_or(""));
  if (name.empty()) return false;
  if (IsLoopback(name) || name == ToLower(options_.bound_host)) return true;
  if (bound_to_all_ && IsAddress(name)) return true;
  return Contains(options_.allowed_hosts, name) || Contains(options_.allowed_hosts, host);
}

bool HttpGate::OriginAllowed(std::string_view origin) const {
  if (Contains(options_.allowed_origins, origin)) return true;
  const size_t scheme_end = origin.find("://");
  if (scheme_end == std::string_view::npos) return false;
  const std::string scheme = ToLower(origin.substr(0, scheme_end));
  return (scheme == "http" || scheme == "https") && IsLoopback(HostOf(origin.substr(scheme_end + 3)).value_or(""));
}

}  // namespace chimera::mcp
