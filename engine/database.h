// The embedded database: libchdb opened on a data folder, and what the front needs to know of it. Thread-safe once
// open. One a process, for the life of the process.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/chdb.h"
#include "engine/request.h"

namespace chimera::engine {

struct DatabaseOptions {
  bool reaches_outside = false;  ///< statements may be granted files, URLs and other servers (ClickHouse's SOURCES)
  size_t max_memory_bytes = 0;   ///< max_server_memory_usage; 0: ClickHouse's own default
};

class Database {
 public:
  /// Opens `folder`, which must exist. Before the library is loaded: DetachStandardStreams, or a query can read the
  /// process's stdin. kIoError with what to do.
  static Result<std::unique_ptr<Database>> Open(std::unique_ptr<chdb::Library> library, const std::string& folder,
                                                const DatabaseOptions& options);

  /// A connection for one query: its settings, its id as handle, its database. ClickHouse's exception for a value
  /// that does not fit a setting, or an unknown database.
  Result<chdb::Connection> Connect(const QueryRequest& request) const;

  /// Asks the query of that id to stop; does not wait for it.
  void Kill(const std::string& query_id) const;

  const std::string& Version() const { return version_; }
  const std::string& Timezone() const { return timezone_; }
  const std::string& DisplayName() const { return display_name_; }
  const SettingDefaults& Settings() const { return settings_; }
  /// "text/plain; charset=UTF-8" for a format that is not known.
  std::string ContentType(const std::string& format) const;

 private:
  Database(std::unique_ptr<chdb::Library> library, std::string path_argument, chdb::Connection root);
  Status Learn();
  Error ExplainRefusal(const Pairs& settings) const;

  std::unique_ptr<chdb::Library> library_;
  std::string path_argument_;
  chdb::Connection root_;  // held open: closing the last connection and opening one again leaks threads
  std::string version_, timezone_, display_name_;
  SettingDefaults settings_;
  std::map<std::string, std::string> content_types_;
};

/// Puts /dev/null in the place of stdin and stderr in the place of stdout, so that neither a query (`file('-')`) nor
/// the library reaches what the process was started with.
Status DetachStandardStreams();

}  // namespace chimera::engine
