// The second database that all writes go to, while the data moves from one to the other.
#pragma once

#include <optional>
#include <string>

#include "clickhouse/http_client.h"
#include "config/setting_reader.h"

namespace chimera::config {

struct Config;

struct Mirror {
  std::string file;  ///< CHIMERA_MIRROR: its CH_* settings, and nothing else
  clickhouse::HttpOptions clickhouse;
};

/// Reads the file. `main` has its database and its buffer already. Refused without a buffer, for a file of other
/// settings, without CH_HOST, with another CH_DATABASE, and when it names the main database.
std::optional<Mirror> LoadMirror(SettingReader& reader, const Config& main);

}  // namespace chimera::config
