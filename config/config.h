// The configuration of the program: checks the value of every setting once and hands each component its Options.
// Nothing else in the program reads the environment.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "access/allowance.h"
#include "access/tool_rules.h"
#include "base/log.h"
#include "base/result.h"
#include "clickhouse/http_client.h"
#include "config/audit.h"
#include "config/authorization.h"
#include "config/buffer.h"
#include "config/mirror.h"
#include "config/privacy.h"
#include "config/setting_reader.h"
#include "config/settings.h"
#include "engine/supervisor.h"
#include "http/tls.h"
#include "metrics/statsd.h"
#include "schema/cluster.h"
#include "schema/retention.h"
#include "timestore/layout.h"
#include "tools/toolset.h"

namespace chimera::config {

struct Config {
  /// True when no CH_HOST is set: the data lives in `engine.data_dir`, served by the embedded engine.
  bool embedded = true;
  clickhouse::HttpOptions clickhouse;  ///< CH_*; when `embedded`, neither hosts nor account, TLS or path
  engine::SupervisorOptions engine;    ///< CHIMERA_DATA_DIR, CHIMERA_LIBCHDB, CHIMERA_ENGINE_IDLE (seconds)
  tools::ToolsetOptions tools;         ///< CHIMERA_TOOL_NAMES (dotted or underscore), CH_TIMEOUT (seconds),
                                       ///< CHIMERA_READ_*
  /// CHIMERA_RETENTION: table → how long its rows stay, over what its dataset says
  std::vector<std::pair<std::string, schema::Retention>> retention;
  schema::Layout layout;                  ///< CHIMERA_CLUSTER, CHIMERA_CLUSTER_SHARDED
  std::vector<std::string> datasets;      ///< CHIMERA_DATASETS: which of the built-in ones are on
  access::ToolRules rules;                ///< CHIMERA_MODE, CHIMERA_TOOLS_*; `tools` heeds them
  access::Limits limits;                  ///< CHIMERA_CALLS_*, CHIMERA_TOOL_CALLS_PER_MINUTE, CHIMERA_ROWS_PER_HOUR
  Audit audit;                            ///< CHIMERA_AUDIT_*
  std::vector<std::string> dataset_dirs;  ///< CHIMERA_DATASET_DIRS: further dataset folders, separated by colons
  /// CHIMERA_ALLOWED_HOSTS: names, or name:port, separated by commas, that HTTP clients may call this server by
  std::vector<std::string> allowed_hosts;
  Buffer buffer;                       ///< CHIMERA_BUFFER and the like
  timestore::LayoutOptions timestore;  ///< CHIMERA_TIMESTORE_*: of the tables that timestore.write makes
  std::optional<Mirror> mirror;        ///< CHIMERA_MIRROR; unset: there is no second database
  Privacy privacy;                     ///< CHIMERA_PRIVACY and the like
  std::string state_key;               ///< CHIMERA_STATE_KEY, CHIMERA_STATE_KEY_FILE; empty: none given
  Authorization authorization;         ///< CHIMERA_TOKENS_FILE and the like: who may call over HTTP
  bool strict = false;            ///< CHIMERA_STRICT: no serving for an account for reads that may do more than read
  http::TlsFiles tls;             ///< CHIMERA_TLS_CERT_FILE, _KEY_FILE, _CLIENT_CA_FILE: of the HTTP listener
  metrics::StatsdOptions statsd;  ///< DD_AGENT_HOST, DD_DOGSTATSD_PORT, DD_DOGSTATSD_URL, DD_ENTITY_ID,
                                  ///< DD_SERVICE, DD_ENV, DD_VERSION, as Datadog's own libraries read them
  log::Level log_level = log::Level::kInfo;  ///< CHIMERA_LOG_LEVEL: debug, info, warning, error, off
  std::vector<std::string> notices;          ///< what was adapted or is without effect, for the log
  std::string settings_file;                 ///< that was read; empty: none
  EffectiveSettings effective;               ///< what is in force, by name; settings that are unset are not in it
  std::map<std::string, std::string, std::less<>> set_aside;  ///< settings that are set without effect, and why
};

/// Reads the files that settings name. kInvalidArgument naming the setting, its value unless it is secret, where it was
/// set, and what is allowed.
Result<Config> Load(const SettingValues& values);

/// "HOST:PORT" or "[::1]:PORT"; kInvalidArgument otherwise.
struct HostPort {
  std::string host;
  int port = 0;
};
Result<HostPort> ParseHostPort(std::string_view text);

}  // namespace chimera::config
