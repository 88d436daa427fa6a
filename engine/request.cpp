#include "engine/request.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <vector>

#include "base/text.h"
#include "engine/exception.h"

namespace chimera::engine {
namespace {

constexpr std::string_view kParameterPrefix = "param_";
// Parameters of the interface itself that change nothing here: there are no quotas, no traces.
constexpr std::array<std::string_view, 10> kIgnored = {
    "database",  "default_format", "query",       "user",     "password",
    "quota_key", "stacktrace",     "buffer_size", "query_id", "client_protocol_version"};
constexpr std::array<std::string_view, 4> kOfSessions = {"session_id", "session_timeout", "session_check",
                                                         "close_session"};
constexpr std::array<std::string_view, 3> kNotOffered = {"role", "compress", "decompress"};
constexpr std::chrono::seconds kMaxSessionTimeout{3600};  // ClickHouse's max_session_timeout

bool Contains(const auto& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// The last value of a URL parameter; empty when absent.
std::string Parameter(const HttpHead& head, std::string_view name) {
  std::string value;
  for (const auto& [key, text] : head.parameters) {
    if (key == name) value = text;
  }
  return value;
}

/// The first that is not empty.
std::string Either(std::string first, std::string second) {
  return first.empty() ? second : first;
}

bool IsOn(std::string_view value) {
  return !value.empty() && value != "0" && value != "false";
}

/// Nothing when it is not whole base64.
std::optional<std::string> DecodeBase64(std::string_view text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;  // decoded as zeros
  bytes.resize(static_cast<size_t>(size) - padding);
  return bytes;
}

bool IsLoopback(std::string_view host) {
  return host == "127.0.0.1" || host == "::1" || host == "localhost";
}

/// The host of a Host header, without its port and brackets.
std::string HostOf(const std::string& header) {
  if (header.starts_with('[')) return header.substr(1, header.find(']') - 1);
  return header.substr(0, header.find(':'));
}

struct Credentials {
  std::string user, password;
};

Error MixedSchemes(std::string_view one, std::string_view other) {
  return Exception(kAuthenticationFailed, "Invalid authentication: it is not allowed to use " + std::string(one) +
                                              " and " + std::string(other) + " simultaneously");
}

/// The name and password of a Basic header.
Result<Credentials> ReadBasic(const std::string& header) {
  constexpr std::string_view kScheme = "basic ";
  const auto plain = ToLower(header.substr(0, kScheme.size())) == kScheme
                         ? DecodeBase64(Trim(std::string_view(header).substr(kScheme.size())))
                         : std::nullopt;
  const size_t colon = plain ? plain->find(':') : std::string::npos;
  if (colon == std::string::npos)
    return Exception(kAuthenticationFailed, "Invalid authentication: the Authorization header is not 'Basic'.");
  return Credentials{plain->substr(0, colon), plain->substr(colon + 1)};
}

/// By headers, by Basic or by parameters, never by two of them: as ClickHouse's authenticateUserByHTTP.
Result<Credentials> ReadCredentials(const HttpHead& head) {
  constexpr std::string_view kHeaders = "X-ClickHouse HTTP headers";
  constexpr std::string_view kBasic = "Authorization HTTP header";
  constexpr std::string_view kParameters = "authentication via parameters";
  const Credentials by_header{head.header("X-ClickHouse-User"), head.header("X-ClickHouse-Key")};
  const std::string basic = head.header("Authorization");
  const auto named = [](const auto& parameter) { return parameter.first == "user" || parameter.first == "password"; };
  const bool by_parameters = std::ranges::any_of(head.parameters, named);
  const bool has_headers = !by_header.user.empty() || !by_header.password.empty();
  if (has_headers && !basic.empty()) return MixedSchemes(kHeaders, kBasic);
  if (has_headers && by_parameters) return MixedSchemes(kHeaders, kParameters);
  if (!basic.empty() && by_parameters) return MixedSchemes(kBasic, kParameters);
  if (!basic.empty()) return ReadBasic(basic);
  if (has_headers) return by_header;
  return Credentials{Parameter(head, "user"), Parameter(head, "password")};
}

Result<Account> Authenticate(const HttpHead& head, const Accounts& accounts) {
  auto credentials = ReadCredentials(head);
  if (!credentials) return credentials.error();
  return accounts.Authenticate(Either(credentials->user, "default"), credentials->password);
}

Error UnknownSetting(const std::string& name, const SettingDefaults& settings) {
  std::vector<std::string> names;
  for (const auto& [known, value] : settings) names.push_back(known);
  const std::string hint = DidYouMean(name, names);
  return Exception(kUnknownSetting, "Unknown setting '" + name + "'" + (hint.empty() ? "." : ": " + hint));
}

class Reader {
 public:
  Reader(const HttpHead& head, const SettingDefaults& settings) : head_(head), settings_(settings) {}

  Result<QueryRequest> Run(const Accounts& accounts) {
    auto account = Authenticate(head_, accounts);
    if (!account) return account.error();
    request_.account = std::move(*account);
    request_.sql = Parameter(head_, "query");
    request_.query_id = QueryId(head_);
    request_.database = Either(Parameter(head_, "database"), head_.header("X-ClickHouse-Database"));
    const std::string format = Either(Parameter(head_, "default_format"), head_.header("X-ClickHouse-Format"));
    if (!format.empty()) request_.format = format;
    for (const auto& [name, value] : head_.parameters) {
      if (Status taken = Take(name, value); !taken) return taken.error();
    }
    if (Status added = AddReadonly(); !added) return added.error();
    ReadAnswering();
    return std::move(request_);
  }

 private:
  Status Take(const std::string& name, const std::string& value) {
    if (value.find('\0') != std::string::npos && name != "query")
      return Exception(kBadArguments, "The URL parameter '" + name + "' holds a NUL byte.");
    if (name.starts_with(kParameterPrefix)) {
      request_.parameters.emplace_back(name.substr(kParameterPrefix.size()), value);
    } else if (name == "wait_end_of_query") {
      request_.whole = IsOn(value);
    } else if (name == "readonly") {
      readonly_ = value;
    } else if (Contains(kNotOffered, name)) {
      return TakeNotOffered(name, value);
    } else if (Contains(kOfSessions, name)) {
      return TakeOfSession(name, value);
    } else if (!Contains(kIgnored, name)) {
      return TakeSetting(name, value);
    }
    return Ok();
  }

  static Status TakeNotOffered(const std::string& name, const std::string& value) {
    if (!IsOn(value)) return Ok();
    return Exception(kNotImplemented,
                     "The embedded engine does not offer '" + name + "' over HTTP. " +
                         (name == "role" ? "Its accounts have no roles." : "Use Content-Encoding: gzip."));
  }

  Status TakeOfSession(const std::string& name, const std::string& value) {
    SessionRequest& session = request_.session;
    if (name == "session_id") session.id = value;
    if (name == "session_check") session.must_exist = IsOn(value);
    if (name == "close_session") session.close = IsOn(value);
    if (name != "session_timeout") return Ok();
    int64_t seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error != std::errc() || end != value.data() + value.size() || seconds < 0)
      return Exception(kInvalidSessionTimeout, "Invalid session timeout: '" + value + "'");
    session.timeout = std::chrono::seconds(seconds);
    if (session.timeout <= kMaxSessionTimeout) return Ok();
    return Exception(kInvalidSessionTimeout, "Session timeout '" + value + "' is larger than max_session_timeout: " +
                                                 std::to_string(kMaxSessionTimeout.count()) + ".");
  }

  Status TakeSetting(const std::string& name, const std::string& value) {
    if (name == kQueryIdSetting)
      return Exception(kBadArguments, "The setting '" + name + "' carries the query_id here and cannot be set.");
    if (!settings_.contains(name)) return UnknownSetting(name, settings_);
    request_.settings.emplace_back(name, value);
    return Ok();
  }

  // Last, because nothing can be set behind it; not on a session's connection, where it could not be taken back.
  Status AddReadonly() {
    if (!request_.session.id.empty() && !request_.account.readonly) {
      request_.must_read = head_.is_get;
      if (!IsOn(readonly_)) return Ok();
      return Exception(kNotImplemented,
                       "The embedded engine does not offer 'readonly' for one request of a session. "
                       "Send it without session_id, or use a read-only account.");
    }
    if (head_.is_get && !IsOn(readonly_) && !request_.account.readonly) readonly_ = "2";
    if (!readonly_.empty()) request_.settings.emplace_back("readonly", readonly_);
    return Ok();
  }

  /// The request's value of a setting, or its default.
  std::string Setting(std::string_view name) const {
    const auto known = settings_.find(name);
    std::string value = known == settings_.end() ? "" : known->second;
    for (const auto& [key, text] : request_.settings) {
      if (key == name) value = text;
    }
    return value;
  }

  // How the answer leaves: settings that a server's HTTP interface reads, and the library does not.
  void ReadAnswering() {
    request_.whole = request_.whole || IsOn(Setting("http_wait_end_of_query"));
    // A server's default is off. Here nobody is left to see the result, so only a request's own value counts.
    const auto stays = [](const auto& setting) {
      return setting.first == "cancel_http_readonly_queries_on_client_close" && !IsOn(setting.second);
    };
    request_.ends_with_client = std::ranges::none_of(request_.settings, stays);
    const bool accepted = ToLower(head_.header("Accept-Encoding")).find("gzip") != std::string::npos;
    if (accepted && IsOn(Setting("enable_http_compression")))
      request_.gzip_level = std::clamp(std::atoi(Setting("http_zlib_compression_level").c_str()), 1, 9);
  }

  const HttpHead& head_;
  const SettingDefaults& settings_;
  std::string readonly_;
  QueryRequest request_;
};

}  // namespace

bool IsForeignHost(std::string_view listens_on, const std::string& host_header) {
  return IsLoopback(listens_on) && !IsLoopback(HostOf(host_header));
}

std::string QueryId(const HttpHead& head) {
  std::string id = Parameter(head, "query_id");
  return id.empty() || id.find('\0') != std::string::npos ? NewUuid() : id;
}

Result<QueryRequest> ReadRequest(const HttpHead& head, const SettingDefaults& settings, const Accounts& accounts) {
  return Reader(head, settings).Run(accounts);
}

}  // namespace chimera::engine
