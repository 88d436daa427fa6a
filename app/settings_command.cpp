#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "app/commands.h"
#include "base/log.h"

namespace chimera::app {
namespace {

Result<config::SettingMap> ReadSettingsFile(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return MakeError(ErrorCode::kIoError, "the settings file " + path + " is not there, or is no regular file",
                     "check --config");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return MakeError(ErrorCode::kIoError, "cannot read the settings file " + path, "check --config");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return config::ParseSettingsFile(text, path);
}

std::vector<std::string> EnvironmentNames() {
  std::vector<std::string> names;
  for (char** variable = environ; variable && *variable; ++variable) {
    const std::string_view text(*variable);
    names.emplace_back(text.substr(0, text.find('=')));
  }
  return names;
}

}  // namespace

Result<config::SettingValues> CollectSettings(const config::SettingMap& flags, const std::string& file) {
  for (const auto& unknown : config::UnknownVariables(EnvironmentNames())) log::Warning("unknown variable " + unknown);
  config::SettingMap from_file;
  if (!file.empty()) {
    auto read = ReadSettingsFile(file);
    if (!read.ok()) return read.error();
    from_file = std::move(*read);
  }
  return config::SettingValues(flags, config::ProcessEnvironment(), std::move(from_file));
}

int PrintSettings(const config::Config& config, const config::SettingValues& values) {
  for (const auto& setting : config::Settings()) {
    const auto value = values.Text(setting.name);
    const std::string fallback = "(" + std::string(setting.fallback) + ")";
    const std::string shown = !value ? fallback : setting.secret ? "********" : *value;
    if (setting.fallback.empty() && !value) continue;
    std::printf("%s=%s  # %s\n", std::string(setting.name).c_str(), shown.c_str(),
                std::string(config::Name(values.SourceOf(setting.name))).c_str());
  }
  const std::string where = config.embedded ? "the embedded engine on " + config.engine.data_dir
                                            : config.clickhouse.hosts.front().host + ":" +
                                                  std::to_string(config.clickhouse.hosts.front().port);
  std::printf("# database: %s\n", where.c_str());
  return kDone;
}

}  // namespace chimera::app
