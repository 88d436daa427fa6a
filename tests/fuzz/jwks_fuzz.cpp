// A JWK Set as an authorization server, or who stands between, publishes it.
#include "auth/jwk_set.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace chimera;

constexpr auth::Algorithm kAll[] = {auth::Algorithm::kRs256, auth::Algorithm::kEs256, auth::Algorithm::kEdDsa};

void CheckKeys(const auth::JwkSet& keys, std::string_view text) {
  fuzz::Require(keys.Size() >= 1 && keys.Size() <= 100, "a set holds 1 to 100 keys", text);
  for (const auth::Algorithm algorithm : kAll) {
    const auth::VerifyingKey* key = keys.Find("", algorithm);
    if (key == nullptr) continue;
    fuzz::Require(key->For() == algorithm && keys.HasId(key->Id()), "a key is found as what it is", text);
    fuzz::Require(keys.Find(key->Id(), algorithm) == key, "by its id, too", text);
    for (const size_t size : {0, 1, 63, 64, 65, 256}) {
      const bool verified = key->Verifies("text", std::string(size, '\1'));
      fuzz::Require(!verified, "a signature that nobody made is none", text);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::TextOf(data, size);
  const auto keys = auth::JwkSet::Parse(text);
  if (keys) {
    CheckKeys(*keys, text);
  } else {
    const Error& error = keys.error();
    fuzz::Require(!error.message.empty() && !error.hint.empty(), "a refusal says why and what instead", text);
  }
  return 0;
}
