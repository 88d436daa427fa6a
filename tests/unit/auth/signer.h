// An authorization server in a test: makes keys, publishes them, and signs whatever it is told to.
#pragma once

#include <memory>
#include <string>

#include "base/json.h"

struct evp_pkey_st;

namespace chimera::auth::testing {

class Signer {
 public:
  /// `algorithm`: RS256, ES256 or EdDSA.
  explicit Signer(std::string algorithm, std::string id = "key-1");

  /// The public key as a JWK.
  Json Jwk() const;
  /// A JWT of `claims`; `header` adds to, or replaces, alg and kid.
  std::string Sign(const Json& claims, const Json& header = Json::object()) const;

 private:
  std::string Signature(const std::string& text) const;

  const std::string algorithm_;
  const std::string id_;
  const std::shared_ptr<evp_pkey_st> key_;
};

/// "header.payload", both base64url.
std::string Unsigned(const Json& header, const Json& claims);
/// The text of a JWK Set.
std::string SetOf(const std::vector<Json>& keys);

}  // namespace chimera::auth::testing
