// Profiles for tests, learned from rows of system.settings as a server would print them.
#pragma once

#include <string>

#include "clickhouse/account_profile.h"
#include "support/fake_client.h"

namespace chimera::testing {

/// One row for each of `settings`, which are JSON arrays [name, value, min, max, readonly].
inline clickhouse::Rows SettingsRows(const Json& settings, const std::string& version = "26.7.2.1",
                                     const std::string& timezone = "UTC") {
  Json rows = Json::array();
  for (const auto& setting : settings) {
    Json row = Json::array({version, timezone, "reader"});
    row.insert(row.end(), setting.begin(), setting.end());
    rows.push_back(std::move(row));
  }
  return MakeRows(std::vector<clickhouse::Column>(8, {"c", "String"}), rows);
}

inline Json Free(const std::string& name, const std::string& value = "0") {
  return {name, value, nullptr, nullptr, 0};
}
inline Json Fixed(const std::string& name, const std::string& value = "0") {
  return {name, value, nullptr, nullptr, 1};
}
inline Json Limited(const std::string& name, const Json& min, const Json& max, const std::string& value = "0") {
  return {name, value, min, max, 0};
}

/// Every setting of a read as `make` states it, then `changed`.
inline Json AllSettings(Json (*make)(const std::string&, const std::string&), const Json& changed = Json::array()) {
  Json settings = Json::array();
  for (const char* name : {"readonly", "max_execution_time", "max_result_rows", "max_result_bytes",
                           "output_format_json_quote_64bit_integers", "output_format_json_quote_decimals",
                           "output_format_json_quote_denormals", "send_progress_in_http_headers"}) {
    settings.push_back(make(name, "0"));
  }
  settings.push_back(make("result_overflow_mode", "throw"));
  settings.push_back(make("date_time_output_format", "simple"));
  settings.insert(settings.end(), changed.begin(), changed.end());
  return settings;
}

inline clickhouse::AccountProfile Learned(const Json& settings, const std::string& timezone = "UTC") {
  auto profile = clickhouse::LearnProfile([&](const clickhouse::Query&) -> Result<clickhouse::Rows> {
    return SettingsRows(settings, "26.7.2.1", timezone);
  });
  return std::move(profile).value();
}

/// An account whose own profile has readonly = 1.
inline clickhouse::AccountProfile ReadonlyAccount(const std::string& timezone = "UTC") {
  return Learned(AllSettings(Fixed, Json::array({Fixed("readonly", "1")})), timezone);
}

}  // namespace chimera::testing
