#include "auth/jwt.h"

#include <algorithm>
#include <cmath>

#include "base/base64.h"
#include "base/json.h"
#include "base/text.h"

namespace chimera::auth {
namespace {

using Clock = std::chrono::system_clock;

constexpr size_t kMaxTokenBytes = 16u << 10;
constexpr size_t kMaxNameBytes = 200;
constexpr double kFarFuture = 253402300800;  // the year 10000: later times are none
constexpr double kLastTime = 9e9;            // the year 2255: the clock's nanoseconds end in 2262

Error Refused(const char* why) {
  return MakeError(ErrorCode::kAccessDenied, why);
}

std::optional<Json> DecodeObject(std::string_view part) {
  const auto text = FromBase64Url(part);
  auto json = text ? ParseJson(*text) : Result<Json>(Refused(""));
  if (!json.ok() || !json->is_object()) return std::nullopt;
  return *std::move(json);
}

std::optional<std::string> TextOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

/// Media types may leave out "application/" (RFC 7515, section 4.1.9).
bool IsAccessTokenType(const Json& header) {
  if (!header.contains("typ")) return true;
  std::string type = ToLower(TextOf(header, "typ").value_or("?"));
  if (type.starts_with("application/")) type.erase(0, 12);
  return type == "jwt" || type == "at+jwt";
}

Status CheckHeader(const Json& header) {
  if (header.contains("crit")) return Refused("the token has critical extensions (crit), which are not understood");
  if (!IsAccessTokenType(header)) return Refused("the token is of another type (typ) than JWT or at+jwt");
  if (header.contains("kid") && !header["kid"].is_string()) return Refused("the token's kid is no text");
  if (AlgorithmOf(TextOf(header, "alg").value_or(""))) return Ok();
  return Refused("the token's alg is none of RS256, ES256 and EdDSA");
}

/// Seconds since 1970, if the claim is a number that can be a time.
std::optional<double> TimeOf(const Json& claims, const char* key) {
  const auto found = claims.find(key);
  if (found == claims.end() || !found->is_number()) return std::nullopt;
  const auto seconds = found->get<double>();
  return std::isfinite(seconds) && std::abs(seconds) < kFarFuture ? std::optional(seconds) : std::nullopt;
}

Status CheckTimes(const Json& claims, std::chrono::seconds leeway, Clock::time_point now) {
  const double at = std::chrono::duration<double>(now.time_since_epoch()).count();
  const auto slack = static_cast<double>(leeway.count());
  const auto expires = TimeOf(claims, "exp");
  if (!expires) return Refused("the token has no time of expiry (exp)");
  if (*expires + slack <= at) return Refused("the token has expired");
  if (!claims.contains("nbf")) return Ok();
  const auto begins = TimeOf(claims, "nbf");
  if (!begins || *begins - slack > at) return Refused("the token is not valid yet (nbf)");
  return Ok();
}

bool IsFor(const Json& claims, const std::string& audience) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return false;
  if (found->is_string()) return *found == audience;
  return found->is_array() && std::find(found->begin(), found->end(), Json(audience)) != found->end();
}

Status CheckParties(const Json& claims, const JwtRules& rules) {
  if (TextOf(claims, "iss") != rules.issuer) return Refused("the token is from another issuer (iss)");
  if (!IsFor(claims, rules.audience)) return Refused("the token is for another audience (aud)");
  return Ok();
}

/// The name goes into logs.
bool IsName(const std::string& text) {
  const auto plain = [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7F; };
  return !text.empty() && text.size() <= kMaxNameBytes && std::all_of(text.begin(), text.end(), plain);
}

Result<std::string> NameIn(const Json& claims) {
  for (const char* key : {"sub", "client_id", "azp"}) {
    if (!claims.contains(key)) continue;
    auto name = TextOf(claims, key);
    if (!name || !IsName(*name)) return Refused("the token's subject (sub) is no name of 1 to 200 printable bytes");
    return *std::move(name);
  }
  return Refused("the token names no subject (sub) and no client (client_id)");
}

void AddScopes(Scopes& scopes, const std::string& text) {
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = std::min(text.find(' ', start), text.size());
    if (const auto scope = ScopeOf(std::string_view(text).substr(start, end - start))) scopes.Add(*scope);
    start = end + 1;
  }
}

Scopes ScopesIn(const Json& claims) {
  Scopes scopes;
  for (const char* key : {"scope", "scp"}) {
    const auto found = claims.find(key);
    if (found == claims.end()) continue;
    if (found->is_string()) AddScopes(scopes, found->get<std::string>());
    if (!found->is_array()) continue;
    for (const Json& one : *found) {
      if (one.is_string()) AddScopes(scopes, one.get<std::string>());
    }
  }
  return scopes;
}

}  // namespace

bool LooksLikeJwt(std::string_view token) {
  return std::count(token.begin(), token.end(), '.') == 2;
}

Result<Jwt> ParseJwt(std::string_view token) {
  if (!LooksLikeJwt(token) || token.size() > kMaxTokenBytes) return Refused("this is no token of this server");
  const size_t first = token.find('.');
  const size_t second = token.rfind('.');
  const auto header = DecodeObject(token.substr(0, first));
  auto payload = FromBase64Url(token.substr(first + 1, second - first - 1));
  auto signature = FromBase64Url(token.substr(second + 1));
  if (!header || !payload || !signature) return Refused("the token is damaged");
  if (Status checked = CheckHeader(*header); !checked.ok()) return checked.error();
  return Jwt{*AlgorithmOf(*TextOf(*header, "alg")), TextOf(*header, "kid").value_or(""), token.substr(0, second),
             *std::move(signature), *std::move(payload)};
}

Result<Claims> CheckClaims(std::string_view payload, const JwtRules& rules, Clock::time_point now) {
  auto claims = ParseJson(payload);
  if (!claims.ok() || !claims->is_object()) return Refused("the token's claims are no JSON object");
  if (Status parties = CheckParties(*claims, rules); !parties.ok()) return parties.error();
  if (Status times = CheckTimes(*claims, rules.leeway, now); !times.ok()) return times.error();
  auto name = NameIn(*claims);
  if (!name.ok()) return name.error();
  const auto until = std::chrono::duration<double>(std::clamp(*TimeOf(*claims, "exp"), -kLastTime, kLastTime));
  const auto expires = Clock::time_point(std::chrono::duration_cast<Clock::duration>(until)) + rules.leeway;
  return Claims{{*std::move(name), ScopesIn(*claims), nullptr}, expires};
}

}  // namespace chimera::auth
