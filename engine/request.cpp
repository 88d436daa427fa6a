#include "engine/request.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "engine/exception.h"

namespace chimera::engine {
namespace {

constexpr std::string_view kParameterPrefix = "param_";
// Parameters of the interface itself that change nothing here: there are no sessions to check, no quotas, no traces.
constexpr std::array<std::string_view, 8> kIgnored = {
    "query", "user", "password", "quota_key", "stacktrace", "buffer_size", "query_id", "client_protocol_version"};
constexpr std::array<std::string_view, 7> kNotOffered = {
    "session_id", "session_timeout", "session_check", "close_session", "role", "compress", "decompress"};

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

/// There is one user, `default`, and it has no password: the socket's permissions decide who may ask.
Status Authenticate(const HttpHead& head) {
  constexpr std::string_view kBasicDefault = "Basic ZGVmYXVsdDo=";  // "default:"
  const std::string basic = head.header("Authorization");
  const std::string user = Either(head.header("X-ClickHouse-User"), Parameter(head, "user"));
  const std::string password = Either(head.header("X-ClickHouse-Key"), Parameter(head, "password"));
  const bool known = user.empty() || user == "default";
  if (known && password.empty() && (basic.empty() || basic == kBasicDefault)) return Ok();
  return Exception(
      kAuthenticationFailed,
      (user.empty() ? "default" : user) +
          ": Authentication failed: password is incorrect, or there is no user with such name. The embedded "
          "engine knows `default` without a password only.");
}

Error UnknownSetting(const std::string& name, const SettingNames& settings) {
  const std::vector<std::string> names(settings.begin(), settings.end());
  const std::string hint = DidYouMean(name, names);
  return Exception(kUnknownSetting, "Unknown setting '" + name + "'" + (hint.empty() ? "." : ": " + hint));
}

class Reader {
 public:
  Reader(const HttpHead& head, const SettingNames& settings) : head_(head), settings_(settings) {}

  Result<QueryRequest> Run() {
    if (Status known = Authenticate(head_); !known) return known.error();
    request_.sql = Parameter(head_, "query");
    request_.query_id = QueryId(head_);
    request_.database = Either(Parameter(head_, "database"), head_.header("X-ClickHouse-Database"));
    const std::string format = Either(Parameter(head_, "default_format"), head_.header("X-ClickHouse-Format"));
    if (!format.empty()) request_.format = format;
    for (const auto& [name, value] : head_.parameters) {
      if (Status taken = Take(name, value); !taken) return taken.error();
    }
    AddReadonly();
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
    } else if (name != "database" && name != "default_format" && !Contains(kIgnored, name)) {
      return TakeSetting(name, value);
    }
    return Ok();
  }

  static Status TakeNotOffered(const std::string& name, const std::string& value) {
    if (!IsOn(value)) return Ok();
    return Exception(kNotImplemented, "The embedded engine does not offer '" + name +
                                          "' over HTTP: every request is a "
                                          "session of its own, of the user `default`.");
  }

  Status TakeSetting(const std::string& name, const std::string& value) {
    if (name == kQueryIdSetting)
      return Exception(kBadArguments, "The setting '" + name + "' carries the query_id here and cannot be set.");
    if (!settings_.contains(name)) return UnknownSetting(name, settings_);
    request_.settings.emplace_back(name, value);
    return Ok();
  }

  // Last, because nothing can be set behind it.
  void AddReadonly() {
    if (head_.is_get && !IsOn(readonly_)) readonly_ = "2";
    if (!readonly_.empty()) request_.settings.emplace_back("readonly", readonly_);
  }

  const HttpHead& head_;
  const SettingNames& settings_;
  std::string readonly_;
  QueryRequest request_;
};

}  // namespace

std::string QueryId(const HttpHead& head) {
  std::string id = Parameter(head, "query_id");
  return id.empty() || id.find('\0') != std::string::npos ? NewUuid() : id;
}

Result<QueryRequest> ReadRequest(const HttpHead& head, const SettingNames& settings) {
  return Reader(head, settings).Run();
}

}  // namespace chimera::engine
