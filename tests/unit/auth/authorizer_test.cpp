// Each rule of authorization with real tokens.
#include "auth/authorizer.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <filesystem>
#include <fstream>

#include "base/base64.h"
#include "base/text.h"
#include "tests/unit/auth/signer.h"

namespace chimera::auth {
namespace {

using testing::SetOf;
using testing::Signer;
using testing::Unsigned;

constexpr int64_t kNow = 1'800'000'000;

class AuthorizerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = ::testing::TempDir() + "tokens-" + RandomHex(8);
    std::ofstream(path_) << "bot " << Sha256Hex(token_) << " read\n";
    Credentials credentials;
    credentials.tokens = *TokenFile::Open(path_);
    credentials.keys = KeySource::FromUrl("https://idp/keys",
                                          [this](const std::string&) -> Result<std::string> {
                                            ++fetches_;
                                            return SetOf(published_);
                                          },
                                          {});
    credentials.rules = {.issuer = "https://idp", .audience = "mcp"};
    authorizer_ = std::make_unique<Authorizer>(
        std::move(credentials), [this] { return Authorizer::Clock::time_point(std::chrono::seconds(now_)); });
  }
  void TearDown() override { std::filesystem::remove(path_); }

  static Json Claims(const char* key = "sub", Json value = "ana") {
    Json claims = {
        {"iss", "https://idp"}, {"aud", "mcp"}, {"sub", "ana"}, {"exp", kNow + 300}, {"scope", "read write"}};
    claims[key] = std::move(value);
    return claims;
  }
  /// The principal's name, or "error: description".
  std::string Check(const std::string& header) {
    const auto verdict = authorizer_->Check(header);
    if (const auto* refusal = std::get_if<Refusal>(&verdict)) return refusal->error + ": " + refusal->description;
    return std::get<0>(verdict)->name;
  }
  std::string CheckToken(const std::string& token) {
    const std::string answer = Check("Bearer " + token);
    EXPECT_EQ(answer.find(token), std::string::npos) << "never shows the token";
    return answer;
  }

  const std::string token_ = NewToken();
  const Signer rsa_{"RS256", "rsa"};
  const Signer ec_{"ES256", "ec"};
  const Signer ed_{"EdDSA", "ed"};
  std::vector<Json> published_ = {rsa_.Jwk(), ec_.Jwk(), ed_.Jwk()};
  std::string path_;
  int64_t now_ = kNow;
  int fetches_ = 0;
  std::unique_ptr<Authorizer> authorizer_;
};

TEST_F(AuthorizerTest, TakesStaticTokens) {
  EXPECT_EQ(CheckToken(token_), "bot");
  EXPECT_EQ(Check("bearer   " + token_ + " "), "bot") << "schemes have no case";
  EXPECT_TRUE(CheckToken(NewToken()).starts_with("invalid_token: "));
  EXPECT_TRUE(CheckToken(token_ + "x").starts_with("invalid_token: "));
  EXPECT_TRUE(CheckToken(token_.substr(0, 50)).starts_with("invalid_token: "));
}

TEST_F(AuthorizerTest, AsksForATokenWhereThereIsNone) {
  for (const char* header : {"", " ", "Basic YTpi", "Bearer_x"}) EXPECT_TRUE(Check(header).starts_with(": ")) << header;
  for (const char* header : {"Bearer", "Bearer ", "Bearer a b", "Bearer \"a\"", "Bearer \xC3\xA4"}) {
    EXPECT_TRUE(Check(header).starts_with("invalid_token: ")) << header;
  }
}

TEST_F(AuthorizerTest, TakesJwtsOfEachAlgorithm) {
  for (const Signer* signer : {&rsa_, &ec_, &ed_}) EXPECT_EQ(CheckToken(signer->Sign(Claims())), "ana");
  EXPECT_EQ(fetches_, 1);
}

