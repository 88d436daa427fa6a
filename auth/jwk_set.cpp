#include "auth/jwk_set.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <utility>

#include "base/base64.h"

namespace chimera::auth {
namespace {

constexpr int kLeastRsaBits = 2048;  // RFC 7518, section 3.3
constexpr int kMostRsaBits = 8192;   // beyond it a signature costs too much to look at
constexpr size_t kCoordinateBytes = 32;
constexpr size_t kMostKeys = 100;

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Key = std::shared_ptr<EVP_PKEY>;
using Context = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string Text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string Binary(const Json& jwk, const char* key) {
  return FromBase64Url(Text(jwk, key)).value_or("");
}

Key FromParameters(const char* type, OSSL_PARAM_BLD* builder) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  Key made(key, EVP_PKEY_free);
  const Context check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return check && EVP_PKEY_public_check(check.get()) == 1 ? made : nullptr;
}

Key RsaKey(const Json& jwk) {
  const std::string n = Binary(jwk, "n");
  const std::string e = Binary(jwk, "e");
  if (n.empty() || n.size() * 8 > kMostRsaBits || e.empty() || e.size() > 8) return nullptr;
  const Number modulus(BN_bin2bn(Bytes(n), static_cast<int>(n.size()), nullptr));
  const Number exponent(BN_bin2bn(Bytes(e), static_cast<int>(e.size()), nullptr));
  if (!modulus || !exponent || BN_num_bits(modulus.get()) < kLeastRsaBits || BN_is_one(exponent.get())) return nullptr;
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  return FromParameters("RSA", builder.get());
}

Key EcKey(const Json& jwk) {
  const std::string x = Binary(jwk, "x");
  const std::string y = Binary(jwk, "y");
  if (Text(jwk, "crv") != "P-256" || x.size() != kCoordinateBytes || y.size() != kCoordinateBytes) return nullptr;
  const std::string point = "\x04" + x + y;
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  return FromParameters("EC", builder.get());
}

Key EdKey(const Json& jwk) {
  const std::string x = Binary(jwk, "x");
  if (Text(jwk, "crv") != "Ed25519" || x.size() != kCoordinateBytes) return nullptr;
  return Key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(x), x.size()), EVP_PKEY_free);
}

/// JWS has both numbers side by side, OpenSSL wants them in DER (RFC 7518, section 3.4).
std::string DerSignature(std::string_view raw) {
  if (raw.size() != 2 * kCoordinateBytes) return {};
  const Signature signature(ECDSA_SIG_new());
  Number r(BN_bin2bn(Bytes(raw), kCoordinateBytes, nullptr));
  Number s(BN_bin2bn(Bytes(raw.substr(kCoordinateBytes)), kCoordinateBytes, nullptr));
  if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r.release(), s.release()) != 1) return {};
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  std::string out = size > 0 ? std::string(reinterpret_cast<char*>(der), static_cast<size_t>(size)) : std::string();
  OPENSSL_free(der);
  return out;
}

/// The key is published for checking signatures.
bool MeantForVerifying(const Json& jwk) {
  if (jwk.contains("use") && jwk["use"] != "sig") return false;
  if (!jwk.contains("key_ops")) return true;
  const Json& operations = jwk["key_ops"];
  return operations.is_array() && std::find(operations.begin(), operations.end(), "verify") != operations.end();
}

struct Kind {
  std::string_view type;
  Algorithm algorithm;
  Key (*make)(const Json&);
};
constexpr Kind kKinds[] = {
    {"RSA", Algorithm::kRs256, &RsaKey}, {"EC", Algorithm::kEs256, &EcKey}, {"OKP", Algorithm::kEdDsa, &EdKey}};

}  // namespace

std::optional<Algorithm> AlgorithmOf(std::string_view name) {
  if (name == "RS256") return Algorithm::kRs256;
  if (name == "ES256") return Algorithm::kEs256;
  if (name == "EdDSA" || name == "Ed25519") return Algorithm::kEdDsa;  // the second: RFC 9864
  return std::nullopt;
}

std::optional<VerifyingKey> VerifyingKey::FromJwk(const Json& jwk, std::string& why) {
  if (!jwk.is_object() || !MeantForVerifying(jwk)) return std::nullopt;
  const std::string type = Text(jwk, "kty");
  const auto* kind = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& k) { return k.type == type; });
  if (kind == std::end(kKinds)) return std::nullopt;
  if (jwk.contains("alg") && AlgorithmOf(Text(jwk, "alg")) != kind->algorithm) return std::nullopt;
  VerifyingKey key;
  key.id_ = Text(jwk, "kid");
  key.algorithm_ = kind->algorithm;
  key.key_ = kind->make(jwk);
  if (key.key_) return key;
  why = "a key of type " + type + " is not RSA of 2048 to 8192 bits, P-256 or Ed25519, or is damaged";
  return std::nullopt;
}

bool VerifyingKey::Verifies(std::string_view signed_text, std::string_view signature) const {
  const std::string der = algorithm_ == Algorithm::kEs256 ? DerSignature(signature) : std::string(signature);
  if (der.empty()) return false;
  const Digest digest(EVP_MD_CTX_new());
  const EVP_MD* hash = algorithm_ == Algorithm::kEdDsa ? nullptr : EVP_sha256();
  if (!digest || EVP_DigestVerifyInit(digest.get(), nullptr, hash, nullptr, key_.get()) != 1) return false;
  return EVP_DigestVerify(digest.get(), Bytes(der), der.size(), Bytes(signed_text), signed_text.size()) == 1;
}

Result<JwkSet> JwkSet::Parse(std::string_view text) {
  const auto wrong = [](std::string what) {
    return MakeError(ErrorCode::kInvalidArgument, std::move(what),
                     R"(a JWK Set is {"keys": […]}, with RSA, P-256 or Ed25519 keys for signatures)");
  };
  auto json = ParseJson(text);
  if (!json.ok() || !json->is_object() || !json->contains("keys") || !(*json)["keys"].is_array()) {
    return wrong("is no JWK Set");
  }
  JwkSet set;
  std::string why;
  for (const Json& jwk : (*json)["keys"]) {
    if (set.keys_.size() >= kMostKeys) return wrong("holds more than 100 keys");
    if (auto key = VerifyingKey::FromJwk(jwk, why)) set.keys_.push_back(*std::move(key));
  }
  if (set.keys_.empty()) return wrong("holds no key that can be used" + (why.empty() ? why : ": " + why));
  return set;
}

const VerifyingKey* JwkSet::Find(std::string_view id, Algorithm algorithm) const {
  const VerifyingKey* found = nullptr;
  for (const VerifyingKey& key : keys_) {
    if (key.For() != algorithm || (!id.empty() && key.Id() != id)) continue;
    if (found != nullptr) return nullptr;
    found = &key;
  }
  return found;
}

bool JwkSet::HasId(std::string_view id) const {
  return std::any_of(keys_.begin(), keys_.end(), [&](const VerifyingKey& key) { return key.Id() == id; });
}

}  // namespace chimera::auth
