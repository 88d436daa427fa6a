#include "config/hosts.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace chimera::config {
namespace {

constexpr std::string_view kUseInstead =
    "set CH_HOST to the host's name, and CH_PORT, CH_SECURE, CH_USERNAME, CH_PASSWORD or CH_PASSWORD_FILE and "
    "CH_DATABASE to the rest";

// One address, taken apart but for its meaning.
struct Address {
  std::string scheme;  // lower case; empty: none was written
  Host host;
  std::string path;  // from the first slash on
};

Error Wrong(std::string message, std::string_view hint) {
  return MakeError(ErrorCode::kInvalidArgument, std::move(message), std::string(hint));
}

bool IsIpv6(const std::string& text) {
  in6_addr ignored{};
  return inet_pton(AF_INET6, text.substr(0, text.find('%')).c_str(), &ignored) == 1;
}

bool IsName(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  return !text.empty() && text.size() <= 253 && text.front() != '-' && text.front() != '.' &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::optional<int> ToPort(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && port >= 1 && port <= 65535 ? std::optional(port) : std::nullopt;
}

// HOST or HOST:PORT.
std::optional<Host> ParseHost(std::string_view text) {
  if (IsIpv6(std::string(text))) return Host{std::string(text), std::nullopt};
  const bool bracketed = text.starts_with('[');
  const size_t colon = text.find(':', bracketed ? std::min(text.find(']'), text.size()) : 0);
  Host host{std::string(text.substr(0, colon)), std::nullopt};
  if (bracketed && !host.name.ends_with(']')) return std::nullopt;
  if (bracketed) host.name = host.name.substr(1, host.name.size() - 2);
  if (bracketed ? !IsIpv6(host.name) : !IsName(host.name)) return std::nullopt;
  if (colon == std::string_view::npos) return host;
  host.port = ToPort(text.substr(colon + 1));
  return host.port ? std::optional(host) : std::nullopt;
}

Result<Address> ParseAddress(std::string_view text) {
  Address out;
  std::string_view rest = text;
  if (const size_t mark = text.find("://"); mark != std::string_view::npos) {
    out.scheme = ToLower(text.substr(0, mark));
    rest.remove_prefix(mark + 3);
  }
  const size_t slash = std::min(rest.find('/'), rest.size());
  out.path = rest.substr(slash);
  auto host = ParseHost(rest.substr(0, slash));
  if (!host) {
    return Wrong("holds `" + std::string(text) + "`, which is neither HOST nor HOST:PORT",
                 "write it as db.example, db.example:8443, 192.0.2.1 or [2001:db8::1]:8443");
  }
  out.host = std::move(*host);
  return out;
}

// "CH_HOST=db CH_PORT=8443 CH_SECURE=true CH_DATABASE=metrics": what an address means, as settings.
std::string AsSettings(const Address& address) {
  std::string out = "set CH_HOST=" + ToText(Host{address.host.name, std::nullopt});
  const bool is_http = address.scheme.starts_with("http");
  if (address.host.port) {
    const int port = HttpPort(*address.host.port);
    out += " CH_PORT=" + std::to_string(port);
    if (!is_http && port == 8443) out += " CH_SECURE=true";
    if (!is_http && port == 8123) out += " CH_SECURE=false";
  }
  if (is_http) out += address.scheme == "https" ? " CH_SECURE=true" : " CH_SECURE=false";
  // A path is a database in the addresses of the native protocol, and a path below which ClickHouse stands over HTTP.
  if (address.path.size() > 1) {
    out +=
        address.scheme.empty() || is_http ? " CH_HTTP_PATH=" + address.path : " CH_DATABASE=" + address.path.substr(1);
  }
  return out;
}

// An address with an account or parameters. What follows an @ is surely no part of a password when it is a host, and
// when nothing else in the text could hold an @.
Error HoldsMore(std::string_view text) {
  constexpr std::string_view kWhat = "holds an account or parameters, which go into settings of their own";
  if (text.find_first_of("?,") != std::string_view::npos) return Wrong(std::string(kWhat), kUseInstead);
  const size_t at = text.find('@');
  const size_t mark = text.find("://");
  const std::string scheme(mark < at ? text.substr(0, mark + 3) : std::string_view());
  auto address = ParseAddress(scheme + std::string(text.substr(at + 1)));
  if (!address.ok()) return Wrong(std::string(kWhat), kUseInstead);
  return Wrong(std::string(kWhat),
               AsSettings(*address) + ", and the account in CH_USERNAME and CH_PASSWORD or CH_PASSWORD_FILE");
}

Status AddUrl(const Address& address, Hosts& out) {
  if (address.scheme != "http" && address.scheme != "https") {
    return Wrong("is an address of another protocol; ClickHouse's HTTP interface is used", AsSettings(address));
  }
  const bool secure = address.scheme == "https";
  if (out.secure && *out.secure != secure) {
    return Wrong("mixes http:// and https://", "use one of them for all hosts");
  }
  const bool first = !out.secure;
  const std::string path = address.path == "/" ? "" : address.path;
  if (!first && path != out.path) return Wrong("names different paths", "one path holds for all hosts: CH_HTTP_PATH");
  out.secure = secure;
  out.path = path;
  return Ok();
}

Status Add(std::string_view text, Hosts& out) {
  auto address = ParseAddress(text);
  if (!address.ok()) return address.error();
  if (!address->scheme.empty()) {
    if (Status added = AddUrl(*address, out); !added.ok()) return added;
  } else if (!address->path.empty()) {
    return Wrong("holds `" + std::string(text) + "`, a host with a path", AsSettings(*address));
  }
  out.list.push_back(std::move(address->host));
  return Ok();
}

}  // namespace

Result<Hosts> ParseHosts(std::string_view text) {
  if (text.find_first_of("@?") != std::string_view::npos) return HoldsMore(text);
  Hosts out;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find(',', start), text.size());
    const std::string_view part = Trim(text.substr(start, end - start));
    start = end + 1;
    if (part.empty()) continue;
    if (Status added = Add(part, out); !added.ok()) return added.error();
  }
  if (out.list.empty()) return Wrong("names no host", "write it as db.example, or unset it for the embedded engine");
  return out;
}

std::string ToText(const Host& host) {
  const bool is_ipv6 = host.name.find(':') != std::string::npos;
  const std::string name = is_ipv6 ? "[" + host.name + "]" : host.name;
  return host.port ? name + ":" + std::to_string(*host.port) : name;
}

int HttpPort(int port) {
  return port == 9440 ? 8443 : port == 9000 ? 8123 : port;
}

}  // namespace chimera::config
