// The public keys that tokens are verified with: a JWK Set (RFC 7517) as an authorization server publishes it. Keys for
// RS256, ES256 and EdDSA over Ed25519 are taken; others are passed over, as the RFC asks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace chimera::auth {

enum class Algorithm { kRs256, kEs256, kEdDsa };

/// Of a token's `alg`; nothing for all others, "none" and the HS family among them.
std::optional<Algorithm> AlgorithmOf(std::string_view name);

/// A public key, which verifies one algorithm: a key can never be used with another than its type, its `alg`, `use` and
/// `key_ops` allow.
class VerifyingKey {
 public:
  /// Nothing when `jwk` is of no use here; `why` then says it where the key should have been usable.
  static std::optional<VerifyingKey> FromJwk(const Json& jwk, std::string& why);

  const std::string& Id() const { return id_; }  ///< kid; may be empty
  Algorithm For() const { return algorithm_; }
  /// `signature` as JWS has it (RFC 7518, section 3). Thread-safe.
  bool Verifies(std::string_view signed_text, std::string_view signature) const;

 private:
  std::string id_;
  Algorithm algorithm_ = Algorithm::kRs256;
  std::shared_ptr<evp_pkey_st> key_;
};

class JwkSet {
 public:
  /// kInvalidArgument when this is no JWK Set, or holds no key that is of use here.
  static Result<JwkSet> Parse(std::string_view text);

  /// The key of that id and algorithm. Without an id: the only key of that algorithm. Null: none, or several.
  const VerifyingKey* Find(std::string_view id, Algorithm algorithm) const;
  bool HasId(std::string_view id) const;
  size_t Size() const { return keys_.size(); }

 private:
  std::vector<VerifyingKey> keys_;
};

}  // namespace chimera::auth