TEST_F(AuthorizerTest, RefusesForgedSignatures) {
  const std::string wrong = "invalid_token: the token's signature is wrong";
  for (const Signer* signer : {&rsa_, &ec_, &ed_}) {
    const std::string token = signer->Sign(Claims());
    const std::string signature = token.substr(token.rfind('.'));
    Json header = *ParseJson(*FromBase64Url(token.substr(0, token.find('.'))));
    EXPECT_EQ(CheckToken(Unsigned(header, Claims("sub", "root")) + signature), wrong);
    std::string bytes = *FromBase64Url(signature.substr(1));
    bytes[10] = static_cast<char>(bytes[10] ^ 1);
    EXPECT_EQ(CheckToken(Unsigned(header, Claims()) + "." + Base64Url(bytes)), wrong);
    EXPECT_EQ(CheckToken(Unsigned(header, Claims()) + "."), wrong);
    EXPECT_EQ(CheckToken(Unsigned(header, Claims()) + "." + Base64Url(std::string(64, '\0'))), wrong);
  }
  EXPECT_EQ(CheckToken(Signer("RS256", "rsa").Sign(Claims())), wrong) << "another's key under a known id";
}

TEST_F(AuthorizerTest, RefusesAlgorithmsThatAreNotTheKeys) {
  EXPECT_NE(CheckToken(Unsigned({{"alg", "none"}}, Claims()) + ".").find("alg"), std::string::npos);
  EXPECT_NE(CheckToken(ec_.Sign(Claims(), {{"kid", "rsa"}})).find("alg is not that of its key"), std::string::npos);
  EXPECT_NE(CheckToken(rsa_.Sign(Claims(), {{"alg", "ES256"}})).find("alg is not that of its key"), std::string::npos);
  EXPECT_NE(CheckToken(ed_.Sign(Claims(), {{"alg", "RS256"}, {"kid", "rsa"}})).find("signature"), std::string::npos);
  // The public key as the secret of an HMAC: what a verifier that trusts `alg` would take.
  const std::string text = Unsigned({{"alg", "HS256"}, {"kid", "rsa"}}, Claims());
  const std::string secret = *FromBase64Url(rsa_.Jwk()["n"].get<std::string>());
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
  EXPECT_NE(CheckToken(text + "." + Base64Url({reinterpret_cast<char*>(mac), size})).find("alg is none of"),
            std::string::npos)
      << CheckToken(text);
}

TEST_F(AuthorizerTest, RefusesClaimsThatAreNotForHere) {
  EXPECT_NE(CheckToken(ec_.Sign(Claims("aud", "another"))).find("aud"), std::string::npos);
  EXPECT_NE(CheckToken(ec_.Sign(Claims("iss", "https://evil"))).find("iss"), std::string::npos);
  EXPECT_NE(CheckToken(ec_.Sign(Claims("exp", kNow - 61))).find("expired"), std::string::npos);
  EXPECT_NE(CheckToken(ec_.Sign(Claims("exp", nullptr))).find("exp"), std::string::npos);
  EXPECT_NE(CheckToken(ec_.Sign(Claims("nbf", kNow + 61))).find("nbf"), std::string::npos);
  EXPECT_NE(CheckToken(ec_.Sign(Claims(), {{"crit", {"exp"}}})).find("crit"), std::string::npos);
}

TEST_F(AuthorizerTest, UnknownKeysAreLookedForOnceAMinute) {
  EXPECT_EQ(CheckToken(ec_.Sign(Claims())), "ana");
  const Signer fresh("ES256", "fresh");
  published_.push_back(fresh.Jwk());
  for (int i = 0; i < 20; ++i) EXPECT_NE(CheckToken(fresh.Sign(Claims())).find("kid"), std::string::npos);
  EXPECT_EQ(fetches_, 1);
}

TEST_F(AuthorizerTest, AJwtThatWasGoodIsNotGoodBeyondItsExpiry) {
  const std::string token = ec_.Sign(Claims("exp", kNow - 55));
  EXPECT_EQ(CheckToken(token), "ana") << "within the leeway";
  now_ += 4;
  EXPECT_EQ(CheckToken(token), "ana");
  now_ += 1;
  EXPECT_NE(CheckToken(token).find("expired"), std::string::npos);
}

}  // namespace
}  // namespace chimera::auth
