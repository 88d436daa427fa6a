// What CH_HOST may say: hosts, each perhaps with a port of its own, or http:// and https:// addresses. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace chimera::config {

struct Host {
  std::string name;         ///< a name or an address; IPv6 without brackets
  std::optional<int> port;  ///< its own
};

struct Hosts {
  std::vector<Host> list;      ///< in the order in which they were written; never empty
  std::optional<bool> secure;  ///< what http:// and https:// say
  std::string path;            ///< of a URL, such as "/clickhouse"; empty: none
};

/// "a,b:8443,[::1]:8443" or "https://db:8443/path". kInvalidArgument for anything else: the message says what is wrong
/// after the setting's name, the hint which settings to use instead. Neither holds what could be a password.
Result<Hosts> ParseHosts(std::string_view text);

/// "db:8443", "[::1]:8443"; without a port, the name alone.
std::string ToText(const Host& host);

/// The HTTP port that stands beside a port of the native protocol (9440 → 8443, 9000 → 8123); another port as it is.
int HttpPort(int port);

}  // namespace chimera::config
