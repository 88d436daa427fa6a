#include "clickhouse/http_options.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/text.h"

namespace chimera::clickhouse {
namespace {

constexpr char kPasswordHeader[] = "X-ClickHouse-Key";

bool HasControls(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

Error Invalid(std::string message) {
  return MakeError(ErrorCode::kInvalidArgument, std::move(message));
}

Status CheckHosts(const HttpOptions& options) {
  constexpr size_t kMaxSocketPath = 107;  // sun_path of unix(7), with its final NUL
  if (options.unix_socket.size() > kMaxSocketPath) {
    return Invalid("the socket path " + options.unix_socket + " is longer than 107 bytes");
  }
  if (!options.unix_socket.empty()) return Ok();
  if (options.hosts.empty()) return Invalid("the database has no host");
  for (const auto& [host, port] : options.hosts) {
    if (host.empty() || HasControls(host)) {
      return Invalid("the database's host name is empty or has control characters");
    }
    if (port < 1 || port > 65535) {
      return Invalid("the database's port must be 1 to 65535, not " + std::to_string(port));
    }
  }
  return Ok();
}

Status CheckAccount(const Account& account) {
  if (HasControls(account.username) || HasControls(account.password)) {
    return Invalid("the database's user name or password has control characters");
  }
  return Ok();
}

void Mask(std::string& text, const std::string& secret) {
  constexpr size_t kShortest = 4;
  constexpr std::string_view kMask = "***";
  if (secret.size() < kShortest) return;
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + kMask.size())) {
    text.replace(at, secret.size(), kMask);
  }
}

}  // namespace

Status Check(const HttpOptions& options) {
  if (auto checked = CheckHosts(options); !checked) return checked;
  if (auto checked = CheckAccount(options.account); !checked) return checked;
  if (options.write_account) {
    if (auto checked = CheckAccount(*options.write_account); !checked) return checked;
  }
  if (options.pool_size < 1) return Invalid("the connection pool needs a size of at least 1");
  if (options.retries < 0) return Invalid("the number of retries must not be negative");
  if (options.secure && options.unix_socket.empty()) return CheckTls(options.tls);
  return Ok();
}

bool IsLoopback(const std::string& host) {
  if (ToLower(host) == "localhost" || host == "::1") return true;
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

bool Compresses(const HttpOptions& options, size_t host) {
  if (options.compression) return *options.compression;
  return options.unix_socket.empty() && !IsLoopback(options.hosts[host].host);
}

std::vector<Header> HeadersOf(const Account& account) {
  std::vector<Header> headers = {{"User-Agent", "chimera-mcp"}, {"Content-Type", "text/plain; charset=UTF-8"}};
  if (!account.username.empty()) headers.push_back({"X-ClickHouse-User", account.username});
  if (!account.password.empty()) headers.push_back({kPasswordHeader, account.password});
  return headers;
}

std::string WithoutSecrets(std::string text, const HttpOptions& options) {
  std::vector<std::string> secrets = {options.account.password};
  if (options.write_account) secrets.push_back(options.write_account->password);
  // The longer first: one may be the beginning of the other.
  std::sort(secrets.begin(), secrets.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  for (const auto& secret : secrets) Mask(text, secret);
  return text;
}

std::string WithoutSecrets(std::string text, const std::vector<Header>& headers) {
  for (const auto& [name, value] : headers) {
    if (name == kPasswordHeader) Mask(text, value);
  }
  return text;
}

}  // namespace chimera::clickhouse
