#include "auth/authorizer.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace chimera::auth {
namespace {

constexpr std::chrono::seconds kRemembered{10};
constexpr size_t kMostRemembered = 4096;
constexpr std::string_view kScheme = "bearer";

Refusal Invalid(std::string why) {
  return {"invalid_token", std::move(why)};
}

/// RFC 6750, section 2.1: b64token.
bool IsToken(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/=").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

}  // namespace

Authorizer::Authorizer(Credentials credentials, std::function<Clock::time_point()> now)
    : credentials_(std::move(credentials)), now_(std::move(now)) {}

Verdict Authorizer::Check(std::string_view header) {
  header = Trim(header);
  if (header.empty()) return Refusal{{}, "send the header Authorization: Bearer TOKEN"};
  const size_t space = std::min(header.find(' '), header.size());
  if (ToLower(header.substr(0, space)) != kScheme) {
    return Refusal{{}, "only the scheme Bearer is known; send the header Authorization: Bearer TOKEN"};
  }
  const std::string_view token = Trim(header.substr(space));
  if (!IsToken(token)) return Invalid("behind Bearer there is no token");
  return CheckToken(token);
}

Verdict Authorizer::CheckToken(std::string_view token) {
  if (credentials_.tokens) {
    if (auto principal = credentials_.tokens->Find(token)) return principal;
  }
  if (credentials_.keys && LooksLikeJwt(token)) return CheckJwt(token);
  return Invalid("this is no token of this server, or it was withdrawn");
}

Verdict Authorizer::CheckJwt(std::string_view token) {
  const std::string hash = Sha256Hex(token);
  if (auto principal = Remembered(hash)) return principal;
  auto verified = Verify(token);
  if (auto* refusal = std::get_if<Refusal>(&verified)) return std::move(*refusal);
  auto& claims = std::get<Claims>(verified);
  auto principal = std::make_shared<const Principal>(std::move(claims.principal));
  Remember(hash, {principal, std::min(claims.expires, now_() + kRemembered)});
  return principal;
}

std::variant<Claims, Refusal> Authorizer::Verify(std::string_view token) {
  const auto jwt = ParseJwt(token);
  if (!jwt.ok()) return Invalid(jwt.error().message);
  auto keys = credentials_.keys->Current();
  if (!keys || (!jwt->key_id.empty() && !keys->HasId(jwt->key_id))) keys = credentials_.keys->Newer(keys);
  if (!keys) return Invalid("the keys of the authorization server are not there yet; try again later");
  const VerifyingKey* key = keys->Find(jwt->key_id, jwt->algorithm);
  if (key == nullptr) {
    return Invalid(keys->HasId(jwt->key_id) ? "the token's alg is not that of its key"
                                            : "the token is signed with a key that is not known (kid)");
  }
  if (!key->Verifies(jwt->signed_text, jwt->signature)) return Invalid("the token's signature is wrong");
  auto claims = CheckClaims(jwt->payload, credentials_.rules, now_());
  if (!claims.ok()) return Invalid(claims.error().message);
  return *std::move(claims);
}

std::shared_ptr<const Principal> Authorizer::Remembered(const std::string& hash) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(hash);
  return found != known_.end() && now_() < found->second.until ? found->second.principal : nullptr;
}

void Authorizer::Remember(const std::string& hash, Known known) {
  const std::lock_guard lock(mutex_);
  const auto now = now_();
  if (known_.size() >= kMostRemembered) std::erase_if(known_, [&](const auto& e) { return e.second.until <= now; });
  if (known_.size() < kMostRemembered) known_[hash] = std::move(known);
}

}  // namespace chimera::auth
