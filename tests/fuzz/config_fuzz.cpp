// The configuration: a settings file, then (behind a line `---`) the environment as NAME=value lines. Paths are left as
// they are only where they lie in /nowhere, so that no input reads this machine's files. A value that holds kPlanted
// and belongs to a secret must appear in nothing that is printed.
#include <algorithm>

#include "base/text.h"
#include "config/config.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace chimera;

constexpr std::string_view kEnvironment = "\n---\n";
constexpr std::string_view kPlanted = "s3cr3t";

config::SettingMap ReadVariables(std::string_view text) {
  config::SettingMap variables;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const size_t equals = std::min(line.find('='), line.size());
    if (equals < line.size()) variables[std::string(line.substr(0, equals))] = line.substr(equals + 1);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return variables;
}

bool NamesAFile(std::string_view name) {
  return name.ends_with("_FILE");
}

std::string Harmless(std::string_view name, const std::string& value) {
  return NamesAFile(name) && !Trim(value).starts_with("/nowhere/") ? "/nowhere/" : value;
}

bool IsSecret(std::string_view name) {
  const config::SettingSpec* setting = config::FindSetting(name);
  return setting != nullptr && setting->secret;
}

/// Whether the planted text stands in the values of secrets alone.
bool IsPlanted(const config::SettingsFile& file, const config::SettingMap& variables) {
  bool planted = false, elsewhere = false;
  const auto look = [&](std::string_view name, std::string_view value) {
    const bool holds = value.find(kPlanted) != value.npos;
    planted |= holds && IsSecret(name);
    elsewhere |= (holds && !IsSecret(name)) || name.find(kPlanted) != name.npos;
  };
  for (const auto& [name, line] : file.lines) look(name, line.value);
  for (const auto& [name, value] : variables) look(name, value);
  return planted && !elsewhere;
}

std::string Printed(const Result<config::Config>& config) {
  if (!config) return config.error().message + config.error().hint;
  std::string text = Join(config->notices, "\n");
  for (const auto& [name, setting] : config->effective) text += setting.text + setting.given.value_or("");
  for (const auto& [name, why] : config->set_aside) text += why;
  return text;
}

void CheckFile(const config::SettingsFile& file, std::string_view text) {
  for (const auto& [name, line] : file.lines) {
    fuzz::Require(config::FindSetting(name) != nullptr && line.number > 0, "a file holds settings", text);
    const auto again = config::ParseSettingsFile(config::SettingsLine(name, line.value), "again");
    fuzz::Require(again.ok() && again->lines.at(name).value == line.value, "a line can be written again", text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::TextOf(data, size);
  const size_t end = std::min(text.find(kEnvironment), text.size());
  auto file = config::ParseSettingsFile(text.substr(0, end), "chimera.conf");
  if (!file) fuzz::Require(!file.error().message.empty(), "a refusal says why", text);
  config::SettingsFile lines = file ? *std::move(file) : config::SettingsFile{};
  CheckFile(lines, text);
  for (auto& [name, line] : lines.lines) line.value = Harmless(name, line.value);
  config::SettingMap variables = ReadVariables(text.substr(std::min(end + kEnvironment.size(), text.size())));
  for (auto& [name, value] : variables) value = Harmless(name, value);
  const auto environment = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  const auto config =
      config::Load(config::SettingValues({.flags = {}, .environment = environment, .file = lines, .notices = {}}));
  const bool told = Printed(config).find(kPlanted) != std::string::npos;
  fuzz::Require(!told || !IsPlanted(lines, variables), "a secret is not printed", text);
  return 0;
}
