#include "config/settings.h"

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace chimera::config {
namespace {

constexpr SettingSpec kSettings[] = {
    {"CH_HOST", "host of a ClickHouse of yours; unset: the embedded engine", "unset"},
    {"CH_PORT", "its HTTP(S) port; 9440 and 9000, the native protocol's, become 8443 and 8123",
     "8443, or 8123 without TLS"},
    {"CH_USERNAME", "account; CH_USER is the same", "default"},
    {"CH_USER", "see CH_USERNAME", ""},
    {"CH_PASSWORD", "password", "empty", true},
    {"CH_DATABASE", "database that names without one belong to", "chimera_metrics"},
    {"CH_SECURE", "TLS", "true"},
    {"CH_TIMEOUT", "seconds a tool call may take", "30"},
    {"CH_CONNECTION_POOL_SIZE", "connections at most", "10"},
    {"CHIMERA_DATA_DIR", "data folder of the embedded engine", "chimera-mcp in the XDG data folder"},
    {"CHIMERA_LIBCHDB", "path of libchdb.so", "beside the program, or third_party/chdb"},
    {"CHIMERA_ENGINE_IDLE", "seconds after which an unused embedded engine leaves", "300"},
    {"CHIMERA_TOOL_NAMES", "how tools/list spells names: dotted or underscore", "dotted"},
    {"CHIMERA_DATASET_DIRS", "further dataset folders, separated by colons", "none"},
    {"CHIMERA_LOG_LEVEL", "debug, info, warning, error or off; the log goes to stderr", "info"},
};

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& setting : kSettings) names.emplace_back(setting.name);
  return names;
}

bool IsKnown(std::string_view name) {
  return std::any_of(std::begin(kSettings), std::end(kSettings), [&](const auto& spec) { return spec.name == name; });
}

std::string_view WithoutQuotes(std::string_view value) {
  const bool quoted =
      value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
  return quoted ? value.substr(1, value.size() - 2) : value;
}

Error BadLine(const std::string& path, size_t line, const std::string& what, std::string hint) {
  return MakeError(ErrorCode::kInvalidArgument, path + ":" + std::to_string(line) + ": " + what, std::move(hint));
}

std::optional<std::string> Find(const SettingMap& map, std::string_view name) {
  const auto found = map.find(name);
  if (found == map.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

}  // namespace

std::span<const SettingSpec> Settings() {
  return kSettings;
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

Result<SettingMap> ParseSettingsFile(std::string_view text, const std::string& path) {
  SettingMap settings;
  size_t number = 0;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    std::string_view line = Trim(text.substr(start, end - start));
    start = end + 1;
    ++number;
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("export ")) line = Trim(line.substr(7));
    const size_t equals = line.find('=');
    const std::string name(Trim(line.substr(0, std::min(equals, line.size()))));
    if (equals == std::string_view::npos) return BadLine(path, number, "`" + name + "` is not NAME=value", {});
    if (!IsKnown(name)) return BadLine(path, number, "unknown setting `" + name + "`", DidYouMean(name, Names()));
    if (settings.contains(name)) return BadLine(path, number, name + " is set twice", "keep one of the lines");
    settings[name] = WithoutQuotes(Trim(line.substr(equals + 1)));
  }
  return settings;
}

SettingValues::SettingValues(SettingMap flags, Environment environment, SettingMap file)
    : flags_(std::move(flags)), environment_(std::move(environment)), file_(std::move(file)) {}

std::optional<std::string> SettingValues::Text(std::string_view name) const {
  if (auto flag = Find(flags_, name)) return flag;
  if (auto variable = Foreign(name)) return variable;
  return Find(file_, name);
}

Source SettingValues::SourceOf(std::string_view name) const {
  if (Find(flags_, name)) return Source::kFlag;
  if (Foreign(name)) return Source::kEnvironment;
  return Find(file_, name) ? Source::kFile : Source::kDefault;
}

std::optional<std::string> SettingValues::Foreign(std::string_view name) const {
  auto value = environment_(name);
  if (value && value->empty()) return std::nullopt;
  return value;
}

std::vector<std::string> UnknownVariables(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const auto& name : names) {
    const bool ours = name.starts_with("CHIMERA_") || name.starts_with("CH_");
    if (!ours || IsKnown(name)) continue;
    const std::string near = DidYouMean(name, Names());
    if (!near.empty()) out.push_back(name + ": " + near);
  }
  return out;
}

}  // namespace chimera::config
