#include "config/settings.h"

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace chimera::config {
namespace {

constexpr SettingSpec kSettings[] = {
    {"CH_HOST",
     "host of a ClickHouse of yours, or its replicas: a,b:8443; https://db:8443 is taken, too; unset: the embedded "
     "engine",
     "unset"},
    {"CH_PORT",
     "HTTP(S) port of hosts without one of their own; 9440 and 9000, the native protocol's, become 8443 and 8123",
     "8443, or 8123 without TLS", Scope::kRemote},
    {"CH_USERNAME", "account", "default", Scope::kRemote},
    {"CH_USER", "another name of CH_USERNAME", "that of CH_USERNAME", Scope::kRemote, false, "CH_USERNAME"},
    {"CH_PASSWORD", "its password; not as a flag", "empty", Scope::kRemote, true},
    {"CH_PASSWORD_FILE", "file that holds the password", "none", Scope::kRemote},
    {"CH_DATABASE", "database that names without one belong to", "chimera_metrics, or the first dataset that is on"},
    {"CH_SECURE", "TLS", "true", Scope::kRemote},
    {"CH_TIMEOUT", "seconds a tool call may take", "30"},
    {"CH_COMPRESSION", "gzip both ways: true, false, or auto, which is true except for addresses of this machine",
     "auto"},
    {"CH_CONNECTION_POOL_SIZE", "connections at most, to all hosts together", "10"},
    {"CH_RETRY_ATTEMPTS", "how often at most a failed request is sent again, within its timeout", "3", Scope::kRemote},
    {"CH_CONNECT_TIMEOUT", "seconds that connecting to a host may take", "5", Scope::kRemote},
    {"CH_WRITE_USERNAME", "account for the insert tools", "that of CH_USERNAME", Scope::kRemote},
    {"CH_WRITE_PASSWORD", "its password; not as a flag", "empty", Scope::kRemote, true},
    {"CH_WRITE_PASSWORD_FILE", "file that holds its password", "none", Scope::kRemote},
    {"CH_HTTP_PATH", "path below which a proxy serves ClickHouse, such as /clickhouse", "none", Scope::kRemote},
    {"CH_CA_FILE", "PEM file of the authorities to trust", "the system's", Scope::kTls},
    {"CH_CLIENT_CERT_FILE", "PEM file of a certificate to show to the server (mutual TLS)", "none", Scope::kTls},
    {"CH_CLIENT_KEY_FILE", "PEM file of its key", "in CH_CLIENT_CERT_FILE", Scope::kTls},
    {"CH_SERVER_NAME", "name sent by SNI and expected in the server's certificate", "the host", Scope::kTls},
    {"CH_TLS_MIN_VERSION", "1.2 or 1.3", "1.2", Scope::kTls},
    {"CHIMERA_DATA_DIR", "data folder of the embedded engine", "chimera-mcp in the XDG data folder", Scope::kEmbedded},
    {"CHIMERA_LIBCHDB", "path of libchdb.so", "beside the program, or third_party/chdb"},
    {"CHIMERA_ENGINE_IDLE", "seconds after which an unused embedded engine leaves", "300", Scope::kEmbedded},
    {"CHIMERA_TOOL_NAMES", "how tools/list spells names: dotted or underscore", "dotted"},
    {"CHIMERA_READ_BUDGET_ROWS",
     "rows that a statement may read; above, the user is asked first, or the call refused; 0: no budget", "0"},
    {"CHIMERA_CLUSTER", "cluster (of system.clusters) on whose servers schema apply creates replicated tables", "none",
     Scope::kRemote},
    {"CHIMERA_CLUSTER_SHARDED", "rows are spread over its shards: TABLE_local holds them, TABLE shows all", "false",
     Scope::kRemote},
    {"CHIMERA_RETENTION",
     "how long rows stay: table=365 (days), table=30:cold (to the volume cold after 30), table=30:cold:365",
     "for ever"},
    {"CHIMERA_DATASETS", "which built-in datasets are on, separated by commas", "chimera_metrics"},
    {"CHIMERA_STRICT", "do not serve when the account that reads may do more than that", "false", Scope::kRemote},
    {"CHIMERA_DATASET_DIRS", "further dataset folders, separated by colons", "none"},
    {"CHIMERA_READ_FUNCTIONS", "user-defined functions that SQL may call, separated by commas", "none"},
    {"CHIMERA_READ_DICTIONARIES", "dictionaries that dictGet may read, as database.name, separated by commas", "none"},
    {"CHIMERA_MODE", "read-write, or read-only: no tool that writes is there", "read-write"},
    {"CHIMERA_TOOLS_ALLOW", "the only tools that are there, as globs such as get.*,query, separated by commas", "all"},
    {"CHIMERA_TOOLS_DENY", "tools that are not there, whatever the two before say", "none"},
    {"CHIMERA_CALLS_PER_MINUTE", "tool calls of a principal in a minute; 0: any number",
     "600 where callers have to say who they are, otherwise 0"},
    {"CHIMERA_TOOL_CALLS_PER_MINUTE",
     "the same for single tools, such as insert.*=60,query=120; of each, the first that fits it", "none"},
    {"CHIMERA_CALLS_AT_ONCE", "tool calls of a principal that are worked on at once; 0: any number",
     "16 where callers have to say who they are, otherwise 0"},
    {"CHIMERA_ROWS_PER_HOUR", "rows that the tool calls of a principal may read in an hour; 0: any number", "0"},
    {"CHIMERA_AUDIT_LOG", "file that gets a line of JSON for every tool call", "none: no audit log"},
    {"CHIMERA_AUDIT_REQUIRED", "calls that are refused while it cannot be written: none, writes or all", "writes"},
    {"CHIMERA_AUDIT_STATEMENTS", "text, or hash: statements and texts of arguments only as SHA-256", "text"},
    {"CHIMERA_AUDIT_MASK", "columns and arguments whose values it does not get, separated by commas", "none"},
    {"CHIMERA_AUDIT_FSYNC", "when its lines are forced to the disk: always, interval (every second) or off",
     "interval"},
    {"CHIMERA_AUDIT_MAX_MB", "megabytes after which it is rotated", "100"},
    {"CHIMERA_AUDIT_KEEP", "rotated files that are kept", "10"},
    {"CHIMERA_PRIVACY",
     "rules over those of the datasets for protected columns, as JSON or the path of a file of it: "
     "{\"chimera_metrics\": {\"ui_events.user_agent\": \"hash\"}}",
     "none"},
    {"CHIMERA_PRIVACY_KEY", "key of the hashes that privacy stores and shows; not as a flag",
     "embedded: made once and kept in CHIMERA_DATA_DIR", Scope::kAlways, true},
    {"CHIMERA_PRIVACY_KEY_FILE", "file that holds it", "none"},
    {"CHIMERA_PRIVACY_EXEMPT_ADMINS", "callers with the scope admin see what is stored", "false"},
    {"CHIMERA_BUFFER",
     "where buffered writes wait: off, sqlite (a file beside the embedded data), sqlite:/path/of/file, "
     "redis://host:6379/0, rediss://host:6379/0 (TLS) or redis+unix:///path/of/socket",
     "off"},
    {"CHIMERA_BUFFER_PASSWORD", "password of that Redis; not as a flag", "none", Scope::kAlways, true},
    {"CHIMERA_BUFFER_PASSWORD_FILE", "file that holds it", "none"},
    {"CHIMERA_BUFFER_CA_FILE", "PEM file of the authorities to trust of a rediss:// address", "the system's"},
    {"CHIMERA_BUFFER_CLIENT_CERT_FILE", "PEM file of a certificate to show to that Redis (mutual TLS)", "none"},
    {"CHIMERA_BUFFER_CLIENT_KEY_FILE", "PEM file of its key, without a passphrase",
     "in CHIMERA_BUFFER_CLIENT_CERT_FILE"},
    {"CHIMERA_BUFFER_FSYNC",
     "always, or off: answered writes in a SQLite file survive the death of the server, and not that of its host",
     "always"},
    {"CHIMERA_BUFFER_MAX_ROWS",
     "rows that may wait, dead letters among them; writes above are refused, with when to come back", "1000000"},
    {"CHIMERA_BUFFER_MAX_MB", "megabytes of them", "512"},
    {"CHIMERA_BUFFER_MAX_AGE", "seconds; while a row has waited longer, writes are refused", "86400"},
    {"CHIMERA_BUFFER_KEY_LIFE", "seconds for which a repeated write is recognised", "86400"},
    {"CHIMERA_FLUSH_ROWS", "rows of a table after which they are inserted", "10000"},
    {"CHIMERA_FLUSH_MB", "megabytes after which they are", "16"},
    {"CHIMERA_FLUSH_MS", "milliseconds after which they are, however few", "1000"},
    {"CHIMERA_FLUSHES", "tables of one dataset that are inserted into at once", "2"},
    {"CHIMERA_FRESH_MS", "milliseconds that a read with require_fresh waits for what was just written", "2000"},
    {"CHIMERA_EVOLVE", "datasets whose tables get a column for a new field of a buffered row, separated by commas",
     "none"},
    {"CHIMERA_TIMESTORE_RETENTION",
     "how long rows of tables that timestore.write makes stay: 365 (days), 30:cold (to the volume cold after 30), "
     "30:cold:365",
     "for ever"},
    {"CHIMERA_TIMESTORE_POLICY", "storage policy of these tables", "the server's default"},
    {"CHIMERA_MIRROR",
     "settings file (CH_* lines) of a second database that all writes go to, too; needs CHIMERA_BUFFER", "none"},
    {"CHIMERA_LOG_LEVEL", "debug, info, warning, error or off; the log goes to stderr", "info"},
    {"CHIMERA_ALLOWED_HOSTS", "names that HTTP clients may call this server by, separated by commas",
     "loopback, the address it binds"},
    {"CHIMERA_TLS_CERT_FILE", "PEM file of the certificate, then its chain: serve --http speaks HTTPS", "none"},
    {"CHIMERA_TLS_KEY_FILE", "PEM file of its key, without a passphrase", "in CHIMERA_TLS_CERT_FILE"},
    {"CHIMERA_TLS_CLIENT_CA_FILE", "PEM file of the authorities whose clients are let in (mutual TLS)",
     "none: any client"},
    {"CHIMERA_STATE_KEY",
     "secret shared by replicas behind one address, so that each takes up what another has asked a client; not as a "
     "flag",
     "random", Scope::kAlways, true},
    {"CHIMERA_STATE_KEY_FILE", "file that holds it", "none"},
    {"CHIMERA_TOKENS_FILE", "file of who may call over HTTP with which static token (chimera-mcp token new)", "none"},
    {"CHIMERA_JWKS_FILE", "file of the keys (a JWK Set) that an authorization server signs tokens with", "none"},
    {"CHIMERA_JWKS_URL", "instead: where that server publishes them; https, or http to this machine", "none"},
    {"CHIMERA_JWT_ISSUER", "its URL, as its tokens name it (iss); needed with either", "none"},
    {"CHIMERA_JWT_AUDIENCE", "what its tokens call this server (aud); needed with either", "none"},
    {"CHIMERA_PUBLIC_URL", "URL of the endpoint as clients know it, such as https://mcp.example.com/mcp",
     "made of the Host header"},
    {"CHIMERA_ALLOWED_CLIENTS", "address ranges that may connect over HTTP, such as 10.0.0.0/8,2001:db8::/32",
     "all that can reach it"},
    {"DD_AGENT_HOST", "host of a Datadog agent that serve sends metrics to by DogStatsD", "unset"},
    {"DD_DOGSTATSD_PORT", "its UDP port", "8125"},
    {"DD_DOGSTATSD_URL", "instead of these two: udp://HOST:PORT or unix:///PATH", "unset"},
    {"DD_ENTITY_ID", "sent with every metric, as are the next three", "unset"},
    {"DD_SERVICE", "tag service", "unset"},
    {"DD_ENV", "tag env", "unset"},
    {"DD_VERSION", "tag version", "unset"},
};

bool IsBlank(std::string_view text) {
  return Trim(text).empty();
}

}  // namespace

std::span<const SettingSpec> Settings() {
  return kSettings;
}

const SettingSpec* FindSetting(std::string_view name) {
  const auto* found = std::find_if(std::begin(kSettings), std::end(kSettings),
                                   [name](const SettingSpec& setting) { return setting.name == name; });
  return found == std::end(kSettings) ? nullptr : found;
}

std::string NearestSetting(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& setting : kSettings) names.emplace_back(setting.name);
  return DidYouMean(name, names);
}

