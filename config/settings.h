// The names of all settings and where their values come from: a flag over the environment over a settings file over the
// default. One vocabulary everywhere: CH_HOST is the variable, the line in a file (`CH_HOST=db`), and the flag
// --ch-host.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace chimera::config {

struct SettingSpec {
  std::string_view name;      ///< "CH_HOST"
  std::string_view meaning;   ///< for --help
  std::string_view fallback;  ///< what holds when nothing is set, in words
  bool secret = false;        ///< never printed
};

/// Every setting, in the order in which they are documented.
std::span<const SettingSpec> Settings();

/// "--ch-host" for "CH_HOST".
std::string FlagName(std::string_view setting);

enum class Source { kDefault, kFile, kEnvironment, kFlag };
std::string_view Name(Source source);

/// The value of an environment variable, or nothing.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// The process's own environment.
Environment ProcessEnvironment();

using SettingMap = std::map<std::string, std::string, std::less<>>;

/// Reads `NAME=value` lines; blank lines and lines that start with `#` are skipped, a leading `export ` and one pair of
/// quotes around a value are taken off. kInvalidArgument naming `path`, the line, and the nearest known name.
Result<SettingMap> ParseSettingsFile(std::string_view text, const std::string& path);

/// The values in force. An empty value counts as unset wherever it comes from.
class SettingValues {
 public:
  SettingValues(SettingMap flags, Environment environment, SettingMap file);

  std::optional<std::string> Text(std::string_view name) const;
  Source SourceOf(std::string_view name) const;
  /// A variable that is no setting of this program, such as HOME; from the environment alone.
  std::optional<std::string> Foreign(std::string_view name) const;

 private:
  SettingMap flags_;
  Environment environment_;
  SettingMap file_;
};

/// Variables of `names` that look like ours (CH_…, CHIMERA_…) but are not: "CH_PASWORD: did you mean `CH_PASSWORD`?".
std::vector<std::string> UnknownVariables(const std::vector<std::string>& names);

}  // namespace chimera::config
