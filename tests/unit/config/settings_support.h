// Settings from an environment that a test writes down.
#pragma once

#include <utility>

#include "config/config.h"

namespace chimera::config {

inline Environment Fixed(SettingMap variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

inline SettingValues Values(SettingMap flags, SettingMap variables, SettingsFile file) {
  return SettingValues(
      {.flags = std::move(flags), .environment = Fixed(std::move(variables)), .file = std::move(file), .notices = {}});
}

inline Result<Config> LoadFrom(SettingMap variables) {
  return Load(Values({}, std::move(variables), {}));
}

inline std::string FailureOf(SettingMap variables) {
  const auto config = LoadFrom(std::move(variables));
  return config.ok() ? "no failure" : config.error().message;
}

/// The notices, one a line.
inline std::string NoticesOf(SettingMap variables) {
  const auto config = LoadFrom(std::move(variables));
  if (!config.ok()) return "failed: " + config.error().message;
  std::string out;
  for (const auto& notice : config->notices) out += notice + "\n";
  return out;
}

}  // namespace chimera::config
