#include "config/config.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "config/access.h"
#include "config/datadog.h"
#include "config/hosts.h"
#include "config/timestore.h"

namespace chimera::config {
namespace {

using clickhouse::HttpOptions;

std::string DefaultDataDir(const SettingReader& reader) {
  if (const auto xdg = reader.Foreign("XDG_DATA_HOME")) return *xdg + "/chimera-mcp";
  if (const auto home = reader.Foreign("HOME")) return *home + "/.local/share/chimera-mcp";
  return "/var/tmp/chimera-mcp";
}

std::vector<std::string> BuiltInDatasets(SettingReader& reader) {
  return reader.List("CHIMERA_DATASETS", ',', "chimera_metrics");
}

// A built-in dataset's database has its name.
std::string UsualDatabase(SettingReader& reader) {
  const std::vector<std::string> datasets = BuiltInDatasets(reader);
  const bool usual =
      datasets.empty() || std::find(datasets.begin(), datasets.end(), "chimera_metrics") != datasets.end();
  return usual ? "chimera_metrics" : datasets.front();
}

// The read gate checks system tables by their database's name; as the default one it would not be written.
std::string DataDatabase(SettingReader& reader) {
  std::string database = reader.Text("CH_DATABASE", UsualDatabase(reader));
  const std::string lower = ToLower(database);
  if (lower == "system" || lower == "information_schema") {
    reader.Refuse("CH_DATABASE", "is not a database for data", "set it to the database that holds yours, or unset it");
  }
  return database;
}

// The native protocol's ports are what many people know; the HTTP port of the same server stands beside them.
int HttpPortOf(SettingReader& reader, const std::string& given, int port) {
  const int http = HttpPort(port);
  if (http != port) {
    reader.Notice(given + ": " + std::to_string(port) +
                  " is the native protocol's port; using the HTTP port beside it, " + std::to_string(http));
  }
  return http;
}

void SetAsideWithNotice(SettingReader& reader, const std::string& why, const std::vector<std::string>& names) {
  for (const auto& name : names) reader.SetAside(name, why);
  if (!names.empty()) reader.Notice("without effect because " + why + ": " + Join(names, ", "));
}

int CommonPort(SettingReader& reader, bool secure, bool needed) {
  const auto given = static_cast<int>(reader.Integer("CH_PORT", secure ? 8443 : 8123, 1, 65535));
  if (!needed) {
    const std::string why = "every host in CH_HOST has a port of its own";
    reader.SetAside("CH_PORT", why);
    if (reader.IsSet("CH_PORT")) reader.Notice("without effect because " + why + ": CH_PORT");
    return given;
  }
  const int port = HttpPortOf(reader, "CH_PORT=" + std::to_string(given), given);
  if (port != given) reader.Record("CH_PORT", std::to_string(port), "CH_PORT");
  return port;
}

// TLS is as CH_SECURE says, whatever the port: a password must not travel in the clear because of a guess.
bool IsSecure(SettingReader& reader, const Hosts& hosts) {
  if (!hosts.secure) return reader.Bool("CH_SECURE", true);
  if (!reader.IsSet("CH_SECURE")) {
    reader.Record("CH_SECURE", *hosts.secure ? "true" : "false", "CH_HOST");
  } else if (reader.Bool("CH_SECURE", true) != *hosts.secure) {
    reader.Refuse("CH_SECURE",
                  std::string("contradicts CH_HOST, which begins with http") + (*hosts.secure ? "s" : "") + "://",
                  "leave one of them out");
  }
  return *hosts.secure;
}

void NoticeOddPorts(SettingReader& reader, const HttpOptions& options) {
  const int odd = options.secure ? 8123 : 8443;
  const bool found =
      std::any_of(options.hosts.begin(), options.hosts.end(), [odd](const auto& host) { return host.port == odd; });
  if (found && options.secure) {
    reader.Notice("port 8123 usually speaks plain HTTP, but TLS is on: set CH_SECURE=false, or CH_PORT=8443 for TLS");
  } else if (found) {
    reader.Notice("port 8443 usually speaks TLS, but TLS is off: set CH_SECURE=true, or CH_PORT=8123 for plain HTTP");
  }
}

void AddHost(SettingReader& reader, Host& host, int common_port, HttpOptions& options) {
  if (host.port) host.port = HttpPortOf(reader, "CH_HOST=" + ToText(host), *host.port);
  const clickhouse::HostAddress address{host.name, host.port.value_or(common_port)};
  for (const auto& other : options.hosts) {
    if (other.host != address.host || other.port != address.port) continue;
    reader.Refuse("CH_HOST", "names " + ToText({address.host, address.port}) + " twice", "name every replica once");
  }
  options.hosts.push_back(address);
}

void LoadHosts(SettingReader& reader, const std::string& text, HttpOptions& options) {
  auto hosts = ParseHosts(text);
  if (!hosts.ok()) return reader.Refuse("CH_HOST", hosts.error().message, hosts.error().hint);
  options.secure = IsSecure(reader, *hosts);
  const bool portless =
      std::any_of(hosts->list.begin(), hosts->list.end(), [](const auto& host) { return !host.port; });
  const int common_port = CommonPort(reader, options.secure, portless);
  options.hosts.clear();
  std::vector<std::string> names;
  for (auto& host : hosts->list) {
    AddHost(reader, host, common_port, options);
    names.push_back(ToText(host));
  }
  reader.Record("CH_HOST", Join(names, ","), "CH_HOST");
  NoticeOddPorts(reader, options);
  if (hosts->secure && portless && !reader.IsSet("CH_PORT")) {
    reader.Notice("CH_HOST names no port: using ClickHouse's own, " + std::to_string(common_port));
  }
  options.path_prefix = hosts->path;
}

void LoadPath(SettingReader& reader, HttpOptions& options) {
  const auto given = reader.Text("CH_HTTP_PATH");
  if (!given && options.path_prefix.empty()) return;
  std::string path = given.value_or(options.path_prefix);
  const bool fits = path.find_first_of(" ?#") == std::string::npos;
  if (!fits) reader.Refuse(given ? "CH_HTTP_PATH" : "CH_HOST", "is no path", "write it as /clickhouse");
  while (path.ends_with('/')) path.pop_back();
  if (!path.empty() && !path.starts_with('/')) path.insert(0, "/");
  if (given && !options.path_prefix.empty() && options.path_prefix != path) {
    reader.Refuse("CH_HTTP_PATH", "contradicts the path in CH_HOST", "leave one of them out");
  }
  options.path_prefix = path;
  reader.Record("CH_HTTP_PATH", path.empty() ? "/" : path, given ? "CH_HTTP_PATH" : "CH_HOST");
}

// "CH_USERNAME, environment"; empty when it is unset.
std::string SourceOf(const SettingReader& reader, std::string_view name) {
  return reader.IsSet(name) ? std::string(name) + ", " + reader.Origin(name) : "";
}

clickhouse::Account ReadAccount(SettingReader& reader) {
  const std::string_view from = reader.InForce("CH_USERNAME", "CH_USER", true);
  std::string name = reader.Text(from, "default");
  if (from != "CH_USERNAME") reader.Record("CH_USERNAME", name, from);
  auto password = reader.Password("CH_PASSWORD", "CH_PASSWORD_FILE").value_or(Password{});
  return {std::move(name), std::move(password.text), SourceOf(reader, from), std::move(password.source)};
}

std::optional<clickhouse::Account> WriteAccount(SettingReader& reader) {
  const auto username = reader.Text("CH_WRITE_USERNAME");
  auto password = reader.Password("CH_WRITE_PASSWORD", "CH_WRITE_PASSWORD_FILE");
  if (username) {
    auto [text, source] = std::move(password).value_or(Password{});
    return clickhouse::Account{*username, std::move(text), SourceOf(reader, "CH_WRITE_USERNAME"), std::move(source)};
  }
  if (password) {
    reader.Refuse(reader.IsSet("CH_WRITE_PASSWORD") ? "CH_WRITE_PASSWORD" : "CH_WRITE_PASSWORD_FILE",
                  "is set without CH_WRITE_USERNAME", "set CH_WRITE_USERNAME to the account that it belongs to");
  }
  return std::nullopt;
}

// The names of the settings of `scope` that are set.
std::vector<std::string> SetInVain(const SettingReader& reader, Scope scope) {
  std::vector<std::string> names;
  for (const auto& setting : Settings()) {
    if (setting.scope >= scope && reader.IsSet(setting.name)) names.emplace_back(setting.name);
  }
  return names;
}

clickhouse::TlsOptions Tls(SettingReader& reader) {
  clickhouse::TlsOptions tls;
  tls.ca_file = reader.ReadablePath("CH_CA_FILE");
  tls.client_cert_file = reader.ReadablePath("CH_CLIENT_CERT_FILE");
  tls.client_key_file = reader.ReadablePath("CH_CLIENT_KEY_FILE");
  if (tls.client_cert_file.empty() && !tls.client_key_file.empty()) {
    reader.Refuse("CH_CLIENT_KEY_FILE", "is set without CH_CLIENT_CERT_FILE", "set both, or neither");
  }
  tls.server_name = reader.Text("CH_SERVER_NAME", "");
  tls.min_version = reader.Choice("CH_TLS_MIN_VERSION", {"1.2", "1.3"}, 0) == 0 ? clickhouse::TlsVersion::k12
                                                                                : clickhouse::TlsVersion::k13;
  return tls;
}

void LoadRemote(SettingReader& reader, const std::string& hosts, HttpOptions& options) {
  LoadHosts(reader, hosts, options);
  LoadPath(reader, options);
  options.account = ReadAccount(reader);
  options.write_account = WriteAccount(reader);
  options.connect_timeout = std::chrono::seconds(reader.Integer("CH_CONNECT_TIMEOUT", 5, 1, 300));
  if (options.secure) {
    options.tls = Tls(reader);
  } else {
    SetAsideWithNotice(reader, "TLS is off (CH_SECURE)", SetInVain(reader, Scope::kTls));
  }
}

void LoadClickHouse(SettingReader& reader, Config& config) {
  HttpOptions& options = config.clickhouse;
  options.database = DataDatabase(reader);
  options.compression = reader.BoolOrAuto("CH_COMPRESSION");
  options.pool_size = static_cast<size_t>(reader.Integer("CH_CONNECTION_POOL_SIZE", 10, 1, 1000));
  options.retries = static_cast<int>(reader.Integer("CH_RETRY_ATTEMPTS", 3, 0, 100));
  const auto hosts = reader.Text("CH_HOST");
  config.embedded = !hosts;
  if (hosts) return LoadRemote(reader, *hosts, options);
  reader.SetAside("CH_RETRY_ATTEMPTS", "");  // in force for nobody, set or not
  SetAsideWithNotice(reader, "CH_HOST is unset, and the embedded engine is used", SetInVain(reader, Scope::kRemote));
}

void LoadEngine(SettingReader& reader, Config& config) {
  config.engine.data_dir = reader.Path("CHIMERA_DATA_DIR", DefaultDataDir(reader));
  config.engine.library = reader.Path("CHIMERA_LIBCHDB", "");
  config.engine.idle_exit = std::chrono::seconds(reader.Integer("CHIMERA_ENGINE_IDLE", 300, 1, 86400));
  if (config.embedded) return;
  for (const auto& setting : Settings()) {  // without a notice: an image or a profile may set them for either case
    if (setting.scope == Scope::kEmbedded) reader.SetAside(setting.name, "CH_HOST is set: no embedded engine is used");
  }
}

/// The files are read by the listener that uses them: other commands may run as somebody who cannot read the key.
http::TlsFiles LoadListenerTls(SettingReader& reader) {
  http::TlsFiles tls;
  tls.certificate = reader.Path("CHIMERA_TLS_CERT_FILE", "");
  tls.key = reader.Path("CHIMERA_TLS_KEY_FILE", tls.certificate);
  tls.client_ca = reader.Path("CHIMERA_TLS_CLIENT_CA_FILE", "");
  for (const char* name : {"CHIMERA_TLS_KEY_FILE", "CHIMERA_TLS_CLIENT_CA_FILE"}) {
    if (reader.IsSet(name) && tls.certificate.empty())
      reader.Refuse(name, "is set without CHIMERA_TLS_CERT_FILE", "set that, too, or neither");
  }
  return tls;
}

std::string LoadStateKey(SettingReader& reader) {
  constexpr size_t kLeastBytes = 32;
  const std::string key = reader.Password("CHIMERA_STATE_KEY", "CHIMERA_STATE_KEY_FILE").value_or(Password{}).text;
  if (!key.empty() && key.size() < kLeastBytes) {
    reader.Refuse(reader.IsSet("CHIMERA_STATE_KEY") ? "CHIMERA_STATE_KEY" : "CHIMERA_STATE_KEY_FILE",
                  "is too short to be secret", "make one with: openssl rand -hex 32");
  }
  return key;
}

// "ui_events=90, bench_runs=30:cold:365".
std::vector<std::pair<std::string, schema::Retention>> LoadRetention(SettingReader& reader) {
  std::vector<std::pair<std::string, schema::Retention>> rules;
  for (const std::string& part : reader.List("CHIMERA_RETENTION")) {
    const size_t equals = part.find('=');
    const auto rule =
        schema::ParseRetention(equals == part.npos ? "" : Trim(std::string_view(part).substr(equals + 1)));
    if (!rule.ok()) {
      reader.Refuse("CHIMERA_RETENTION", "has a part that is no TABLE=RETENTION: " + part, rule.error().hint);
      break;
    }
    rules.emplace_back(Trim(std::string_view(part).substr(0, equals)), *rule);
  }
  return rules;
}

}  // namespace

Result<Config> Load(const SettingValues& values) {
  SettingReader reader(values);
  Config config;
  LoadClickHouse(reader, config);
  LoadEngine(reader, config);
  config.tools.names = reader.Choice("CHIMERA_TOOL_NAMES", {"dotted", "underscore"}, 0) == 0
                           ? tools::NameStyle::kDotted
                           : tools::NameStyle::kUnderscore;
  config.tools.default_timeout = std::chrono::seconds(reader.Integer("CH_TIMEOUT", 30, 1, 3600));
  constexpr int64_t kMostRows = 1'000'000'000'000'000;
  config.tools.read_budget_rows = static_cast<uint64_t>(reader.Integer("CHIMERA_READ_BUDGET_ROWS", 0, 0, kMostRows));
  config.retention = LoadRetention(reader);
  config.layout.cluster = reader.Text("CHIMERA_CLUSTER", "");
  config.layout.sharded = reader.Bool("CHIMERA_CLUSTER_SHARDED", false);
  if (config.layout.sharded && config.layout.cluster.empty()) {
    reader.Refuse("CHIMERA_CLUSTER_SHARDED", "needs a cluster", "name one by CHIMERA_CLUSTER, as in system.clusters");
  }
  config.datasets = BuiltInDatasets(reader);
  for (auto& path : reader.List("CHIMERA_DATASET_DIRS", ':')) {
    config.dataset_dirs.push_back(reader.FromHome(std::move(path)));
  }
  config.strict = reader.Bool("CHIMERA_STRICT", false);
  config.allowed_hosts = reader.List("CHIMERA_ALLOWED_HOSTS");
  config.tools.reads.functions = reader.List("CHIMERA_READ_FUNCTIONS");
  config.tools.reads.dictionaries = reader.List("CHIMERA_READ_DICTIONARIES");
  config.privacy = LoadPrivacy(reader);
  config.state_key = LoadStateKey(reader);
  config.tls = LoadListenerTls(reader);
  config.authorization = LoadAuthorization(reader, reader.List("CHIMERA_ALLOWED_CLIENTS"));
  config.rules = LoadToolRules(reader);
  config.tools.why_off = [rules = config.rules](const mcp::ToolDefinition& tool) { return WhyOff(rules, tool); };
  config.limits = LoadLimits(reader, config.authorization.Needed());
  config.audit = LoadAudit(reader);
  config.buffer = LoadBuffer(reader, config.embedded ? config.engine.data_dir : "");
  config.mirror = LoadMirror(reader, config);
  config.tools.growing = config.buffer.growing;
  LoadTimestore(reader, config);
  config.statsd = LoadStatsd(reader);
  config.log_level =
      static_cast<log::Level>(reader.Choice("CHIMERA_LOG_LEVEL", {"debug", "info", "warning", "error", "off"}, 1));
  if (reader.Failure()) return *reader.Failure();
  config.settings_file = values.FilePath();
  config.notices = reader.TakeNotices();
  config.effective = reader.TakeEffective();
  config.set_aside = reader.TakeSetAside();
  return config;
}

Result<HostPort> ParseHostPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  HostPort out;
  std::string_view host = colon == std::string_view::npos ? std::string_view() : text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const std::string_view port = colon == std::string_view::npos ? text : text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  const bool valid = error == std::errc() && end == port.data() + port.size() && out.port >= 0 && out.port <= 65535;
  if (host.empty() || !valid) {
    return MakeError(ErrorCode::kInvalidArgument, "`" + std::string(text) + "` is not HOST:PORT",
                     "write it as 127.0.0.1:" + std::string(host.empty() && valid ? port : "8080"));
  }
  out.host = host;
  return out;
}

}  // namespace chimera::config
