#include "config/config.h"

#include <charconv>

#include "base/text.h"

namespace chimera::config {
namespace {

// Reads settings and remembers the first that does not fit.
class Reader {
 public:
  explicit Reader(const SettingValues& values) : values_(values) {}

  std::optional<std::string> Text(std::string_view name) const { return values_.Text(name); }
  std::optional<std::string> Foreign(std::string_view name) const { return values_.Foreign(name); }

  std::string Text(std::string_view name, std::string fallback) const {
    return Text(name).value_or(std::move(fallback));
  }

  int64_t Integer(std::string_view name, int64_t fallback, int64_t min, int64_t max) {
    const std::optional<std::string> text = Text(name);
    if (!text) return fallback;
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    const bool whole = error == std::errc() && end == text->data() + text->size();
    if (whole && value >= min && value <= max) return value;
    Refuse(name, *text, "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    return fallback;
  }

  bool Bool(std::string_view name, bool fallback) {
    const std::optional<std::string> text = Text(name);
    if (!text) return fallback;
    const std::string lower = ToLower(*text);
    if (lower == "true" || lower == "1" || lower == "yes" || lower == "on") return true;
    if (lower == "false" || lower == "0" || lower == "no" || lower == "off") return false;
    Refuse(name, *text, "true or false");
    return fallback;
  }

  // The read gate checks system tables by their database's name; as the default one it would not be written.
  std::string DataDatabase(std::string_view name, std::string fallback) {
    std::string value = Text(name, std::move(fallback));
    const std::string lower = ToLower(value);
    if (lower == "system" || lower == "information_schema") Refuse(name, value, "a database for data");
    return value;
  }

  // The index of the value in `choices`.
  size_t Choice(std::string_view name, const std::vector<std::string>& choices, size_t fallback) {
    const std::optional<std::string> text = Text(name);
    if (!text) return fallback;
    for (size_t i = 0; i < choices.size(); ++i) {
      if (ToLower(*text) == choices[i]) return i;
    }
    Refuse(name, *text, "one of " + Join(choices, ", "));
    return fallback;
  }

  const std::optional<Error>& Failure() const { return failure_; }

 private:
  void Refuse(std::string_view name, const std::string& value, const std::string& allowed) {
    if (failure_) return;
    failure_ = MakeError(ErrorCode::kInvalidArgument, std::string(name) + "=" + value + " is not " + allowed,
                         "set it to " + allowed + ", or unset it");
  }

  const SettingValues& values_;
  std::optional<Error> failure_;
};

std::string DefaultDataDir(const Reader& reader) {
  if (const auto xdg = reader.Foreign("XDG_DATA_HOME")) return *xdg + "/chimera-mcp";
  if (const auto home = reader.Foreign("HOME")) return *home + "/.local/share/chimera-mcp";
  return "/var/tmp/chimera-mcp";
}

// The native protocol's ports are what many people know; the HTTP port of the same server stands beside them.
int HttpPort(int port, std::vector<std::string>& notices) {
  const int http = port == 9440 ? 8443 : port == 9000 ? 8123 : port;
  if (http != port) {
    notices.push_back("CH_PORT=" + std::to_string(port) +
                      " is the native protocol's port; using the HTTP port beside it, " + std::to_string(http));
  }
  return http;
}

void LoadClickHouse(Reader& reader, Config& config) {
  clickhouse::HttpOptions& options = config.clickhouse;
  const std::optional<std::string> host = reader.Text("CH_HOST");
  config.embedded = !host;
  options.secure = reader.Bool("CH_SECURE", true);
  const auto port = static_cast<int>(reader.Integer("CH_PORT", options.secure ? 8443 : 8123, 1, 65535));
  options.hosts = {{host.value_or("localhost"), host ? HttpPort(port, config.notices) : port}};
  options.account.username = reader.Text("CH_USERNAME", reader.Text("CH_USER", "default"));
  options.account.password = reader.Text("CH_PASSWORD", "");
  options.database = reader.DataDatabase("CH_DATABASE", "chimera_metrics");
  options.pool_size = static_cast<size_t>(reader.Integer("CH_CONNECTION_POOL_SIZE", 10, 1, 1000));
}

void LoadEngine(Reader& reader, Config& config) {
  config.engine.data_dir = reader.Text("CHIMERA_DATA_DIR", DefaultDataDir(reader));
  config.engine.library = reader.Text("CHIMERA_LIBCHDB", "");
  config.engine.idle_exit = std::chrono::seconds(reader.Integer("CHIMERA_ENGINE_IDLE", 300, 1, 86400));
}

std::vector<std::string> SplitPaths(const std::string& text) {
  std::vector<std::string> out;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(':', start), text.size());
    if (end > start) out.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return out;
}

}  // namespace

Result<Config> Load(const SettingValues& values) {
  Reader reader(values);
  Config config;
  LoadClickHouse(reader, config);
  LoadEngine(reader, config);
  config.tools.names = reader.Choice("CHIMERA_TOOL_NAMES", {"dotted", "underscore"}, 0) == 0
                           ? tools::NameStyle::kDotted
                           : tools::NameStyle::kUnderscore;
  config.tools.default_timeout = std::chrono::seconds(reader.Integer("CH_TIMEOUT", 30, 1, 3600));
  config.dataset_dirs = SplitPaths(reader.Text("CHIMERA_DATASET_DIRS", ""));
  config.log_level =
      static_cast<log::Level>(reader.Choice("CHIMERA_LOG_LEVEL", {"debug", "info", "warning", "error", "off"}, 1));
  if (reader.Failure()) return *reader.Failure();
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
                     "write it as 127.0.0.1:8080");
  }
  out.host = host;
  return out;
}

}  // namespace chimera::config
