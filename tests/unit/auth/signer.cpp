#include "tests/unit/auth/signer.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include <utility>

#include "base/base64.h"

namespace chimera::auth::testing {
namespace {

EVP_PKEY* Make(const std::string& algorithm) {
  if (algorithm == "RS256") return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{2048});
  if (algorithm == "ES256") return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
}

std::string Number(EVP_PKEY* key, const char* name, int size = 0) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  std::string bytes(static_cast<size_t>(size > 0 ? size : BN_num_bytes(number)), '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  BN_free(number);
  return Base64Url(bytes);
}

std::string Raw(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  std::string raw(64, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + 32, 32);
  ECDSA_SIG_free(signature);
  return raw;
}

}  // namespace

Signer::Signer(std::string algorithm, std::string id)
    : algorithm_(std::move(algorithm)), id_(std::move(id)), key_(Make(algorithm_), EVP_PKEY_free) {}

Json Signer::Jwk() const {
  EVP_PKEY* key = key_.get();
  if (algorithm_ == "RS256") {
    return {{"kty", "RSA"},
            {"kid", id_},
            {"n", Number(key, OSSL_PKEY_PARAM_RSA_N)},
            {"e", Number(key, OSSL_PKEY_PARAM_RSA_E)}};
  }
  if (algorithm_ == "ES256") {
    return {{"kty", "EC"},
            {"kid", id_},
            {"crv", "P-256"},
            {"x", Number(key, OSSL_PKEY_PARAM_EC_PUB_X, 32)},
            {"y", Number(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32)}};
  }
  std::string x(32, '\0');
  size_t size = x.size();
  EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(x.data()), &size);
  return {{"kty", "OKP"}, {"kid", id_}, {"crv", "Ed25519"}, {"x", Base64Url(x)}};
}

std::string Signer::Signature(const std::string& text) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const bool ed = algorithm_ == "EdDSA";
  EVP_DigestSignInit(context, nullptr, ed ? nullptr : EVP_sha256(), nullptr, key_.get());
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  size_t size = 0;
  EVP_DigestSign(context, nullptr, &size, bytes, text.size());
  std::string signature(size, '\0');
  EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, text.size());
  signature.resize(size);
  EVP_MD_CTX_free(context);
  return algorithm_ == "ES256" ? Raw(signature) : signature;
}

std::string Signer::Sign(const Json& claims, const Json& header) const {
  Json whole = {{"alg", algorithm_}, {"kid", id_}};
  whole.update(header);
  const std::string text = Unsigned(whole, claims);
  return text + "." + Base64Url(Signature(text));
}

std::string Unsigned(const Json& header, const Json& claims) {
  return Base64Url(ToText(header)) + "." + Base64Url(ToText(claims));
}

std::string SetOf(const std::vector<Json>& keys) {
  return ToText(Json{{"keys", keys}});
}

}  // namespace chimera::auth::testing
