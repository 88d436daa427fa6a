// Access tokens that an authorization server signed: JWTs (RFC 7519, 9068) as RFC 8725 wants them read. Pure: keys and
// the time come from outside. No error here holds any part of a token.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "auth/jwk_set.h"
#include "base/principal.h"
#include "base/result.h"

namespace chimera::auth {

/// What a token must say to count here.
struct JwtRules {
  std::string issuer;               ///< `iss`, exactly
  std::string audience;             ///< `aud`, or one of them
  std::chrono::seconds leeway{60};  ///< between the clocks
};

/// A token taken apart, before its signature was looked at: nothing in it can be trusted yet.
struct Jwt {
  Algorithm algorithm = Algorithm::kRs256;
  std::string key_id;            ///< empty: none
  std::string_view signed_text;  ///< borrowed from the token
  std::string signature;
  std::string payload;
};

/// Whether `token` has the form of a JWT at all: three parts.
bool LooksLikeJwt(std::string_view token);

/// kAccessDenied saying what is wrong: the form, an `alg` that is not RS256, ES256 or EdDSA, `crit`, another `typ` than
/// JWT and at+jwt.
Result<Jwt> ParseJwt(std::string_view token);

struct Claims {
  Principal principal;
  std::chrono::system_clock::time_point expires;  ///< with the leeway
};

/// Reads the claims of a payload whose signature was verified: exp (required), nbf, iss, aud, sub (else client_id, azp)
/// and the scopes of `scope` or `scp` that are ours. kAccessDenied saying what is wrong.
Result<Claims> CheckClaims(std::string_view payload, const JwtRules& rules, std::chrono::system_clock::time_point now);

}  // namespace chimera::auth
