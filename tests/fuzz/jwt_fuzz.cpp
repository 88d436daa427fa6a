// A token that somebody sends: its form, its claims and its signature. An input is a token; where a line break stands
// in it, what follows is read as claims instead, so that they are reached without base64.
#include "auth/jwk_set.h"
#include "auth/jwt.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace chimera;

const std::chrono::system_clock::time_point kNow{std::chrono::seconds(1'800'000'000)};
constexpr std::string_view kKeys =
    R"({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

const auth::JwkSet& Keys() {
  static const auto keys = auth::JwkSet::Parse(kKeys);
  fuzz::Require(keys.ok(), "the target's own key is read");
  return *keys;
}

void CheckClaims(std::string_view payload) {
  const auto claims = auth::CheckClaims(payload, {.issuer = "https://idp", .audience = "https://mcp/mcp"}, kNow);
  if (!claims) return fuzz::Require(claims.error().code == ErrorCode::kAccessDenied, "claims are refused", payload);
  const std::string& name = claims->principal.name;
  fuzz::Require(!name.empty() && name.size() <= 200, "a caller has a name", payload);
  fuzz::Require(name.find_first_of("\r\n") == name.npos, "which stays on one line of a log", payload);
  fuzz::Require(claims->expires > kNow, "an expired token is refused", payload);
  fuzz::Require(claims->principal.database_account == nullptr, "a token names no account of the database", payload);
}

void CheckToken(std::string_view token) {
  const auto jwt = auth::ParseJwt(token);
  if (!jwt) {
    constexpr size_t kTelling = 16;
    // Words of the message itself have no dot between them, as a token has.
    const bool telling = token.size() >= kTelling && token.find('.') != std::string_view::npos;
    const bool shown = telling && jwt.error().message.find(token) != std::string::npos;
    return fuzz::Require(!jwt.error().message.empty() && !shown, "a refusal says why, without the token", token);
  }
  fuzz::Require(auth::LooksLikeJwt(token) && token.starts_with(jwt->signed_text), "what is signed is its begin", token);
  const auth::VerifyingKey* key = Keys().Find(jwt->key_id, jwt->algorithm);
  fuzz::Require(key == nullptr || key->For() == jwt->algorithm, "alg chooses no key of another kind", token);
  fuzz::Require(key == nullptr || !key->Verifies(jwt->signed_text, jwt->signature), "nobody can sign", token);
  CheckClaims(jwt->payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::TextOf(data, size);
  const size_t line = text.find('\n');
  CheckToken(text.substr(0, line));
  if (line != text.npos) CheckClaims(text.substr(line + 1));
  return 0;
}
