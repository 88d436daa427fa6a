#include "config/authorization.h"

#include <gtest/gtest.h>

#include "tests/unit/config/settings_support.h"

namespace chimera::config {
namespace {

const SettingMap kKeys = {{"CHIMERA_JWKS_URL", "https://idp.example/keys"},
                          {"CHIMERA_JWT_ISSUER", "https://idp.example"},
                          {"CHIMERA_JWT_AUDIENCE", "mcp"}};

SettingMap With(SettingMap settings, const std::string& name, const std::string& value) {
  settings[name] = value;
  return settings;
}

std::string Failure(const SettingMap& settings) {
  const auto config = LoadFrom(settings);
  return config.ok() ? "" : config.error().message;
}

TEST(Authorization, IsNotNeededWhereNothingIsSet) {
  const auto config = LoadFrom({});
  ASSERT_TRUE(config.ok());
  EXPECT_FALSE(config->authorization.Needed());
  EXPECT_TRUE(config->authorization.clients.Empty());
}

TEST(Authorization, KeysNeedAnIssuerAndAnAudience) {
  EXPECT_EQ(Failure(kKeys), "");
  EXPECT_TRUE(LoadFrom(kKeys)->authorization.TakesJwts());
  EXPECT_NE(Failure(With(kKeys, "CHIMERA_JWT_ISSUER", "")).find("without CHIMERA_JWT_ISSUER"), std::string::npos);
  EXPECT_NE(Failure(With(kKeys, "CHIMERA_JWT_AUDIENCE", "")).find("without CHIMERA_JWT_AUDIENCE"), std::string::npos);
  EXPECT_NE(Failure(With(kKeys, "CHIMERA_JWKS_FILE", "/keys")).find("beside CHIMERA_JWKS_FILE"), std::string::npos);
  EXPECT_NE(Failure({{"CHIMERA_JWT_AUDIENCE", "mcp"}}).find("CHIMERA_JWT_AUDIENCE"), std::string::npos);
}

TEST(Authorization, KeysComeOverTlsOrFromThisMachine) {
  EXPECT_EQ(Failure(With(kKeys, "CHIMERA_JWKS_URL", "http://127.0.0.1:8000/keys")), "");
  EXPECT_EQ(Failure(With(kKeys, "CHIMERA_JWKS_URL", "http://[::1]:8000/keys")), "");
  for (const char* url : {"http://idp.example/keys", "http://127.0.0.1.example/keys", "http://localhost.example/"}) {
    EXPECT_NE(Failure(With(kKeys, "CHIMERA_JWKS_URL", url)).find("is not https"), std::string::npos) << url;
  }
}

TEST(Authorization, UrlsAreTakenApart) {
  const auto url = ParseUrl("https://[2001:db8::1]:8443/a?b=c");
  ASSERT_TRUE(url.ok());
  EXPECT_TRUE(url->secure);
  EXPECT_EQ(url->host, "2001:db8::1");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/a?b=c");
  EXPECT_EQ(ParseUrl("http://idp")->target, "/");
  EXPECT_EQ(ParseUrl("https://idp?x")->target, "/?x");
  EXPECT_EQ(ParseUrl("https://idp")->port, 443);
  for (const char* text :
       {"", "idp", "ftp://idp", "https://", "https:///x", "https://a@idp/", "https://idp:0/", "https://idp:x/",
        "https://idp:99999/", "https://[::1/", "https://idp/a b", "https://idp/#x", "https://id\r\np/"}) {
    EXPECT_FALSE(ParseUrl(text).ok()) << text;
  }
}

TEST(Authorization, AddressRangesAreNamedWhenTheyAreNone) {
  EXPECT_NE(Failure({{"CHIMERA_ALLOWED_CLIENTS", "127.0.0.1, 10.0.0.0/40"}}).find("`10.0.0.0/40`"), std::string::npos);
  EXPECT_TRUE(LoadFrom({{"CHIMERA_ALLOWED_CLIENTS", "127.0.0.1, ::1"}})->authorization.clients.Contain("::1"));
}

}  // namespace
}  // namespace chimera::config
