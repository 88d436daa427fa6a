// The settings that say who may call the server over HTTP.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/address_ranges.h"
#include "base/result.h"
#include "config/setting_reader.h"

namespace chimera::config {

/// "https://idp.example:8443/keys?v=1", taken apart.
struct Url {
  bool secure = false;
  std::string host;    ///< IPv6 without brackets
  int port = 0;        ///< 443 or 80 where none is named
  std::string target;  ///< path and query; at least "/"
};

/// kInvalidArgument for anything but an absolute http:// or https:// URL without an account or a fragment.
Result<Url> ParseUrl(std::string_view text);

struct Authorization {
  std::string token_file;       ///< CHIMERA_TOKENS_FILE
  std::string jwks_file;        ///< CHIMERA_JWKS_FILE
  std::string jwks_url;         ///< CHIMERA_JWKS_URL: https, or http to loopback
  std::string issuer;           ///< CHIMERA_JWT_ISSUER, set when one of these two is
  std::string audience;         ///< CHIMERA_JWT_AUDIENCE, too
  std::string public_url;       ///< CHIMERA_PUBLIC_URL of the endpoint, such as https://mcp.example/mcp
  auth::AddressRanges clients;  ///< CHIMERA_ALLOWED_CLIENTS; empty: all

  /// Whether callers have to say who they are.
  bool Needed() const { return !token_file.empty() || TakesJwts(); }
  bool TakesJwts() const { return !jwks_file.empty() || !jwks_url.empty(); }
};

/// `clients`: the ranges of CHIMERA_ALLOWED_CLIENTS, one a text. Reads no file: other commands may run as somebody who
/// cannot.
Authorization LoadAuthorization(SettingReader& reader, const std::vector<std::string>& clients);

}  // namespace chimera::config
