#include "config/mirror.h"

#include <algorithm>

#include "config/config.h"

namespace chimera::config {
namespace {

constexpr char kName[] = "CHIMERA_MIRROR";

/// What the file says, without a look at the environment or the flags: they are the main database's.
Result<Config> LoadAlone(const SettingReader& reader, SettingsFile file) {
  const auto home = reader.Foreign("HOME");
  return Load(SettingValues({.flags = {},
                             .environment = [home](std::string_view name) -> std::optional<std::string> {
                               return name == "HOME" ? home : std::nullopt;
                             },
                             .file = std::move(file),
                             .notices = {}}));
}

/// The first setting of `file` that does not say which database it is; empty: there is none.
std::string ForeignSetting(const SettingsFile& file) {
  for (const auto& [name, line] : file.lines) {
    if (!name.starts_with("CH_") || name == "CH_TIMEOUT") return name;
  }
  return {};
}

bool IsSameDatabase(const clickhouse::HttpOptions& one, const clickhouse::HttpOptions& other) {
  const auto same = [](const clickhouse::HostAddress& a, const clickhouse::HostAddress& b) {
    return a.host == b.host && a.port == b.port;
  };
  return std::find_first_of(one.hosts.begin(), one.hosts.end(), other.hosts.begin(), other.hosts.end(), same) !=
             one.hosts.end() &&
         one.path_prefix == other.path_prefix;
}

void CheckMirror(SettingReader& reader, const Config& main, const Config& mirror) {
  if (mirror.embedded) return reader.Refuse(kName, "is a file without CH_HOST", "name the second database in it");
  if (mirror.effective.contains("CH_DATABASE") && mirror.effective.at("CH_DATABASE").source != Source::kDefault &&
      mirror.clickhouse.database != main.clickhouse.database)
    return reader.Refuse(kName, "is a file with another CH_DATABASE",
                         "leave it out: databases and tables have the same names on both sides");
  if (!main.embedded && IsSameDatabase(main.clickhouse, mirror.clickhouse))
    return reader.Refuse(kName, "is a file with the CH_HOST of this server: every row would be stored twice",
                         "name the second database in it");
}

}  // namespace

std::optional<Mirror> LoadMirror(SettingReader& reader, const Config& main) {
  const std::string path = reader.Path(kName, "");
  if (path.empty()) return std::nullopt;
  if (!main.buffer.On()) {
    reader.Refuse(kName, "needs a buffer, in which the writes of both databases wait", "set CHIMERA_BUFFER, too");
    return std::nullopt;
  }
  std::vector<std::string> notices;
  auto file = ReadSettingsFile(path, notices);
  if (!file.ok()) {
    reader.Refuse(kName, "cannot be read: " + file.error().message, "write NAME=value lines with CH_* settings");
    return std::nullopt;
  }
  if (const std::string foreign = ForeignSetting(*file); !foreign.empty()) {
    reader.Refuse(kName, "is a file with " + foreign, "write only the CH_* settings that name the second database");
    return std::nullopt;
  }
  auto mirror = LoadAlone(reader, *std::move(file));
  if (!mirror.ok()) {
    reader.Refuse(kName, "is not in order: " + mirror.error().message, mirror.error().hint);
    return std::nullopt;
  }
  CheckMirror(reader, main, *mirror);
  for (const auto* list : {&notices, &mirror->notices}) {
    for (const std::string& notice : *list) reader.Notice(std::string(kName) + ": " + notice);
  }
  mirror->clickhouse.database = main.clickhouse.database;
  return Mirror{path, std::move(mirror->clickhouse)};
}

}  // namespace chimera::config
