#include "config/authorization.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace chimera::config {
namespace {

Error NoUrl() {
  return MakeError(ErrorCode::kInvalidArgument, "is no URL", "write it as https://mcp.example.com/mcp");
}

bool IsLoopback(const std::string& host) {
  return host == "localhost" || host == "127.0.0.1" || host == "::1";
}

void CheckKeys(SettingReader& reader, const Authorization& out) {
  if (!out.jwks_file.empty() && !out.jwks_url.empty()) {
    reader.Refuse("CHIMERA_JWKS_URL", "is set beside CHIMERA_JWKS_FILE", "set one of them");
  }
  if (!out.jwks_url.empty()) {
    const auto url = ParseUrl(out.jwks_url);
    if (!url.ok()) return reader.Refuse("CHIMERA_JWKS_URL", url.error().message, url.error().hint);
    if (!url->secure && !IsLoopback(url->host)) {
      reader.Refuse("CHIMERA_JWKS_URL", "is not https", "keys that anybody on the way can replace are none");
    }
  }
  for (const auto& [name, value] :
       {std::pair("CHIMERA_JWT_ISSUER", &out.issuer), {"CHIMERA_JWT_AUDIENCE", &out.audience}}) {
    if (out.TakesJwts() && value->empty()) {
      reader.Refuse(out.jwks_url.empty() ? "CHIMERA_JWKS_FILE" : "CHIMERA_JWKS_URL",
                    std::string("is set without ") + name,
                    "tokens of other issuers, or for other services, must not count here: set it");
    } else if (!out.TakesJwts() && !value->empty()) {
      reader.Refuse(name, "is set without CHIMERA_JWKS_URL or CHIMERA_JWKS_FILE",
                    "name the keys that tokens are signed with");
    }
  }
}

}  // namespace

Result<Url> ParseUrl(std::string_view text) {
  Url url;
  url.secure = text.starts_with("https://");
  if (!url.secure && !text.starts_with("http://")) return NoUrl();
  text.remove_prefix(url.secure ? 8 : 7);
  const size_t end = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, end);
  url.target = std::string(text.substr(end));
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  const auto printable = [](char c) { return c > ' ' && c <= '~' && c != '#' && c != '"' && c != '\\'; };
  if (!std::all_of(text.begin(), text.end(), printable) || authority.find('@') != std::string_view::npos)
    return NoUrl();
  const size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return NoUrl();
  const size_t colon = std::min(authority.find(':', bracket), authority.size());
  url.host = authority.substr(0, colon);
  if (bracket > 0) url.host = url.host.substr(1, url.host.size() - 2);
  url.port = url.secure ? 443 : 80;
  if (colon < authority.size()) {
    const char* stop = authority.data() + authority.size();
    const auto [last, error] = std::from_chars(authority.data() + colon + 1, stop, url.port);
    if (error != std::errc() || last != stop || url.port < 1 || url.port > 65535) return NoUrl();
  }
  if (url.host.empty()) return NoUrl();
  return url;
}

Authorization LoadAuthorization(SettingReader& reader, const std::vector<std::string>& clients) {
  Authorization out;
  out.token_file = reader.Path("CHIMERA_TOKENS_FILE", "");
  out.jwks_file = reader.Path("CHIMERA_JWKS_FILE", "");
  out.jwks_url = reader.Text("CHIMERA_JWKS_URL", "");
  out.issuer = reader.Text("CHIMERA_JWT_ISSUER", "");
  out.audience = reader.Text("CHIMERA_JWT_AUDIENCE", "");
  CheckKeys(reader, out);
  out.public_url = reader.Text("CHIMERA_PUBLIC_URL", "");
  if (!out.public_url.empty()) {
    const auto url = ParseUrl(out.public_url);
    if (!url.ok()) reader.Refuse("CHIMERA_PUBLIC_URL", url.error().message, url.error().hint);
  }
  auto ranges = auth::AddressRanges::Parse(clients);
  if (ranges.ok()) {
    out.clients = *std::move(ranges);
  } else {
    reader.Refuse("CHIMERA_ALLOWED_CLIENTS", ranges.error().message, ranges.error().hint);
  }
  return out;
}

}  // namespace chimera::config
