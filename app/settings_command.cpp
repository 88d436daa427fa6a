#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "app/commands.h"
#include "base/json.h"
#include "base/text.h"
#include "config/hosts.h"

namespace chimera::app {
namespace {

constexpr char kMask[] = "********";

std::vector<std::string> EnvironmentNames() {
  std::vector<std::string> names;
  for (char** variable = environ; variable && *variable; ++variable) {
    const std::string_view text(*variable);
    names.emplace_back(text.substr(0, text.find('=')));
  }
  return names;
}

// What cannot even be looked at is no settings file: services run without a home that they may enter.
std::string UsualFile(const config::Environment& environment) {
  for (const auto& path : config::UsualSettingsFiles(environment("XDG_CONFIG_HOME"), environment("HOME"))) {
    std::error_code error;
    if (std::filesystem::exists(path, error)) return path;
  }
  return {};
}

// "chimera_metrics at https://a:8443, https://b:8443".
std::string Database(const config::Config& config) {
  const std::string& name = config.clickhouse.database;
  if (config.embedded) return name + " in the embedded engine on " + config.engine.data_dir;
  std::vector<std::string> urls;
  for (const auto& [host, port] : config.clickhouse.hosts) {
    const std::string scheme = config.clickhouse.secure ? "https://" : "http://";
    urls.push_back(scheme + config::ToText({host, port}) + config.clickhouse.path_prefix);
  }
  return name + " at " + Join(urls, ", ");
}

// A setting's line: active when it is in force and no secret, so that the output can be used as a settings file.
std::string Line(const config::SettingSpec& spec, const config::EffectiveSetting& setting) {
  if (spec.secret) return "#" + std::string(spec.name) + "=" + kMask;
  const std::string given = setting.given ? "# given as " + *setting.given + ":\n" : "";
  return given + config::SettingsLine(spec.name, setting.text);
}

std::string Heading(config::Source source, const std::string& file) {
  switch (source) {
    case config::Source::kFlag:
      return "From flags";
    case config::Source::kEnvironment:
      return "From the environment";
    case config::Source::kFile:
      return "From " + file;
    case config::Source::kDefault:
      return "Defaults";
  }
  return {};
}

void PrintGroup(const config::Config& config, config::Source source, const std::string& file) {
  std::string lines;
  for (const auto& spec : config::Settings()) {
    const auto found = config.effective.find(spec.name);
    const bool listed = spec.same_as.empty() && found != config.effective.end() && found->second.source == source;
    if (listed) lines += Line(spec, found->second) + "\n";
  }
  if (!lines.empty()) std::printf("\n# %s:\n%s", Heading(source, file).c_str(), lines.c_str());
}

void PrintSetAside(const config::Config& config) {
  std::string lines;
  for (const auto& [name, why] : config.set_aside) lines += "#" + name + "=  (" + why + ")\n";
  if (!lines.empty()) std::printf("\n# Set, but without effect:\n%s", lines.c_str());
}

void PrintUnset(const config::Config& config) {
  std::string lines;
  for (const auto& spec : config::Settings()) {
    const bool listed = config.effective.contains(spec.name) || config.set_aside.contains(spec.name);
    if (!spec.same_as.empty() || listed) continue;
    lines += "#" + std::string(spec.name) + "=  (" + std::string(spec.fallback) + ")\n";
  }
  if (!lines.empty()) std::printf("\n# Unset:\n%s", lines.c_str());
}

Json SettingJson(const config::SettingSpec& spec, const config::EffectiveSetting& setting) {
  Json out = {{"value", spec.secret ? kMask : setting.text},
              {"source", config::Name(setting.source)},
              {"origin", setting.origin}};
  if (setting.given) out["given"] = *setting.given;
  return out;
}

void PrintJson(const config::Config& config, const std::string& file) {
  Json settings = Json::object();
  for (const auto& spec : config::Settings()) {
    if (!spec.same_as.empty()) continue;
    const auto found = config.effective.find(spec.name);
    settings[std::string(spec.name)] = found == config.effective.end() ? Json() : SettingJson(spec, found->second);
  }
  const Json out = {{"database", Database(config)},
                    {"settings_file", file.empty() ? Json() : Json(file)},
                    {"settings", settings},
                    {"without_effect", config.set_aside},
                    {"notices", config.notices}};
  std::printf("%s\n", out.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
}

}  // namespace

Result<config::SettingValues> CollectSettings(const config::SettingMap& flags, const std::string& file) {
  config::SettingSources sources{
      .flags = flags, .environment = config::ProcessEnvironment(), .file = {}, .notices = {}};
  for (const auto& unknown : config::UnknownVariables(EnvironmentNames())) {
    sources.notices.push_back("unknown variable " + unknown);
  }
  const std::string path = file.empty() ? UsualFile(sources.environment) : file;
  if (!path.empty()) {
    auto read = config::ReadSettingsFile(path, sources.notices);
    if (!read.ok()) return read.error();
    sources.file = std::move(*read);
  }
  return config::SettingValues(std::move(sources));
}

int PrintSettings(const config::Config& config, const config::SettingValues& values, bool json) {
  const std::string& file = values.FilePath();
  if (json) {
    PrintJson(config, file);
    return kDone;
  }
  std::printf("# The settings in force. Flags win over the environment, and it over the settings file.\n");
  std::printf("# Settings file: %s\n", file.empty() ? "none" : file.c_str());
  std::printf("# Database: %s\n", Database(config).c_str());
  for (const auto source :
       {config::Source::kFlag, config::Source::kEnvironment, config::Source::kFile, config::Source::kDefault}) {
    PrintGroup(config, source, file);
  }
  PrintSetAside(config);
  PrintUnset(config);
  return kDone;
}

}  // namespace chimera::app