std::string FlagName(std::string_view setting) {
  std::string flag = "--" + ToLower(setting);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string_view Name(Source source) {
  switch (source) {
    case Source::kDefault:
      return "default";
    case Source::kFile:
      return "file";
    case Source::kEnvironment:
      return "environment";
    case Source::kFlag:
      return "flag";
  }
  return "default";
}

Environment ProcessEnvironment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (!value) return std::nullopt;
    return std::string(value);
  };
}

std::optional<Setting> SettingValues::Find(std::string_view name) const {
  const auto flag = sources_.flags.find(name);
  if (flag != sources_.flags.end() && !IsBlank(flag->second))
    return Setting{flag->second, Source::kFlag, FlagName(name)};
  if (auto variable = Foreign(name)) return Setting{std::move(*variable), Source::kEnvironment, "environment"};
  const auto line = sources_.file.lines.find(name);
  if (line == sources_.file.lines.end() || IsBlank(line->second.value)) return std::nullopt;
  return Setting{line->second.value, Source::kFile, sources_.file.path + ":" + std::to_string(line->second.number)};
}

std::optional<std::string> SettingValues::Foreign(std::string_view name) const {
  auto value = sources_.environment(name);
  if (value && IsBlank(*value)) return std::nullopt;
  return value;
}

std::vector<std::string> UnknownVariables(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const auto& name : names) {
    const bool ours = name.starts_with("CHIMERA_") || name.starts_with("CH_");
    if (!ours || FindSetting(name)) continue;
    const std::string near = NearestSetting(name);
    if (!near.empty()) out.push_back(name + ": " + near);
  }
  return out;
}

}  // namespace chimera::config
