// The settings file: NAME=value lines, as service managers and container tools read them. Says where a value stands;
// what the values mean is not checked here.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace chimera::config {

struct SettingsFile {
  struct Line {
    std::string value;
    size_t number = 0;  ///< from 1
  };
  std::string path;  ///< empty: there is none
  std::map<std::string, Line, std::less<>> lines;
};

/// Blank lines and lines that start with `#` are skipped, a leading `export ` and one pair of quotes around a value are
/// taken off. Refused, because other readers of such files differ: comments behind a value, values over several lines.
/// kInvalidArgument naming `path` and the line, and the nearest known name; never a value.
Result<SettingsFile> ParseSettingsFile(std::string_view text, const std::string& path);

/// The file as parsed; blocks on the disk. Adds a notice when it holds a password that every user may read.
Result<SettingsFile> ReadSettingsFile(const std::string& path, std::vector<std::string>& notices);

/// Where a settings file is looked for when none is named: the first that exists is the one that is read.
/// `home` is $HOME, `config_home` $XDG_CONFIG_HOME; empty is unset.
std::vector<std::string> UsualSettingsFiles(const std::optional<std::string>& config_home,
                                            const std::optional<std::string>& home);

/// `NAME=value` such that ParseSettingsFile reads the same value.
std::string SettingsLine(std::string_view name, std::string_view value);

}  // namespace chimera::config
