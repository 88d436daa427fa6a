#include "app/authorization.h"

#include <utility>

#include "app/fetch.h"
#include "mcp/http_gate.h"

namespace chimera::app {
namespace {

Result<std::unique_ptr<auth::KeySource>> Keys(const config::Authorization& settings, std::stop_token stop) {
  if (!settings.jwks_file.empty()) return auth::KeySource::FromFile(settings.jwks_file);
  return auth::KeySource::FromUrl(settings.jwks_url,
                                  [stop = std::move(stop)](const std::string& url) { return Fetch(url, stop); }, {});
}

}  // namespace

Result<std::unique_ptr<auth::Authorizer>> CreateAuthorizer(const config::Authorization& settings,
                                                           std::stop_token stop) {
  if (!settings.Needed()) return std::unique_ptr<auth::Authorizer>();
  auth::Credentials credentials;
  if (!settings.token_file.empty()) {
    auto tokens = auth::TokenFile::Open(settings.token_file);
    if (!tokens.ok()) return tokens.error();
    credentials.tokens = *std::move(tokens);
  }
  if (settings.TakesJwts()) {
    auto keys = Keys(settings, std::move(stop));
    if (!keys.ok()) return keys.error();
    credentials.keys = *std::move(keys);
    credentials.rules = {.issuer = settings.issuer, .audience = settings.audience};
  }
  return std::make_unique<auth::Authorizer>(std::move(credentials));
}

Status CheckReach(const config::Config& config, const std::string& host) {
  if (mcp::IsLoopback(host) || config.authorization.Needed() || !config.tls.client_ca.empty()) return Ok();
  return MakeError(
      ErrorCode::kInvalidArgument, "others than this machine can reach " + host + ", and nothing says who may call",
      "make a token with `chimera-mcp token new NAME` and name the file in CHIMERA_TOKENS_FILE, or name the "
      "keys of an authorization server in CHIMERA_JWKS_URL, or set CHIMERA_TLS_CLIENT_CA_FILE; or bind "
      "127.0.0.1; or, where only trusted callers reach it, add --insecure (docs/authorization.md)");
}

}  // namespace chimera::app
