#include "config/settings_file.h"

#include <algorithm>

#include "base/text.h"
#include "config/files.h"
#include "config/settings.h"

namespace chimera::config {
namespace {

constexpr size_t kMaxFileBytes = 1024 * 1024;

// One line's parts, or why it has none. Never shows a value: it may be a password.
struct Parsed {
  std::string name;
  std::string value;
};

Error Wrong(std::string what, std::string hint) {
  return MakeError(ErrorCode::kInvalidArgument, std::move(what), std::move(hint));
}

bool IsQuote(char c) {
  return c == '"' || c == '\'';
}

// A # that follows white space; elsewhere it belongs to the value.
bool HoldsComment(std::string_view value) {
  for (size_t at = value.find('#'); at != std::string_view::npos; at = value.find('#', at + 1)) {
    if (at == 0 || value[at - 1] == ' ' || value[at - 1] == '\t') return true;
  }
  return false;
}

Result<std::string> ParseValue(std::string_view value) {
  const bool quoted = value.size() >= 2 && IsQuote(value.front()) && value.back() == value.front();
  if (quoted) return std::string(value.substr(1, value.size() - 2));
  if (!value.empty() && IsQuote(value.front())) {
    return Wrong("begins with a quote and does not end with it",
                 "a value stays on one line, and a comment stands on a line of its own");
  }
  if (HoldsComment(value)) {
    return Wrong("holds a # after a space", "put a comment on a line of its own, or the value into quotes");
  }
  if (value.ends_with('\\')) return Wrong("ends with a backslash", "a value stays on one line; or put it into quotes");
  return std::string(value);
}

Result<Parsed> ParseLine(std::string_view line) {
  if (line.starts_with("export ")) line = Trim(line.substr(7));
  const size_t end_of_name = std::min(line.find_first_of("= \t:"), line.size());
  Parsed out{std::string(line.substr(0, end_of_name)), {}};
  const SettingSpec* setting = FindSetting(out.name);
  const std::string_view rest = Trim(line.substr(end_of_name));
  if (!rest.starts_with('=')) {
    const std::string name(setting ? setting->name : "NAME");
    return Wrong("this is not " + name + "=value", "write one setting a line; a comment begins with #");
  }
  if (!setting) return Wrong("unknown setting `" + out.name + "`", NearestSetting(out.name));
  auto value = ParseValue(Trim(rest.substr(1)));
  if (!value.ok()) return Wrong("the value of " + out.name + " " + value.error().message, value.error().hint);
  out.value = std::move(*value);
  return out;
}

bool HoldsSecret(const SettingsFile& file) {
  return std::any_of(file.lines.begin(), file.lines.end(), [](const auto& entry) {
    const SettingSpec* setting = FindSetting(entry.first);
    return setting && setting->secret && !entry.second.value.empty();
  });
}

}  // namespace

Result<SettingsFile> ParseSettingsFile(std::string_view text, const std::string& path) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  SettingsFile file{path, {}};
  size_t number = 0;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = Trim(text.substr(start, end - start));
    start = end + 1;
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const std::string where = path + ":" + std::to_string(number) + ": ";
    auto parsed = ParseLine(line);
    if (!parsed.ok()) return Wrong(where + parsed.error().message, parsed.error().hint);
    const auto [entry, added] = file.lines.try_emplace(parsed->name, SettingsFile::Line{parsed->value, number});
    if (!added) {
      return Wrong(where + parsed->name + " is set in line " + std::to_string(entry->second.number) + " already",
                   "keep one of the lines");
    }
  }
  return file;
}

Result<SettingsFile> ReadSettingsFile(const std::string& path, std::vector<std::string>& notices) {
  auto read = ReadSmallFile(path, kMaxFileBytes);
  if (!read.ok()) {
    return MakeError(ErrorCode::kIoError, "the settings file " + path + " " + read.error().message,
                     "name another with --config");
  }
  auto file = ParseSettingsFile(read->text, path);
  if (file.ok() && read->open_to_all && HoldsSecret(*file)) {
    notices.push_back("every user of this machine can read the password in " + path + ": chmod 600 it");
  }
  return file;
}

std::vector<std::string> UsualSettingsFiles(const std::optional<std::string>& config_home,
                                            const std::optional<std::string>& home) {
  constexpr std::string_view kName = "/chimera-mcp/chimera-mcp.conf";
  std::vector<std::string> paths;
  if (config_home && !config_home->empty()) {
    paths.push_back(*config_home + std::string(kName));
  } else if (home && !home->empty()) {
    paths.push_back(*home + "/.config" + std::string(kName));
  }
  paths.emplace_back("/etc/chimera-mcp.conf");
  return paths;
}

std::string SettingsLine(std::string_view name, std::string_view value) {
  const bool plain = ParseValue(value).ok() && Trim(value) == value && !(value.size() > 1 && IsQuote(value.front()));
  const std::string_view quote = plain ? "" : "\"";
  return std::string(name) + "=" + std::string(quote) + std::string(value) + std::string(quote);
}

}  // namespace chimera::config
