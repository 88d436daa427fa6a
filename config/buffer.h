// The settings of buffered writes.
#pragma once

#include <chrono>
#include <set>
#include <string>

#include "clickhouse/tls.h"
#include "config/setting_reader.h"
#include "ingest/store.h"

namespace chimera::config {

struct Buffer {
  enum class Kind { kOff, kSqlite, kRedis };
  Kind kind = Kind::kOff;  ///< CHIMERA_BUFFER, as all up to `database`
  std::string path;        ///< of the SQLite file, or of Redis' socket
  std::string host;        ///< of Redis; empty: `path` is its socket
  int port = 6379;
  bool secure = false;  ///< rediss: TLS, not over a socket
  std::string username;
  std::string password;  ///< CHIMERA_BUFFER_PASSWORD, _FILE
  int database = 0;
  clickhouse::TlsOptions tls;                ///< CHIMERA_BUFFER_CA_FILE, _CLIENT_CERT_FILE, _CLIENT_KEY_FILE
  bool fsync = true;                         ///< CHIMERA_BUFFER_FSYNC, of SQLite
  ingest::StoreLimits limits;                ///< CHIMERA_BUFFER_MAX_ROWS, _MAX_MB, _MAX_AGE, _KEY_LIFE
  ingest::BatchLimits batch;                 ///< CHIMERA_FLUSH_ROWS, CHIMERA_FLUSH_MB
  std::chrono::milliseconds max_wait{1000};  ///< CHIMERA_FLUSH_MS
  size_t flushes = 2;                        ///< CHIMERA_FLUSHES: tables of one dataset at once
  std::chrono::milliseconds fresh{2000};     ///< CHIMERA_FRESH_MS: how long a read waits for what was just written
  std::set<std::string> growing;             ///< CHIMERA_EVOLVE: datasets whose tables get columns for new fields

  bool On() const { return kind != Kind::kOff; }
};

/// `data_dir` is where `sqlite` puts its file; empty where the database is somewhere else, so that the file has to be
/// named. Opens nothing.
Buffer LoadBuffer(SettingReader& reader, const std::string& data_dir);

}  // namespace chimera::config
