#include "mcp/http_authorization.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/json.h"

namespace chimera::mcp {
namespace {

constexpr std::string_view kWellKnown = "/.well-known/oauth-protected-resource";

/// Where the path of a URL begins; its end when it has none.
size_t PathStart(std::string_view url) {
  const size_t scheme = url.find("://");
  return std::min(url.find('/', scheme == std::string_view::npos ? 0 : scheme + 3), url.size());
}

}  // namespace

HttpAuthorization::HttpAuthorization(AuthorizationOptions options, std::string path, bool tls)
    : options_(std::move(options)), path_(std::move(path)), tls_(tls) {}

std::variant<std::shared_ptr<const Principal>, Challenge> HttpAuthorization::Check(const Presented& presented) const {
  if (!Needed()) return std::shared_ptr<const Principal>();
  if (presented.token_in_url) {
    return Refuse(
        400,
        {"invalid_request",
         "a token in a URL ends up in logs: send it as Authorization: Bearer TOKEN, and have this one replaced"},
        presented.host);
  }
  if (presented.headers.size() > 1) {
    return Refuse(400, {"invalid_request", "there is more than one Authorization header"}, presented.host);
  }
  auto verdict = options_.authorizer->Check(presented.headers.empty() ? "" : presented.headers.front());
  if (auto* refusal = std::get_if<auth::Refusal>(&verdict)) return Refuse(401, *refusal, presented.host);
  return std::get<0>(std::move(verdict));
}

Challenge HttpAuthorization::Refuse(int status, const auth::Refusal& refusal, std::string_view host) const {
  Challenge challenge{status, "Bearer resource_metadata=\"" + MetadataUrl(host) + "\"", refusal.description};
  if (refusal.error.empty()) {
    challenge.authenticate += ", scope=\"read write\"";
  } else {
    challenge.authenticate += ", error=\"" + refusal.error + "\", error_description=\"" + refusal.description + "\"";
    challenge.message = refusal.error + ": " + challenge.message;
  }
  return challenge;
}

std::string HttpAuthorization::ScopeChallenge(std::string_view missing, std::string_view host) const {
  return "Bearer error=\"insufficient_scope\", scope=\"" + std::string(missing) + "\", resource_metadata=\"" +
         MetadataUrl(host) + "\"";
}

bool HttpAuthorization::IsMetadata(std::string_view path) const {
  if (!Needed() || !path.starts_with(kWellKnown)) return false;
  path.remove_prefix(kWellKnown.size());
  const std::string_view public_url = options_.public_url;
  return path.empty() || path == path_ || (!public_url.empty() && path == public_url.substr(PathStart(public_url)));
}

std::string HttpAuthorization::Metadata(std::string_view host) const {
  Json document = {{"resource", Resource(host)}};
  if (!options_.issuer.empty()) document["authorization_servers"] = {options_.issuer};
  for (const Scope scope : kScopes) document["scopes_supported"].push_back(NameOf(scope));
  document["bearer_methods_supported"] = {"header"};
  document["resource_name"] = "chimera-mcp";
  return ToText(document);
}

std::string HttpAuthorization::Resource(std::string_view host) const {
  if (!options_.public_url.empty()) return options_.public_url;
  std::string name(host);  // only its name was looked at before
  constexpr std::string_view kSigns = ".-_:[]";
  std::erase_if(name, [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) == 0 && kSigns.find(c) == std::string_view::npos;
  });
  return (tls_ ? "https://" : "http://") + name + path_;
}

std::string HttpAuthorization::MetadataUrl(std::string_view host) const {
  const std::string resource = Resource(host);
  const size_t path = PathStart(resource);
  return resource.substr(0, path) + std::string(kWellKnown) + resource.substr(path);
}

}  // namespace chimera::mcp
