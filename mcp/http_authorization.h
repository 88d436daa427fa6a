// Authorization of MCP over HTTP (its specification's basic/authorization; RFC 6750, RFC 9728): where a token may stand
// in a request, how a refusal says what to do, and the page that names the authorization server. Knows no HTTP library.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "auth/authorizer.h"

namespace chimera::mcp {

struct AuthorizationOptions {
  auth::Authorizer* authorizer = nullptr;  ///< outlives the server; null: nobody has to say who he is
  std::string public_url = {};  ///< of the endpoint, as clients know it; empty: made of the Host header and `path`
  std::string issuer = {};      ///< the authorization server that clients get tokens from; empty: there is none
};

/// What a request shows of itself.
struct Presented {
  std::vector<std::string> headers;  ///< the values of all its Authorization headers
  bool token_in_url = false;         ///< the query has an access_token
  std::string host;                  ///< Host, which was checked before
};

/// Why a request goes no further.
struct Challenge {
  int status = 401;
  std::string authenticate;  ///< the value of WWW-Authenticate
  std::string message;       ///< for the body
};

class HttpAuthorization {
 public:
  /// `path`: of the endpoint; `tls`: whether this server speaks HTTPS itself.
  HttpAuthorization(AuthorizationOptions options, std::string path, bool tls);

  /// False: everybody may do everything.
  bool Needed() const { return options_.authorizer != nullptr; }
  /// Who sent the request, null when not Needed. Blocks as Authorizer::Check. Thread-safe.
  std::variant<std::shared_ptr<const Principal>, Challenge> Check(const Presented& presented) const;
  /// WWW-Authenticate of a 403: what the token lacks.
  std::string ScopeChallenge(std::string_view missing, std::string_view host) const;

  /// True for the paths where RFC 9728 looks for the metadata, when authorization is needed.
  bool IsMetadata(std::string_view path) const;
  /// The metadata document: for everybody.
  std::string Metadata(std::string_view host) const;

 private:
  std::string Resource(std::string_view host) const;
  std::string MetadataUrl(std::string_view host) const;
  Challenge Refuse(int status, const auth::Refusal& refusal, std::string_view host) const;

  const AuthorizationOptions options_;
  const std::string path_;
  const bool tls_;
};

}  // namespace chimera::mcp
