// The form and the claims of JWTs, and the keys they are verified with.
#include "auth/jwt.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "tests/unit/auth/signer.h"

namespace chimera::auth {
namespace {

using testing::SetOf;
using testing::Signer;
using testing::Unsigned;
using Clock = std::chrono::system_clock;

const JwtRules kRules{.issuer = "https://idp", .audience = "https://mcp/mcp"};
const Clock::time_point kNow{std::chrono::seconds(1'800'000'000)};

Json GoodClaims() {
  return {{"iss", "https://idp"},
          {"aud", "https://mcp/mcp"},
          {"sub", "ana"},
          {"exp", 1'800'000'300},
          {"scope", "read write"}};
}

Json With(const char* key, Json value) {
  Json claims = GoodClaims();
  claims[key] = std::move(value);
  return claims;
}

Json Without(const char* key) {
  Json claims = GoodClaims();
  claims.erase(key);
  return claims;
}

std::string Refusal(const Json& claims) {
  const auto checked = CheckClaims(ToText(claims), kRules, kNow);
  return checked.ok() ? "" : checked.error().message;
}

TEST(JwtClaims, AreTakenWhenAllIsWell) {
  const auto claims = CheckClaims(ToText(GoodClaims()), kRules, kNow);
  ASSERT_TRUE(claims.ok()) << claims.error().message;
  EXPECT_EQ(claims->principal.name, "ana");
  EXPECT_TRUE(claims->principal.scopes.Has(Scope::kRead) && claims->principal.scopes.Has(Scope::kWrite));
  EXPECT_FALSE(claims->principal.scopes.Has(Scope::kAdmin));
  EXPECT_EQ(claims->expires, kNow + std::chrono::seconds(360));
  EXPECT_EQ(Refusal(With("aud", {"other", "https://mcp/mcp"})), "");
  EXPECT_EQ(Refusal(With("exp", 1'799'999'941)), "") << "within the leeway";
  EXPECT_EQ(Refusal(With("nbf", 1'800'000'059)), "");
  EXPECT_EQ(Refusal(With("exp", 1'800'000'000.5)), "");
  EXPECT_GT(CheckClaims(ToText(With("exp", 9'999'999'999)), kRules, kNow)->expires, kNow) << "beyond the clock's end";
}

TEST(JwtClaims, AreRefusedForEachReason) {
  const std::vector<std::pair<Json, const char*>> cases = {{Without("exp"), "exp"},
                                                           {With("exp", "1800000300"), "exp"},
                                                           {With("exp", 1e300), "exp"},
                                                           {With("exp", 1'799'999'940), "expired"},
                                                           {With("exp", -1), "expired"},
                                                           {With("nbf", 1'800'000'061), "nbf"},
                                                           {With("nbf", "soon"), "nbf"},
                                                           {Without("iss"), "iss"},
                                                           {With("iss", "https://idp/"), "iss"},
                                                           {With("iss", {"https://idp"}), "iss"},
                                                           {Without("aud"), "aud"},
                                                           {With("aud", "https://mcp/mcp2"), "aud"},
                                                           {With("aud", Json::array()), "aud"},
                                                           {With("aud", {{"https://mcp/mcp", 1}}), "aud"},
                                                           {Without("sub"), "subject"},
                                                           {With("sub", ""), "subject"},
                                                           {With("sub", 7), "subject"},
                                                           {With("sub", "ana\nprincipal=root"), "subject"},
                                                           {With("sub", std::string(201, 'a')), "subject"}};
  for (const auto& [claims, part] : cases) {
    EXPECT_NE(Refusal(claims).find(part), std::string::npos) << ToText(claims) << " → " << Refusal(claims);
  }
  EXPECT_FALSE(CheckClaims("[]", kRules, kNow).ok());
  EXPECT_FALSE(CheckClaims("", kRules, kNow).ok());
}

TEST(JwtClaims, NameAClientWhereThereIsNoSubject) {
  Json claims = Without("sub");
  claims["client_id"] = "batch";
  const auto checked = CheckClaims(ToText(claims), kRules, kNow);
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(checked->principal.name, "batch");
}

TEST(JwtClaims, ScopesAreThoseThatAreOurs) {
  const auto scopes = [](Json claims) {
    const auto checked = CheckClaims(ToText(claims), kRules, kNow);
    std::string text;
    for (const auto& name : NamesOf(checked->principal.scopes)) text += name + " ";
    return text;
  };
  EXPECT_EQ(scopes(Without("scope")), "");
  EXPECT_EQ(scopes(With("scope", "openid  read profile reader")), "read ");
  Json claims = Without("scope");
  claims["scp"] = {"write", "x", 7};
  EXPECT_EQ(scopes(claims), "write ");
  claims["scp"] = "admin read";
  EXPECT_EQ(scopes(claims), "read admin ");
}

TEST(JwtForm, HeadersAreRefusedBeforeAnythingElse) {
  const auto refusal = [](const std::string& token) {
    const auto jwt = ParseJwt(token);
    return jwt.ok() ? "" : jwt.error().message;
  };
  const auto headed = [](const Json& header) { return Unsigned(header, GoodClaims()) + ".AAAA"; };
  EXPECT_EQ(refusal(headed({{"alg", "RS256"}})), "");
  EXPECT_EQ(refusal(headed({{"alg", "RS256"}, {"typ", "at+JWT"}})), "");
  for (const char* alg : {"none", "None", "HS256", "HS512", "RS512", "PS256", "ES384", "", "rs256"}) {
    EXPECT_NE(refusal(headed({{"alg", alg}})).find("alg"), std::string::npos) << alg;
  }
  EXPECT_NE(refusal(headed({{"typ", "JWT"}})).find("alg"), std::string::npos);
  EXPECT_NE(refusal(headed({{"alg", "RS256"}, {"crit", {"b64"}}})).find("crit"), std::string::npos);
  EXPECT_NE(refusal(headed({{"alg", "RS256"}, {"crit", nullptr}})).find("crit"), std::string::npos);
  EXPECT_NE(refusal(headed({{"alg", "RS256"}, {"typ", "dpop+jwt"}})).find("typ"), std::string::npos);
  EXPECT_NE(refusal(headed({{"alg", "RS256"}, {"kid", 7}})).find("kid"), std::string::npos);
  for (const char* token :
       {"", ".", "..", "a.b", "a.b.c.d", "e30.e30.e30=", "e30.e30.e3 0", "W10.e30.AAAA", "e3-.e30.AA"}) {
    EXPECT_NE(refusal(token), "") << token;
  }
  EXPECT_NE(refusal(headed({{"alg", "RS256"}}) + std::string(17 << 10, 'A')), "") << "longer than a header should be";
}

TEST(JwkSet, TakesTheKeysThatAreOfUse) {
  const Signer rsa("RS256", "r"), ec("ES256", "e"), ed("EdDSA", "d");
  const auto set =
      JwkSet::Parse(SetOf({rsa.Jwk(), ec.Jwk(), ed.Jwk(), {{"kty", "oct"}, {"kid", "o"}, {"k", "AAAA"}}, 7}));
  ASSERT_TRUE(set.ok()) << set.error().message;
  EXPECT_EQ(set->Size(), 3u);
  EXPECT_NE(set->Find("r", Algorithm::kRs256), nullptr);
  EXPECT_EQ(set->Find("r", Algorithm::kEs256), nullptr);
  EXPECT_EQ(set->Find("x", Algorithm::kRs256), nullptr);
  EXPECT_NE(set->Find("", Algorithm::kEs256), nullptr) << "the only one";
  EXPECT_FALSE(set->HasId("o"));
}

TEST(JwkSet, WithoutAnIdThereMustBeOneKeyOnly) {
  const auto set = JwkSet::Parse(SetOf({Signer("ES256", "a").Jwk(), Signer("ES256", "b").Jwk()}));
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(set->Find("", Algorithm::kEs256), nullptr);
}

TEST(JwkSet, RefusesKeysThatAreMeantForSomethingElse) {
  const Signer rsa("RS256"), ec("ES256"), ed("EdDSA");
  const auto changed = [](Json jwk, const char* key, Json value) {
    jwk[key] = std::move(value);
    return SetOf({jwk});
  };
  EXPECT_TRUE(JwkSet::Parse(changed(rsa.Jwk(), "alg", "RS256")).ok());
  EXPECT_TRUE(JwkSet::Parse(changed(rsa.Jwk(), "use", "sig")).ok());
  EXPECT_TRUE(JwkSet::Parse(changed(rsa.Jwk(), "key_ops", {"verify"})).ok());
  EXPECT_FALSE(JwkSet::Parse(changed(rsa.Jwk(), "alg", "RS512")).ok());
  EXPECT_FALSE(JwkSet::Parse(changed(rsa.Jwk(), "alg", "HS256")).ok());
  EXPECT_FALSE(JwkSet::Parse(changed(rsa.Jwk(), "use", "enc")).ok());
  EXPECT_FALSE(JwkSet::Parse(changed(rsa.Jwk(), "key_ops", {"encrypt"})).ok());
  EXPECT_FALSE(JwkSet::Parse(changed(rsa.Jwk(), "n", Base64Url(std::string(128, '\xAB')))).ok()) << "1024 bits";
  EXPECT_FALSE(JwkSet::Parse(changed(rsa.Jwk(), "e", "AQ")).ok()) << "exponent 1";
  EXPECT_FALSE(JwkSet::Parse(changed(ec.Jwk(), "crv", "P-384")).ok());
  EXPECT_FALSE(JwkSet::Parse(changed(ec.Jwk(), "y", Base64Url(std::string(32, '\x01')))).ok()) << "not on the curve";
  EXPECT_FALSE(JwkSet::Parse(changed(ed.Jwk(), "crv", "X25519")).ok());
  for (const char* text : {"", "{}", "[]", R"({"keys":{}})", R"({"keys":[]})", R"({"keys":[null]})"}) {
    EXPECT_FALSE(JwkSet::Parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace chimera::auth
