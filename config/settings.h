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

#include "config/settings_file.h"

namespace chimera::config {

/// What a setting needs to have an effect.
enum class Scope {
  kAlways,
  kEmbedded,  ///< no CH_HOST
  kRemote,    ///< CH_HOST
  kTls,       ///< CH_HOST and TLS
};

struct SettingSpec {
  std::string_view name;      ///< "CH_HOST"
  std::string_view meaning;   ///< for --help and docs/configuration.md
  std::string_view fallback;  ///< what holds when nothing is set, in words
  Scope scope = Scope::kAlways;
  bool secret = false;            ///< never printed, and no flag
  std::string_view same_as = {};  ///< the setting that this is another name of
};

/// Every setting, in the order in which they are documented.
std::span<const SettingSpec> Settings();

/// nullptr when there is no setting of that name.
const SettingSpec* FindSetting(std::string_view name);

/// "did you mean `CH_HOST`?" for "CH_HOTS", or "" when no setting is near.
std::string NearestSetting(std::string_view name);

/// "--ch-host" for "CH_HOST".
std::string FlagName(std::string_view setting);

enum class Source { kDefault, kFile, kEnvironment, kFlag };
std::string_view Name(Source source);

/// The value of an environment variable, or nothing.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// The process's own environment.
Environment ProcessEnvironment();

using SettingMap = std::map<std::string, std::string, std::less<>>;

/// A value as it was given.
struct Setting {
  std::string text;
  Source source = Source::kDefault;
  std::string origin;  ///< for messages: "my.conf:3", "environment", "--ch-host"
};

struct SettingSources {
  SettingMap flags;
  Environment environment;
  SettingsFile file;
  std::vector<std::string> notices;  ///< what was noticed while collecting them, for the log
};

/// The values in force. A blank value counts as unset wherever it comes from.
class SettingValues {
 public:
  explicit SettingValues(SettingSources sources) : sources_(std::move(sources)) {}

  /// What was given for the setting, as it stands; nothing when it is unset everywhere.
  std::optional<Setting> Find(std::string_view name) const;
  /// A variable that is no setting of this program, such as HOME; from the environment alone.
  std::optional<std::string> Foreign(std::string_view name) const;

  const std::string& FilePath() const { return sources_.file.path; }  ///< empty: no settings file was read
  const std::vector<std::string>& Notices() const { return sources_.notices; }

 private:
  SettingSources sources_;
};

/// Variables of `names` that look like ours (CH_…, CHIMERA_…) but are not: "CH_PASWORD: did you mean `CH_PASSWORD`?".
std::vector<std::string> UnknownVariables(const std::vector<std::string>& names);

}  // namespace chimera::config
